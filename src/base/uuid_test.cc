#include "base/uuid.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace outboard {
namespace {

class UuidTest : public testing::Test, protected Platform {
 protected:
  std::int64_t wall_ms() override { return now_ms; }
  std::int64_t monotonic_us() override { return 0; }
  void random(std::span<std::uint8_t> out) override {
    for (auto& byte : out) byte = all_ones ? 0xff : static_cast<std::uint8_t>(generator());
  }

  static std::uint64_t time_ms(const Uuid& uuid) {
    std::uint64_t time = 0;
    for (std::size_t i = 0; i < 6; ++i) time = time << 8 | uuid[i];
    return time;
  }

  std::int64_t now_ms = 0x019a'1234'5678;
  bool all_ones = false;
  std::mt19937_64 generator{1};
  UuidGenerator uuids{*this};
};

TEST_F(UuidTest, time_version_and_variant_are_where_the_standard_has_them) {
  for (int i = 0; i < 1'000; ++i) {
    auto uuid = UuidGenerator(*this).next();
    ASSERT_EQ(time_ms(uuid), 0x019a'1234'5678u);
    ASSERT_EQ(uuid[6] >> 4, 7);
    ASSERT_EQ(uuid[8] >> 6, 0b10);
  }
}

TEST_F(UuidTest, the_text_is_lower_case_with_four_dashes) {
  Uuid uuid = {0x01, 0x9a, 0x12, 0x34, 0x56, 0x78, 0x7a, 0xbc,
               0x8d, 0xef, 0x00, 0x11, 0x22, 0x33, 0x44, 0xff};
  EXPECT_EQ(to_string(uuid), "019a1234-5678-7abc-8def-0011223344ff");
}

TEST_F(UuidTest, they_rise_within_a_millisecond_and_when_the_clock_goes_back) {
  auto last = uuids.next();
  for (int i = 0; i < 100'000; ++i) {
    if (i % 3 == 0) now_ms += static_cast<std::int64_t>(generator() % 21) - 10;
    auto next = uuids.next();
    ASSERT_LT(last, next) << i;
    last = next;
  }
}

TEST_F(UuidTest, the_greatest_of_a_millisecond_is_followed_by_one_of_the_next) {
  all_ones = true;
  auto last = uuids.next();
  EXPECT_EQ(to_string(last), "019a1234-5678-7fff-bfff-ffffffffffff");
  all_ones = false;
  auto next = uuids.next();
  EXPECT_LT(last, next);
  EXPECT_EQ(time_ms(next), 0x019a'1234'5679u);
  EXPECT_EQ(next[6] >> 4, 7);
  EXPECT_EQ(next[8] >> 6, 0b10);
}

TEST_F(UuidTest, a_million_of_two_generators_are_all_different) {
  UuidGenerator others{*this};
  std::vector<Uuid> all;
  all.reserve(1'000'000);
  while (all.size() < 1'000'000) {
    now_ms += all.size() % 100 == 0;
    all.push_back(uuids.next());
    all.push_back(others.next());
  }
  std::ranges::sort(all);
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
}

}  // namespace
}  // namespace outboard
