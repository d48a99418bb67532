// The platform of a native process: the system's clocks and its randomness. Stateless: one may
// serve any number of engines on any threads.
#pragma once

#include "base/platform.h"

namespace outboard {

class NativePlatform : public Platform {
 public:
  std::int64_t wall_ms() override;
  std::int64_t monotonic_us() override;
  void random(std::span<std::uint8_t> out) override;
};

}  // namespace outboard
