#include "base/sha256.h"

#include <algorithm>
#include <bit>

#include "base/bytes.h"

namespace outboard {

namespace {

constexpr std::array<std::uint32_t, 64> round_constants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

std::uint32_t load_be32(const std::uint8_t* from) {
  return std::byteswap(load_le<std::uint32_t>(from));
}

}  // namespace

void Sha256::block(const std::uint8_t* from) {
  std::array<std::uint32_t, 64> words;
  for (std::size_t i = 0; i < 16; ++i) words[i] = load_be32(from + 4 * i);
  for (std::size_t i = 16; i < 64; ++i) {
    auto early = words[i - 15], late = words[i - 2];
    auto small0 = std::rotr(early, 7) ^ std::rotr(early, 18) ^ (early >> 3);
    auto small1 = std::rotr(late, 17) ^ std::rotr(late, 19) ^ (late >> 10);
    words[i] = words[i - 16] + small0 + words[i - 7] + small1;
  }
  auto [a, b, c, d, e, f, g, h] = state_;
  for (std::size_t i = 0; i < 64; ++i) {
    auto big1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    auto first = h + big1 + ((e & f) ^ (~e & g)) + round_constants[i] + words[i];
    auto big0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    auto second = big0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + first;
    d = c, c = b, b = a, a = first + second;
  }
  std::array<std::uint32_t, 8> mixed = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < 8; ++i) state_[i] += mixed[i];
}

Sha256& Sha256::add(ByteView bytes) {
  while (!bytes.empty()) {
    std::size_t held = size_ % waiting_.size();
    if (held == 0 && bytes.size() >= waiting_.size()) {
      block(bytes.data());
      size_ += waiting_.size();
      bytes = bytes.subspan(waiting_.size());
      continue;
    }
    std::size_t taken = std::min(bytes.size(), waiting_.size() - held);
    std::copy_n(bytes.begin(), taken, waiting_.begin() + static_cast<std::ptrdiff_t>(held));
    size_ += taken;
    bytes = bytes.subspan(taken);
    if (held + taken == waiting_.size()) block(waiting_.data());
  }
  return *this;
}

Digest Sha256::finish() {
  std::array<std::uint8_t, 72> padding = {0x80};
  std::size_t zeros_end = 1 + (119 - size_ % 64) % 64;  // then eight bytes fill the block
  store_le(padding.data() + zeros_end, std::byteswap(size_ * 8));
  add(ByteView(padding).first(zeros_end + 8));
  Digest digest;
  for (std::size_t i = 0; i < state_.size(); ++i)
    store_le(digest.data() + 4 * i, std::byteswap(state_[i]));
  return digest;
}

Digest sha256(ByteView bytes) { return Sha256().add(bytes).finish(); }

}  // namespace outboard
