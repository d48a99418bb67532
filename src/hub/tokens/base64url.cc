#include "hub/tokens/base64url.h"

namespace outboard::hub {

namespace {

constexpr std::string_view digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr unsigned bits_of_digit = 6;

}  // namespace

std::string to_base64url(ByteView bytes) {
  std::string text;
  unsigned waiting = 0, bits = 0;
  for (auto byte : bytes) {
    waiting = waiting << 8 | byte;
    bits += 8;
    for (; bits >= bits_of_digit; bits -= bits_of_digit)
      text += digits[waiting >> (bits - bits_of_digit) & 63];
  }
  if (bits > 0) text += digits[waiting << (bits_of_digit - bits) & 63];
  return text;
}

std::optional<Bytes> from_base64url(std::string_view text) {
  Bytes bytes;
  unsigned waiting = 0, bits = 0;
  for (char letter : text) {
    auto digit = digits.find(letter);
    if (digit == digits.npos) return std::nullopt;
    waiting = waiting << bits_of_digit | static_cast<unsigned>(digit);
    bits += bits_of_digit;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<std::uint8_t>(waiting >> bits));
  }
  bool has_rest = bits >= bits_of_digit || (waiting & ((1u << bits) - 1)) != 0;
  if (has_rest) return std::nullopt;
  return bytes;
}

}  // namespace outboard::hub
