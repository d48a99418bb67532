#include "base/stamp.h"

#include <algorithm>

#include "base/limits.h"

namespace outboard {

StampBytes encode(Stamp stamp) {
  StampBytes bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(stamp.time >> (56 - 8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(stamp.replica >> (56 - 8 * i));
  }
  return bytes;
}

Stamp decode(const StampBytes& bytes) {
  Stamp stamp;
  for (std::size_t i = 0; i < 8; ++i) {
    stamp.time = stamp.time << 8 | bytes[i];
    stamp.replica = stamp.replica << 8 | bytes[8 + i];
  }
  return stamp;
}

Stamp Clock::next() {
  auto now = static_cast<std::uint64_t>(std::max<std::int64_t>(0, platform_.wall_ms())) << 16;
  latest_ = std::max(latest_ + 1, now);
  return {latest_, replica_};
}

void Clock::saw(Stamp stamp) { latest_ = std::max(latest_, stamp.time); }

bool is_plausible(Stamp stamp, std::int64_t wall_ms) {
  return static_cast<std::int64_t>(stamp.wall_ms()) <= wall_ms + limits::clock_drift_max_ms;
}

}  // namespace outboard
