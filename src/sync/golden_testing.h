// The golden frames of the dialogue (tests/golden/sync-frames.txt), which another encoder wrote.
//
// For tests only; not part of the library.
#pragma once

#include <fstream>
#include <map>
#include <string>

#include "base/bytes.h"
#include "base/repository_testing.h"

namespace outboard::sync::trial {

inline Bytes from_hex(const std::string& hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

inline std::map<std::string, Bytes> golden() {
  std::map<std::string, Bytes> frames;
  std::ifstream file(in_repository("tests/golden/sync-frames.txt"));
  for (std::string line; std::getline(file, line);) {
    auto bar = line.find(" | ");
    if (bar != std::string::npos) frames[line.substr(0, bar)] = from_hex(line.substr(bar + 3));
  }
  return frames;
}

template <std::size_t size>
std::array<std::uint8_t, size> counting_up(std::uint8_t from) {
  std::array<std::uint8_t, size> bytes;
  for (auto& byte : bytes) byte = from++;
  return bytes;
}

inline Bytes counting_up(std::size_t size, std::uint8_t from) {
  Bytes bytes;
  for (std::size_t i = 0; i < size; ++i) bytes.push_back(from++);
  return bytes;
}

}  // namespace outboard::sync::trial
