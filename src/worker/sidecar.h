// Sidecar: what runs in the process that a ProcessHost starts: an engine behind a socket.
#pragma once

#include <chrono>

#include <outboard/set_up.hpp>

namespace outboard {

// Serves the one client at the other end of `socket`, until that is closed; then closes the file.
// Gives a sign of life at least every `beat`. Says why on the socket, and gives 1, if the engine
// fails.
int run_sidecar(int socket, std::chrono::milliseconds beat, const SetUpFunction& set_up = {});

}  // namespace outboard
