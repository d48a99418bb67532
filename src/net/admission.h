// Admission: who may connect to a server of an engine, judged by the head of the request (law L11).
//
// A pure function: the same for every path. Names are compared as they are written; the token in a
// time that does not tell how much of it was right.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "net/http_message.h"

namespace outboard::net {

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
