// Command: one subcommand of `outboard`. Each has a file of its own that adds it to the parser;
// main.cc parses and runs.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"

namespace CLI {
class App;
}

namespace outboard::cli {

struct Command {
  CLI::App* parser = nullptr;         // owned by the parser it was added to
  std::function<Result<void>()> run;  // with the arguments that were parsed
};

Command add_check_command(CLI::App& outboard);
Command add_exec_command(CLI::App& outboard);
Command add_export_command(CLI::App& outboard);
Command add_hub_command(CLI::App& outboard);
Command add_import_command(CLI::App& outboard);
Command add_shell_command(CLI::App& outboard);
Command add_serve_command(CLI::App& outboard);
Command add_sidecar_command(CLI::App& outboard);
Command add_version_command(CLI::App& outboard);

// "outboard 0.1.0 (SQLite 3.53.2)"
std::string version_line();

}  // namespace outboard::cli
