#include "net/http_message.h"

#include <algorithm>

namespace outboard::net {

namespace {
char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter; }
}  // namespace

std::string_view Request::field(std::string_view name) const {
  for (const auto& field : fields)
    if (equal_ignoring_case(field.name, name)) return field.value;
  return {};
}

Response text_response(unsigned status, std::string sentence) {
  Response response;
  response.status = status;
  response.fields = {{"Content-Type", "text/plain; charset=utf-8"}};
  response.body = std::move(sentence);
  return response;
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
  auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> elements_of(std::string_view field) {
  std::vector<std::string_view> elements;
  for (;;) {
    auto comma = field.find(',');
    if (auto element = trimmed(field.substr(0, comma)); !element.empty())
      elements.push_back(element);
    if (comma == std::string_view::npos) return elements;
    field.remove_prefix(comma + 1);
  }
}

}  // namespace outboard::net
