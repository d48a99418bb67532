// outboard: the command. Its exit codes are in docs/command.md.

#include <array>
#include <cstdio>
#include <exception>
#include <string>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/command.h"
#include "cli/output.h"

namespace outboard::cli {
namespace {

constexpr int exit_failed = 1;
constexpr int exit_misused = 2;

int exit_code_of(Code code) {
  switch (code) {
    case Code::busy: return 3;         // somebody else has it: try again
    case Code::corrupt: return 4;      // damaged, or `check` found something
    case Code::cancelled: return 130;  // Ctrl-C
    default: return exit_failed;
  }
}

void complain(const std::string& message, const std::string& hint) {
  std::fflush(stdout);
  std::fprintf(stderr, "outboard: %s\n", message.c_str());
  if (!hint.empty()) std::fprintf(stderr, "  %s\n", hint.c_str());
}

int failed(const Command& command, const Error& error) {
  auto* json = command.parser->get_option_no_throw("--json");
  if (json && json->count() > 0) {
    std::fprintf(stderr, "%s\n", json_of(error).c_str());
  } else {
    complain(std::string(name_of(error.code)) + ": " + error.message, error.hint);
    if (error.outcome)
      std::fprintf(stderr, "  what became of it: %s\n",
                   std::string(name_of(*error.outcome)).c_str());
  }
  return exit_code_of(error.code);
}

int misused(const CLI::App& outboard, std::string message) {
  auto parsed = outboard.get_subcommands();
  std::string command = parsed.empty() ? "outboard" : "outboard " + parsed.front()->get_name();
  complain(message, command + " --help tells what there is");
  return exit_misused;
}

// What is wrong with the first argument that nobody wanted.
std::string surplus(const CLI::App& outboard) {
  auto rest = outboard.remaining(true);
  std::string first = rest.empty() ? "" : rest.front();
  if (first.starts_with('-')) return "there is no option \"" + first + "\"";
  if (outboard.get_subcommands().empty()) return "there is no command \"" + first + "\"";
  return "\"" + first + "\" is one argument too many";
}

int run(int argc, char** argv) {
  CLI::App outboard("Outboard, a local-first data engine: its command line.", "outboard");
  outboard.set_version_flag("--version", version_line());
  outboard.require_subcommand(0, 1);
  outboard.footer(
      "Example: look into a database\n"
      "  outboard shell notes.db\n"
      "Example: serve the demo at http://localhost:8080/\n"
      "  outboard hub\n\n"
      "outboard COMMAND --help tells more about a command.");
  std::array commands = {
      add_shell_command(outboard),  add_exec_command(outboard),    add_export_command(outboard),
      add_import_command(outboard), add_check_command(outboard),   add_hub_command(outboard),
      add_serve_command(outboard),  add_sidecar_command(outboard), add_version_command(outboard)};

  try {
    outboard.parse(argc, argv);
  } catch (const CLI::ExtrasError&) {
    return misused(outboard, surplus(outboard));
  } catch (const CLI::ArgumentMismatch& error) {
    std::string what = error.what();
    return misused(outboard, "there is a value missing after " + what.substr(0, what.find(':')));
  } catch (const CLI::RequiredError& error) {
    std::string what = error.what();
    return misused(outboard, what.substr(0, what.find(' ')) + " is missing");
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return outboard.exit(error);  // --help, --version
    return misused(outboard, error.what());
  }

  for (auto& command : commands) {
    if (!command.parser->parsed()) continue;
    auto done = command.run();
    if (done && std::fflush(stdout) != 0)
      done = fail(Code::unavailable, "not all of the output could be written", "");
    return done ? 0 : failed(command, done.error());
  }
  return misused(outboard, "which command?");
}

}  // namespace
}  // namespace outboard::cli

int main(int argc, char** argv) {
  try {
    return outboard::cli::run(argc, argv);
  } catch (const std::exception& error) {  // of the standard library: ours throws nothing
    std::fprintf(stderr, "outboard: %s\n", error.what());
    return 1;
  }
}
