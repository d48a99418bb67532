// Randomness with a seed. A value; the same numbers for the same seed, everywhere.
#pragma once

#include <cstdint>
#include <random>

namespace outboard::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : generator_(seed) {}

  std::uint64_t number() { return generator_(); }
  std::uint64_t below(std::uint64_t bound) { return generator_() % bound; }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most - least + 1)));
  }
  bool one_in(std::uint64_t times) { return below(times) == 0; }

 private:
  std::mt19937_64 generator_;
};

}  // namespace outboard::simulation
