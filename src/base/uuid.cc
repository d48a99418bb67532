#include "base/uuid.h"

#include <algorithm>

#include "base/bytes.h"

namespace outboard {

namespace {
constexpr std::uint64_t high_mask = 0xfff;
constexpr std::uint64_t low_mask = (std::uint64_t{1} << 62) - 1;
}  // namespace

Uuid UuidGenerator::next() {
  std::array<std::uint8_t, 16> random;
  platform_.random(random);
  auto first = load_le<std::uint64_t>(random.data());
  auto second = load_le<std::uint64_t>(random.data() + 8);

  auto now = static_cast<std::uint64_t>(std::max<std::int64_t>(0, platform_.wall_ms()));
  if (now > time_ms_) {
    time_ms_ = now;
    high_ = first & high_mask;
    low_ = second & low_mask;
  } else {
    low_ += 1 + (first & 0xffffffff);  // the same millisecond: a random step up, carried upwards
    if (low_ > low_mask) {
      low_ &= low_mask;
      if (++high_ > high_mask) {
        high_ = 0;
        ++time_ms_;
      }
    }
  }

  Uuid uuid;
  for (std::size_t i = 0; i < 6; ++i) uuid[i] = static_cast<std::uint8_t>(time_ms_ >> (40 - 8 * i));
  uuid[6] = static_cast<std::uint8_t>(0x70 | high_ >> 8);
  uuid[7] = static_cast<std::uint8_t>(high_);
  for (std::size_t i = 0; i < 8; ++i) uuid[8 + i] = static_cast<std::uint8_t>(low_ >> (56 - 8 * i));
  uuid[8] = static_cast<std::uint8_t>(0x80 | (uuid[8] & 0x3f));
  return uuid;
}

std::string to_string(const Uuid& uuid) {
  auto hex = to_hex(uuid);
  for (std::size_t dash : {8u, 13u, 18u, 23u}) hex.insert(dash, 1, '-');
  return hex;
}

}  // namespace outboard
