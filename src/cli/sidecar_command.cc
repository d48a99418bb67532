// outboard sidecar: what a program that opens a database with Host::process starts.

#include <CLI/App.hpp>

#include "cli/command.h"
#include "worker/sidecar.h"

namespace outboard::cli {

Command add_sidecar_command(CLI::App& outboard) {
  auto* parser =
      outboard.add_subcommand("sidecar", "Run an engine for the program that started it");
  struct Arguments {
    int socket = 3;
    int beat_ms = 1'000;
    int stall_ms = 60'000;
  };
  auto arguments = std::make_shared<Arguments>();
  parser->add_option("--socket", arguments->socket, "The socket that it inherited")
      ->type_name("FD");
  parser->add_option("--beat-ms", arguments->beat_ms, "How often it gives a sign of life")
      ->type_name("N")
      ->check(CLI::Range(1, 60'000));
  parser->add_option("--stall-ms", arguments->stall_ms, "How long its engine may be at one step")
      ->type_name("N");
  parser->group("");  // not for people
  return {parser, [arguments]() -> Result<void> {
            SidecarOptions options{.beat = std::chrono::milliseconds(arguments->beat_ms),
                                   .stall_max = std::chrono::milliseconds(arguments->stall_ms)};
            if (run_sidecar(arguments->socket, options) == 0) return {};
            return fail(Code::worker_lost, "the engine failed",
                        "the program that started it knows why");
          }};
}

}  // namespace outboard::cli
