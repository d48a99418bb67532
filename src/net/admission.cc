#include "net/admission.h"

#include <algorithm>

namespace outboard::net {

namespace {

Verdict told(unsigned status, const char* why) { return {.answer = text_response(status, why)}; }

// As it stands in an address, %-signs resolved; what is none of them stays.
std::string decoded(std::string_view text) {
  auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool is_escape =
        text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
    out += is_escape ? static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])) : text[i];
    if (is_escape) i += 2;
  }
  return out;
}

std::string shown_token(const HeadOfRequest& head) {
  constexpr std::string_view bearer = "Bearer ", parameter = "token=";
  std::string_view authorization = head.authorization;
  if (authorization.starts_with(bearer)) return std::string(authorization.substr(bearer.size()));
  std::string_view target = head.target;
  auto query = target.find('?');
  while (query != target.npos) {
    target.remove_prefix(query + 1);
    auto end = target.find('&');
    auto pair = target.substr(0, end);
    if (pair.starts_with(parameter)) return decoded(pair.substr(parameter.size()));
    query = end;
  }
  return {};
}

}  // namespace

bool is_token(std::string_view given, std::string_view token) {
  if (token.empty()) return false;
  unsigned difference = given.size() != token.size();
  for (std::size_t i = 0; i < given.size(); ++i)
    difference |=
        static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(token[i % token.size()]);
  return difference == 0;
}

Verdict admit(const HeadOfRequest& head, const AdmissionRules& rules) {
  if (std::ranges::find(rules.hosts, head.host) == rules.hosts.end())
    return told(403, "This server goes by another name; allow this one with --host.\n");
  if (!head.origin.empty() && std::ranges::find(rules.origins, head.origin) == rules.origins.end())
    return told(403, "Pages of this origin may not connect; allow it with --origin.\n");
  auto path = std::string_view(head.target).substr(0, head.target.find('?'));
  if (path == "/health") return told(200, "ok\n");
  if (!is_token(shown_token(head), rules.token))
    return told(401, "The token is missing or wrong.\n");
  if (path == "/metrics") return {.answer = {}, .wants_metrics = true};
  if (path != "/") return told(404, "There is nothing here.\n");
  if (!head.is_upgrade) return told(426, "This is a WebSocket.\n");
  return {};
}

}  // namespace outboard::net
