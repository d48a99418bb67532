// connect(): a database whose engine is served by `outboard serve`, on this machine or, with TLS,
// on another.
//
//   auto db = outboard::connect("ws://127.0.0.1:4321/", {.token = token});
//   auto far = outboard::connect("wss://engine.example/", {.token = token});
//
// The same Database as open() gives. A connection that breaks is made anew: what has no answer is
// asked again, and what was applied is not applied again.
#pragma once

#include <outboard/outboard.hpp>

namespace outboard {

// Fails with denied (a wrong token, or a certificate that nobody vouches for, that is for another
// name or has expired), unavailable (nobody answers there), bad_request (no such address) or
// timeout.
Result<Database> connect(const std::string& url, const ConnectOptions& options = {});

}  // namespace outboard
