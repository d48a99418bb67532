// outboard serve: one database for many programs, over WebSocket, with a token.

#include <sys/random.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <future>
#include <optional>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "capi/json_tree.h"
#include "cli/command.h"
#include "cli/engine_service.h"
#include "cli/output.h"
#include "cli/serve_config.h"

namespace outboard::cli {

namespace {

// As on the command line: what is not there is as the file says, or as ever.
struct ServeArguments {
  std::string config_file;
  std::optional<std::string> path, address, socket, token_file, tls_certificate, tls_key;
  std::optional<std::uint16_t> port;
  std::vector<std::string> origins, hosts;
  std::optional<Durability> durability;
  bool memory = false;
};

constexpr std::size_t config_bytes_max = 1u << 20;

Result<ServeConfig> read_config(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(config_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.gcount() == 0)
    return fail(Code::not_found, "there is nothing in " + path,
                "check the name and its permissions");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > config_bytes_max)
    return fail(Code::too_large, path + " is larger than 1 MiB", "is it the right file?");
  auto tree = TRY(tree_from_json(text));
  ServeConfig config;
  FormReader form(tree);
  describe(form, config);
  TRY(form.end());
  return config;
}

Result<ServeConfig> config_from(const ServeArguments& arguments) {
  ServeConfig config;
  if (!arguments.config_file.empty()) {
    auto read = read_config(arguments.config_file);
    if (!read) {
      auto error = read.error();
      error.message = arguments.config_file + ":\n" + error.message;
      return error;
    }
    config = std::move(*read);
  }
  auto set = [](auto& value, auto& argument) {
    if (argument) value = *argument;
  };
  set(config.path, arguments.path);
  set(config.address, arguments.address);
  set(config.port, arguments.port);
  set(config.socket, arguments.socket);
  set(config.token_file, arguments.token_file);
  set(config.tls_certificate, arguments.tls_certificate);
  set(config.tls_key, arguments.tls_key);
  set(config.durability, arguments.durability);
  if (arguments.memory) config.storage = Storage::memory;
  auto add = [](auto& all, auto& more) { all.insert(all.end(), more.begin(), more.end()); };
  add(config.origins, arguments.origins);
  add(config.hosts, arguments.hosts);
  if (config.path.empty())
    return fail(Code::bad_request, "which database?", "name its file, or give a --config");
  return config;
}

Result<std::string> token_from(const ServeConfig& config) {
  if (const char* given = std::getenv("OUTBOARD_TOKEN"); given && *given) return std::string(given);
  if (!config.token_file.empty()) {
    std::string token;
    std::ifstream file(config.token_file);
    if (!std::getline(file, token) || token.empty())
      return fail(Code::not_found, "there is no token in " + config.token_file,
                  "write one into its first line, or leave the option out");
    return token;
  }
  std::uint8_t random[32];
  if (::getrandom(random, sizeof random, 0) != sizeof random)
    return fail(Code::unavailable, "the system gives no randomness", "give a token of your own");
  return to_hex(random);
}

void print_line(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

// What is amiss with the new one is for whoever reads standard error: the old one goes on.
void renew_certificate(EngineService& service) {
  auto renewed = service.renew_certificate();
  if (renewed) return;
  std::fprintf(stderr, "outboard: the certificate stays as it was: %s\n",
               renewed.error().message.c_str());
}

Result<void> serve(const ServeArguments& arguments) {
  auto config = TRY(config_from(arguments));
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  if (!config.tls_certificate.empty()) sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // of all threads: the loop below takes them
  std::signal(SIGPIPE, SIG_IGN);

  auto token = TRY(token_from(config));
  std::promise<std::string> lost;
  auto why_lost = lost.get_future();
  auto service =
      TRY(EngineService::start({.path = config.path,
                                .storage = config.storage,
                                .durability = config.durability,
                                .stall_max = config.stall_max,
                                .server = {.address = config.address,
                                           .port = config.port,
                                           .unix_path = config.socket,
                                           .tls_certificate_file = config.tls_certificate,
                                           .tls_key_file = config.tls_key,
                                           .token = token,
                                           .origins = config.origins,
                                           .hosts = config.hosts}},
                               [&](const std::string& why) {
                                 lost.set_value(why);
                                 ::kill(::getpid(), SIGTERM);  // ends the wait below
                               }));
  nlohmann::json ready{{"url", service->url()}, {"token", token}, {"build", OUTBOARD_BUILD}};
  print_line(ready.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));

  for (;;) {
    constexpr timespec between_looks = {.tv_sec = 1, .tv_nsec = 0};
    int taken = sigtimedwait(&signals, nullptr, &between_looks);
    auto looked = service->look();
    if (!looked) (void)service.release();  // nothing of it can be closed
    if (!looked) return looked;
    if (taken == SIGHUP) renew_certificate(*service);
    if (taken == SIGINT || taken == SIGTERM) break;
  }
  bool is_lost = why_lost.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  service->stop();
  if (is_lost)
    return fail(Code::worker_lost, "the engine failed: " + why_lost.get(),
                "start the server again; what was acknowledged is there");
  return {};
}

// A program that started this one reads a line either way.
Result<void> run(const ServeArguments& arguments) {
  auto served = serve(arguments);
  if (served) return served;
  print_line(json_of(served.error()));
  return served;
}

}  // namespace

Command add_serve_command(CLI::App& outboard) {
  auto* parser = outboard.add_subcommand("serve", "Serve a database to many programs");
  auto arguments = std::make_shared<ServeArguments>();
  parser->add_option("FILE", arguments->path, "The database; made if there is none");
  parser->add_option("--config", arguments->config_file, "A file of JSON that tells all of this")
      ->type_name("PATH");
  parser
      ->add_option("--address", arguments->address,
                   "Where to listen; beyond this machine with TLS only")
      ->type_name("A")
      ->default_str("127.0.0.1");
  parser->add_option("--port", arguments->port, "The port; 0 takes any free one")
      ->type_name("N")
      ->default_str("0");
  parser->add_option("--socket", arguments->socket, "A Unix socket, instead of a port")
      ->type_name("PATH");
  parser
      ->add_option("--token-file", arguments->token_file,
                   "A file with the token (default: OUTBOARD_TOKEN, or a new one)")
      ->type_name("PATH");
  parser->add_option("--origin", arguments->origins, "Lets pages of this origin connect")
      ->type_name("O");
  parser->add_option("--host", arguments->hosts, "A name that it may be called by, with its port")
      ->type_name("H");
  parser
      ->add_option("--tls-certificate", arguments->tls_certificate,
                   "Speak TLS, with this chain of certificates (PEM)")
      ->type_name("FILE");
  parser->add_option("--tls-key", arguments->tls_key, "The key of the certificate (PEM)")
      ->type_name("FILE");
  parser->add_flag("--memory", arguments->memory, "Keep the database in memory");
  parser
      ->add_option("--durability", arguments->durability,
                   "What a commit survives: process (its end), power (a power cut)")
      ->type_name("D")
      ->transform(CLI::CheckedTransformer(
                      std::map<std::string, Durability>{{"process", Durability::process},
                                                        {"power", Durability::power}})
                      .description(""));
  parser->footer(
      "Prints one line of JSON: url, token and build once it listens, or else error. /health says\n"
      "that it runs, /metrics (with the token) tells figures. SIGTERM ends it;\n"
      "SIGHUP lets it read its certificate again.\n\n"
      "Example: for programs of this machine\n"
      "  OUTBOARD_TOKEN=secret outboard serve notes.db --port 4321\n"
      "Example: for other machines\n"
      "  outboard serve notes.db --address 0.0.0.0 --port 4321 --token-file token \\\n"
      "    --tls-certificate chain.pem --tls-key key.pem");
  return {parser, [arguments] { return run(*arguments); }};
}

}  // namespace outboard::cli
