// The small pieces of a line: words, numbers, SQL literals, parameters.
//
// A Scanner looks at a line that it does not own.
#pragma once

#include <string>
#include <string_view>

#include <outboard/result.hpp>
#include "scenario.h"

namespace scenario {

class Scanner {
 public:
  explicit Scanner(std::string_view line) : line_(line) {}

  void skip_spaces();
  bool at_end();

  // The next character without taking it; 0 at the end.
  char peek() const { return at_ < line_.size() ? line_[at_] : '\0'; }

  // Takes `token` if it comes next.
  bool take(std::string_view token);

  // Letters of any script, digits, `_`, `-` and `.`; empty if none comes next.
  std::string_view word();

  // What is left.
  std::string_view rest() const { return line_.substr(at_); }

  Result<std::int64_t> integer();

  // `/text/`, without its slashes; the last slash before a space or the end of the line closes it.
  Result<std::string> quoted_text();

  // null, 42, 1.5, 9e999, nan, 'it''s', x'00ff', text(N), text(x'ff'), blob(N), char(N, …); texts
  // may be joined by ||.
  Result<Value> literal();

  // Literals with `separator` between them, up to the end of the line or `closing`.
  Result<Cells> literals(char separator, char closing);

  // [1, 'a'] or {id: 7, :title: 'Sea'}. REQUIRES: peek() is [ or {.
  Result<outboard::Params> params();

 private:
  Result<Value> one_literal();
  Result<Value> number();
  Result<std::string> quoted();
  Result<Value> hexadecimal();
  Result<Value> call(std::string_view name);
  Result<std::int64_t> length();
  Error unreadable(const char* what) const;

  std::string_view line_;
  std::size_t at_ = 0;
};

// For messages: as an SQL literal, cut where it gets long.
std::string shown(const Value& value);
std::string shown(const Cells& cells);

}  // namespace scenario
