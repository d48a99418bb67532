// outboard version

#include <cstdio>

#include <sqlite3.h>
#include <CLI/App.hpp>

#include "cli/command.h"

namespace outboard::cli {

std::string version_line() {
  return std::string("outboard " OUTBOARD_BUILD " (SQLite ") + sqlite3_libversion() + ")";
}

Command add_version_command(CLI::App& outboard) {
  auto* parser = outboard.add_subcommand("version", "Print the version of Outboard and of SQLite");
  auto json = std::make_shared<bool>(false);
  parser->add_flag("--json", *json, "As a JSON object");
  parser->footer("Example: for a report of a fault\n  outboard version --json");
  return {parser, [json]() -> Result<void> {
            if (*json) {
              std::printf("{\"outboard\":\"%s\",\"sqlite\":\"%s\"}\n", OUTBOARD_BUILD,
                          sqlite3_libversion());
            } else {
              std::puts(version_line().c_str());
            }
            return {};
          }};
}

}  // namespace outboard::cli
