// Little helpers over bytes: little-endian numbers and views of text. Everything is a free
// function.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <outboard/value.hpp>

namespace outboard {

static_assert(std::endian::native == std::endian::little,
              "batches are written as they lie in memory");

template <class T>
T load_le(const std::uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <class T>
void store_le(std::uint8_t* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

template <class T>
void append_le(Bytes& out, T value) {
  auto at = out.size();
  out.resize(at + sizeof value);
  store_le(out.data() + at, value);
}

inline void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

inline std::size_t rounded_up_to_8(std::size_t size) { return (size + 7) & ~std::size_t{7}; }

inline void pad_to_8(Bytes& out) { out.resize(rounded_up_to_8(out.size())); }

inline ByteView bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string_view text_of(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// "00ff": lower-case hexadecimal, two digits a byte.
std::string to_hex(ByteView bytes);

}  // namespace outboard
