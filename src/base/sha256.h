// SHA-256 (FIPS 180-4), for digests and chains that other machines compute too.
//
// By hand, as no library of Debian's builds for WebAssembly. Not for secrets: nothing is said about
// the time that it takes. A Sha256 is a value, used by one thread at a time.
#pragma once

#include <array>
#include <cstdint>

#include <outboard/value.hpp>

namespace outboard {

using Digest = std::array<std::uint8_t, 32>;

class Sha256 {
 public:
  // Takes in what comes next. Returns itself, so that calls can be chained.
  Sha256& add(ByteView bytes);

  // The digest of all that was added. Nothing may be added afterwards.
  Digest finish();

 private:
  void block(const std::uint8_t* from);

  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::uint8_t, 64> waiting_ = {};
  std::uint64_t size_ = 0;
};

// The digest of these bytes.
Digest sha256(ByteView bytes);

}  // namespace outboard
