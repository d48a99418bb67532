// Sidecar: what runs in the process that a ProcessHost starts: an engine behind a socket.
#pragma once

#include <chrono>

#include <outboard/set_up.hpp>

namespace outboard {

struct SidecarOptions {
  std::chrono::milliseconds beat{1'000};        // how often it gives a sign of life, at least
  std::chrono::milliseconds stall_max{60'000};  // how long its engine may be at one step
};

// Serves the one client at the other end of `socket`, until that is closed; then closes the file.
// Says why on the socket, and gives 1, if the engine fails or gets stuck.
int run_sidecar(int socket, const SidecarOptions& options, const SetUpFunction& set_up = {});

}  // namespace outboard
