// outboard hub: serves pages until it is told to stop.

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include <CLI/App.hpp>

#include "cli/command.h"
#include "hub/hub.h"

namespace outboard::cli {

namespace {
namespace fs = std::filesystem;

struct HubArguments {
  std::string pages;
  std::string address = "127.0.0.1";
  std::string port = "8080";
  bool verbose = false;
};

// Ctrl-C and `kill`: taken by wait() instead of ending the program, by threads started later too.
// From when wait() has returned they end it again, for whoever has no patience.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  ~StopSignals() { pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr); }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  void wait() {
    int taken = 0;
    sigwait(&signals_, &taken);
    pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
  }

 private:
  sigset_t signals_;
};

std::optional<std::uint16_t> port_of(const std::string& text) {
  if (text.empty() || text.size() > 5) return std::nullopt;
  unsigned port = 0;
  for (char digit : text) {
    if (digit < '0' || digit > '9') return std::nullopt;
    port = port * 10 + static_cast<unsigned>(digit - '0');
  }
  if (port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

std::string port_fault(const std::string& text) {
  if (port_of(text)) return {};
  return "a port is a number from 0 to 65535, not \"" + text + "\"";
}

// The demo, where a build (build/native/outboard, build/demo) and an installation (bin/outboard,
// share/outboard/demo) have it.
Result<fs::path> default_pages() {
  std::error_code error;
  auto folder = fs::read_symlink("/proc/self/exe", error).parent_path().parent_path();
  std::string tried;
  for (const char* name : {"demo", "share/outboard/demo"}) {
    auto pages = folder / name;
    if (fs::exists(pages / "index.html", error)) return pages;
    tried += (tried.empty() ? "neither " : " nor ") + pages.string();
  }
  return fail(Code::not_found, "there are no pages to serve: " + tried + " has an index.html",
              "build the demo with ./run, or name a folder of your own: outboard hub --pages DIR");
}

Result<void> run(const HubArguments& arguments) {
  hub::HubOptions options;
  options.pages = arguments.pages.empty() ? TRY(default_pages()) : fs::path(arguments.pages);
  options.address = arguments.address;
  options.port = *port_of(arguments.port);
  if (arguments.verbose)
    options.log = [](std::string_view line) {
      std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
    };

  StopSignals signals;
  auto hub = TRY(hub::Hub::start(std::move(options)));
  std::printf("outboard hub: %s\n", hub->url().c_str());
  std::fflush(stdout);
  signals.wait();
  hub->stop();
  return {};
}
}  // namespace

Command add_hub_command(CLI::App& outboard) {
  auto* parser = outboard.add_subcommand("hub", "Serve the demo, or pages of your own");
  auto arguments = std::make_shared<HubArguments>();
  parser->add_option("--pages", arguments->pages, "The folder to serve (default: the demo)")
      ->type_name("DIR");
  parser->add_option("--port", arguments->port, "The port to listen on; 0 takes any free one")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Validator(port_fault, ""));
  parser
      ->add_option("--address", arguments->address,
                   "The address to listen on; 0.0.0.0 lets other machines in")
      ->type_name("A")
      ->capture_default_str();
  parser->add_flag("--verbose", arguments->verbose, "Log each request on stderr");
  parser->footer(
      "Prints its address once it listens. Ctrl-C ends it.\n\n"
      "Example: serve the pages in ./site at http://localhost:3000/\n"
      "  outboard hub --pages site --port 3000");
  return {parser, [arguments] { return run(*arguments); }};
}

}  // namespace outboard::cli
