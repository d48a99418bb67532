// What the calls of sessions and databases have in common. Pure but for roll_back().
#pragma once

#include "client/calls.h"
#include "protocol/request.h"

namespace outboard::detail {

inline Head head_of(const Call& call, const CallOptions& options = {}) {
  return {.session = call.session,
          .timeout_ms = static_cast<std::uint64_t>(options.timeout.count()),
          .n = call.n};
}

// A call of that session, whose transaction SQL may end, or else of a transaction of its own.
template <class AnyCall>
std::shared_ptr<AnyCall> new_call(std::uint64_t session) {
  auto call = std::make_shared<AnyCall>();
  call->session = session;
  call->role = session ? Role::ends : Role::write;
  return call;
}

inline Error transaction_has_ended() {
  return fail(Code::bad_request, "the transaction has ended", "begin another");
}

// Sends begin, commit or rollback.
void send_plain(Connection& connection, const std::shared_ptr<PlainCall>& call,
                const char* operation);

// Ends the session's innermost transaction; nobody waits for it.
void roll_back(Connection& connection, std::uint64_t session);

}  // namespace outboard::detail
