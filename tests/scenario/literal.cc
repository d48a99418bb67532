#include "literal.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace scenario {

namespace {

constexpr std::int64_t generated_bytes_max = 80 << 20;
constexpr std::size_t shown_bytes_max = 80;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  bool is_ascii = static_cast<unsigned char>(c) < 0x80;
  return !is_ascii || is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '-' || c == '.';
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string generated_text(std::int64_t length) {
  std::string text(static_cast<std::size_t>(length), 'a');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i % 26);
  return text;
}

outboard::Bytes generated_blob(std::int64_t length) {
  outboard::Bytes blob(static_cast<std::size_t>(length));
  for (std::size_t i = 0; i < blob.size(); ++i) blob[i] = static_cast<std::uint8_t>(i % 251);
  return blob;
}

void append_utf8(std::string& out, std::int64_t point) {
  auto byte = [&](std::int64_t value) { out += static_cast<char>(value); };
  if (point < 0x80) return byte(point);
  if (point < 0x800) {
    byte(0xc0 | point >> 6);
  } else {
    if (point < 0x10000) {
      byte(0xe0 | point >> 12);
    } else {
      byte(0xf0 | point >> 18);
      byte(0x80 | (point >> 12 & 0x3f));
    }
    byte(0x80 | (point >> 6 & 0x3f));
  }
  byte(0x80 | (point & 0x3f));
}

}  // namespace

Error Scanner::unreadable(const char* what) const {
  return {Code::bad_request, std::string(what) + " expected at: " + std::string(rest()), ""};
}

void Scanner::skip_spaces() {
  while (peek() == ' ') ++at_;
}

bool Scanner::at_end() {
  skip_spaces();
  return at_ == line_.size();
}

bool Scanner::take(std::string_view token) {
  if (!rest().starts_with(token)) return false;
  at_ += token.size();
  return true;
}

std::string_view Scanner::word() {
  skip_spaces();
  auto start = at_;
  while (is_word(peek())) ++at_;
  return line_.substr(start, at_ - start);
}

Result<std::int64_t> Scanner::integer() {
  skip_spaces();
  std::int64_t value = 0;
  auto* begin = line_.data() + at_;
  auto [end, fault] = std::from_chars(begin, line_.data() + line_.size(), value);
  if (fault != std::errc()) return unreadable("a whole number");
  at_ += static_cast<std::size_t>(end - begin);
  return value;
}

Result<std::string> Scanner::quoted_text() {
  if (!take("/")) return unreadable("a text between slashes");
  for (auto end = at_; end < line_.size(); ++end) {
    if (line_[end] != '/' || (end + 1 < line_.size() && line_[end + 1] != ' ')) continue;
    std::string text(line_.substr(at_, end - at_));
    at_ = end + 1;
    return text;
  }
  return unreadable("a slash after the text");
}

Result<Value> Scanner::literal() {
  auto value = OUTBOARD_TRY(one_literal());
  while (true) {
    skip_spaces();
    if (!take("||")) return value;
    skip_spaces();
    auto next = OUTBOARD_TRY(one_literal());
    if (value.kind() != outboard::Kind::text || next.kind() != outboard::Kind::text)
      return Error{Code::bad_request, "only texts can be joined by ||", ""};
    value = std::string(value.text()) + std::string(next.text());
  }
}

Result<Value> Scanner::one_literal() {
  if (peek() == '\'') return Value(OUTBOARD_TRY(quoted()));
  if (rest().starts_with("x'")) return hexadecimal();
  if (is_digit(peek()) || peek() == '-') return number();
  auto name = word();
  if (name == "null") return Value();
  if (name == "nan") return Value(std::numeric_limits<double>::quiet_NaN());
  if (take("(")) return call(name);
  return unreadable("a literal");
}

Result<Value> Scanner::number() {
  auto start = at_;
  bool is_real = false;
  auto is_exponent = [&] {
    return at_ > start && (line_[at_ - 1] == 'e' || line_[at_ - 1] == 'E');
  };
  for (; is_digit(peek()) || peek() == '.' || peek() == 'e' || peek() == 'E' || peek() == '-' ||
         (peek() == '+' && is_exponent());
       ++at_) {
    if (peek() == '-' && at_ > start && !is_exponent()) break;
    is_real = is_real || peek() == '.' || peek() == 'e' || peek() == 'E';
  }
  std::string text(line_.substr(start, at_ - start));
  if (is_real) {
    char* end = nullptr;
    double real = std::strtod(text.c_str(), &end);
    if (*end != '\0') return unreadable("a number");
    return Value(real);
  }
  std::int64_t integer = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), integer);
  if (fault != std::errc() || end != text.data() + text.size())
    return Error{Code::bad_request, "not an integer of 64 bits: " + text, ""};
  return Value(integer);
}

Result<std::string> Scanner::quoted() {
  ++at_;
  std::string text;
  for (; at_ < line_.size(); ++at_) {
    if (line_[at_] == '\'') {
      ++at_;
      if (peek() != '\'') return text;
    }
    text += line_[at_];
  }
  return unreadable("a closing quote");
}

Result<Value> Scanner::hexadecimal() {
  at_ += 2;
  outboard::Bytes bytes;
  while (hex_digit(peek()) >= 0) {
    auto high = hex_digit(line_[at_++]);
    auto low = hex_digit(peek());
    if (low < 0) return unreadable("an even number of hexadecimal digits");
    ++at_;
    bytes.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  if (!take("'")) return unreadable("hexadecimal digits and a closing quote");
  return Value(std::move(bytes));
}

// After the name of a helper and its opening parenthesis.
Result<Value> Scanner::call(std::string_view name) {
  std::string text;
  skip_spaces();
  if (name == "char") {
    for (auto& point : OUTBOARD_TRY(literals(',', ')'))) append_utf8(text, point.integer());
    return text;
  }
  if (name == "text" && peek() == 'x') {
    auto bytes = OUTBOARD_TRY(hexadecimal());
    text.assign(bytes.blob().begin(), bytes.blob().end());
  } else if (name == "text") {
    text = generated_text(OUTBOARD_TRY(length()));
  } else if (name != "blob") {
    return unreadable("text(N), blob(N) or char(N, …)");
  }
  Value value(std::move(text));
  if (name == "blob") value = generated_blob(OUTBOARD_TRY(length()));
  if (!take(")")) return unreadable(")");
  return value;
}

Result<std::int64_t> Scanner::length() {
  auto length = OUTBOARD_TRY(integer());
  if (length < 0 || length > generated_bytes_max) return unreadable("a length up to 80 MiB");
  return length;
}

Result<Cells> Scanner::literals(char separator, char closing) {
  Cells cells;
  skip_spaces();
  if (closing && take(std::string_view(&closing, 1))) return cells;
  while (true) {
    skip_spaces();
    cells.push_back(OUTBOARD_TRY(literal()));
    if (closing ? take(std::string_view(&closing, 1)) : at_end()) return cells;
    if (!take(std::string_view(&separator, 1))) return unreadable("the next value, or the end,");
  }
}

namespace {

// A page of a browser has one kind of number: 2.0 would leave it as the integer 2.
Result<void> check_parameter(const Value& value) {
  double real = value.real();
  bool is_lost = value.kind() == outboard::Kind::real && real == std::trunc(real) &&
                 std::abs(real) <= 9007199254740991.0 && !(real == 0 && std::signbit(real));
  if (!is_lost) return {};
  return Error{Code::bad_request, "a parameter cannot be a whole real: write cast(? as real)", ""};
}

}  // namespace

Result<outboard::Params> Scanner::params() {
  if (take("[")) {
    auto cells = OUTBOARD_TRY(literals(',', ']'));
    for (auto& cell : cells) OUTBOARD_TRY(check_parameter(cell));
    return outboard::Params(std::move(cells));
  }
  take("{");
  outboard::Params::Named named;
  while (true) {
    skip_spaces();
    std::string name;
    if (peek() == ':' || peek() == '@' || peek() == '$') name = line_[at_++];
    name += word();
    if (!take(":")) return unreadable("a name and :");
    skip_spaces();
    auto value = OUTBOARD_TRY(literal());
    OUTBOARD_TRY(check_parameter(value));
    named.emplace_back(std::move(name), std::move(value));
    skip_spaces();
    if (take("}")) return outboard::Params::named(std::move(named));
    if (!take(",")) return unreadable(", or }");
  }
}

std::string shown(const Value& value) {
  auto text = outboard::to_sql_literal(value);
  if (text.size() <= shown_bytes_max) return text;
  return text.substr(0, shown_bytes_max) + "… (" + std::to_string(text.size()) + " characters)";
}

std::string shown(const Cells& cells) {
  std::string out;
  for (auto& cell : cells) out += (out.empty() ? "" : " | ") + shown(cell);
  return out;
}

}  // namespace scenario
