// UUIDs of version 7 (RFC 9562): they sort by the time at which they were made.
//
// One generator's ids only rise, also within one millisecond and when the system's clock goes back.
// Lives on the engine's thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/platform.h"

namespace outboard {

using Uuid = std::array<std::uint8_t, 16>;

class UuidGenerator {
 public:
  explicit UuidGenerator(Platform& platform) : platform_(platform) {}

  Uuid next();

 private:
  Platform& platform_;
  std::uint64_t time_ms_ = 0;
  std::uint64_t high_ = 0;  // 12 bits after the version
  std::uint64_t low_ = 0;   // 62 bits after the variant
};

// "019a…-…": 36 characters, lower case.
std::string to_string(const Uuid& uuid);

}  // namespace outboard
