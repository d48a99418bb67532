// Admission: who may connect to a server of an engine, judged by the head of the request (law L11).
//
// A pure function: the same for every path. Names are compared as they are written; the token in a
// time that does not tell how much of it was right. It is shown as `Authorization: Bearer …` or,
// from a page, as `?token=…`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "net/http_message.h"

namespace outboard::net {

// With this a WebSocket is closed whose token is missing or wrong: a page learns the code that a
// connection is closed with, but never with which status one was refused.
inline constexpr std::uint16_t wrong_token_close_code = 4401;

struct HeadOfRequest {
  std::string target;
  std::string host;
  std::string origin;  // empty: a program, not a page
  std::string authorization;
  bool is_upgrade = false;  // to a WebSocket
};

struct AdmissionRules {
  std::string_view token;
  std::span<const std::string> hosts;
  std::span<const std::string> origins;
};

struct Verdict {
  std::optional<Response> answer;  // instead of letting it in
  bool wants_metrics = false;
};

Verdict admit(const HeadOfRequest& head, const AdmissionRules& rules);

// Takes as long for any `given` of the same length.
bool is_token(std::string_view given, std::string_view token);

}  // namespace outboard::net
