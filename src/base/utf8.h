// UTF-8: is it well-formed, and how long is it in UTF-16 (the unit of JavaScript's strings)?
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace outboard {

bool is_ascii(std::string_view text);

// The number of UTF-16 code units of `text`, or nothing if it is not well-formed UTF-8 (overlong
// forms, surrogates and code points beyond U+10FFFF are not).
std::optional<std::size_t> utf16_length(std::string_view text);

inline bool is_utf8(std::string_view text) {
  return is_ascii(text) || utf16_length(text).has_value();
}

// The beginning of `text`: at most that many bytes, and no half of a character.
std::string_view first_of_utf8(std::string_view text, std::size_t bytes_max);

// `text`, with a question mark for each byte beyond ASCII if it is not well-formed.
std::string well_formed(std::string_view text);

}  // namespace outboard
