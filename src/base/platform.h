// What the core asks of the world around it (law L3): clocks and randomness. The host brings one;
// the simulator brings one with a seed.
//
// Used only on the engine's thread. Must outlive the engine.
#pragma once

#include <cstdint>
#include <span>

namespace outboard {

class Platform {
 public:
  virtual ~Platform() = default;

  // Milliseconds since 1970, as the system believes. May jump in either direction.
  virtual std::int64_t wall_ms() = 0;

  // Microseconds since some fixed moment. Never goes back.
  virtual std::int64_t monotonic_us() = 0;

  // Fills `out` with bytes fit for making ids that nobody else makes.
  virtual void random(std::span<std::uint8_t> out) = 0;
};

}  // namespace outboard
