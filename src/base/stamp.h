// Stamps: a total order over all changes of all replicas (hybrid logical clock). And the clock that
// makes them.
//
// A stamp's time is milliseconds in the upper 48 bits and a counter in the lower 16. Stamps of one
// clock only rise, even when the system's clock goes back; whoever has seen a stamp makes later
// ones.
//
// Stamp is a value. Clock lives on the engine's thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "base/platform.h"

namespace outboard {

struct Stamp {
  std::uint64_t time = 0;     // hybrid: milliseconds << 16 | counter
  std::uint64_t replica = 0;  // breaks ties

  std::uint64_t wall_ms() const { return time >> 16; }

  friend auto operator<=>(const Stamp&, const Stamp&) = default;
};

// Sixteen bytes, big-endian: comparing them as bytes compares the stamps.
using StampBytes = std::array<std::uint8_t, 16>;
StampBytes encode(Stamp stamp);
Stamp decode(const StampBytes& bytes);

class Clock {
 public:
  Clock(Platform& platform, std::uint64_t replica) : platform_(platform), replica_(replica) {}

  // A stamp greater than each one made or seen before.
  Stamp next();

  // Takes notice of a stamp from elsewhere. Whether it is plausible was judged before, where it
  // came in.
  void saw(Stamp stamp);

 private:
  Platform& platform_;
  std::uint64_t replica_;
  std::uint64_t latest_ = 0;
};

// Is that stamp no further ahead of `wall_ms` than a well-kept clock may be
// (limits::clock_drift_max_ms)?
bool is_plausible(Stamp stamp, std::int64_t wall_ms);

}  // namespace outboard
