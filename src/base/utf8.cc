#include "base/utf8.h"

#include <cstdint>
#include <cstring>

namespace outboard {

bool is_ascii(std::string_view text) {
  const char* at = text.data();
  const char* end = at + text.size();
  for (; end - at >= 8; at += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, at, 8);
    if (eight & 0x8080808080808080u) return false;
  }
  for (; at < end; ++at)
    if (*at & 0x80) return false;
  return true;
}

std::optional<std::size_t> utf16_length(std::string_view text) {
  auto at = reinterpret_cast<const unsigned char*>(text.data());
  auto end = at + text.size();
  std::size_t units = 0;

  auto continues = [&](const unsigned char* p) { return p < end && (*p & 0xC0) == 0x80; };

  while (at < end) {
    unsigned char lead = *at;
    if (lead < 0x80) {
      ++at;
      ++units;
    } else if (lead >= 0xC2 && lead < 0xE0) {
      if (!continues(at + 1)) return std::nullopt;
      at += 2;
      ++units;
    } else if (lead >= 0xE0 && lead < 0xF0) {
      if (!continues(at + 1) || !continues(at + 2)) return std::nullopt;
      bool overlong = lead == 0xE0 && at[1] < 0xA0;
      bool surrogate = lead == 0xED && at[1] >= 0xA0;
      if (overlong || surrogate) return std::nullopt;
      at += 3;
      ++units;
    } else if (lead >= 0xF0 && lead < 0xF5) {
      if (!continues(at + 1) || !continues(at + 2) || !continues(at + 3)) return std::nullopt;
      bool overlong = lead == 0xF0 && at[1] < 0x90;
      bool beyond = lead == 0xF4 && at[1] >= 0x90;
      if (overlong || beyond) return std::nullopt;
      at += 4;
      units += 2;
    } else {
      return std::nullopt;
    }
  }
  return units;
}

std::string_view first_of_utf8(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (text[bytes_max] & 0xC0) == 0x80) --bytes_max;
  return text.substr(0, bytes_max);
}

std::string well_formed(std::string_view text) {
  std::string out(text);
  if (!is_utf8(text))
    for (auto& c : out)
      if (c & 0x80) c = '?';
  return out;
}

}  // namespace outboard
