#include "cli/plain_value.h"

#include <charconv>
#include <limits>
#include <optional>

#include "capi/json_form.h"

namespace outboard::cli {

namespace {

template <class Number>
std::optional<Number> number_of(std::string_view plain) {
  Number number{};
  auto [end, failure] = std::from_chars(plain.data(), plain.data() + plain.size(), number);
  if (failure != std::errc() || end != plain.data() + plain.size()) return std::nullopt;
  if (to_sql_literal(Value(number)) != plain) return std::nullopt;
  return number;
}

std::optional<std::string> unquoted(std::string_view plain) {
  if (plain.size() < 2 || plain.front() != '\'' || plain.back() != '\'') return std::nullopt;
  plain = plain.substr(1, plain.size() - 2);
  std::string text;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    text += plain[i];
    if (plain[i] == '\'' && (++i == plain.size() || plain[i] != '\'')) return std::nullopt;
  }
  return text;
}

}  // namespace

Value value_of(std::string_view plain) {
  if (plain == "null") return {};
  if (plain == "9e999" || plain == "-9e999")  // as SQL writes infinity
    return plain[0] == '-' ? -std::numeric_limits<double>::infinity()
                           : std::numeric_limits<double>::infinity();
  if (auto integer = number_of<std::int64_t>(plain)) return *integer;
  if (auto real = number_of<double>(plain)) return *real;
  if (auto text = unquoted(plain)) return *std::move(text);
  if (plain.size() >= 3 && plain.starts_with("x'") && plain.ends_with('\''))
    if (auto bytes = json_form::bytes_of_hex(plain.substr(2, plain.size() - 3)))
      return *std::move(bytes);
  return plain;
}

std::string plain(const Value& value) {
  if (value.kind() == Kind::text && value_of(value.text()) == value)
    return std::string(value.text());
  return to_sql_literal(value);
}

}  // namespace outboard::cli
