#include <outboard/value.hpp>

#include <charconv>
#include <cmath>

#include "base/bytes.h"

namespace outboard {

std::string to_hex(ByteView bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (auto byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

namespace {

std::string real_literal(double real) {
  if (std::isnan(real)) return "null";                         // what SQLite makes of it
  if (std::isinf(real)) return real > 0 ? "9e999" : "-9e999";  // what SQLite reads as infinity
  char buffer[32];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, real).ptr;
  std::string out(buffer, end);
  if (out.find_first_of(".en") == std::string::npos) out += ".0";
  return out;
}

std::string text_literal(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    out += c;
    if (c == '\'') out += c;
  }
  return out += '\'';
}

}  // namespace

std::string to_sql_literal(const Value& value) {
  switch (value.kind()) {
    case Kind::null: return "null";
    case Kind::integer: return std::to_string(value.integer());
    case Kind::real: return real_literal(value.real());
    case Kind::text: return text_literal(value.text());
    case Kind::blob: return "x'" + to_hex(value.blob()) + "'";
  }
  return "null";
}

}  // namespace outboard
