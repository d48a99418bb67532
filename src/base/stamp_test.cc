#include "base/stamp.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "base/limits.h"

namespace outboard {
namespace {

class ClockTest : public testing::Test, protected Platform {
 protected:
  std::int64_t wall_ms() override { return now_ms; }
  std::int64_t monotonic_us() override { return 0; }
  void random(std::span<std::uint8_t>) override {}

  std::int64_t now_ms = 1'700'000'000'000;
  Clock clock{*this, 7};
};

constexpr std::uint64_t time_of(std::uint64_t ms, std::uint64_t counter) {
  return ms << 16 | counter;
}

TEST_F(ClockTest, a_stamp_is_the_time_and_the_replica) {
  EXPECT_EQ(clock.next(), (Stamp{time_of(1'700'000'000'000, 0), 7}));
  now_ms += 5;
  EXPECT_EQ(clock.next().wall_ms(), 1'700'000'000'005u);
}

TEST_F(ClockTest, within_a_millisecond_the_counter_rises) {
  auto first = clock.next();
  EXPECT_EQ(clock.next().time, first.time + 1);
  EXPECT_EQ(clock.next().time, first.time + 2);
}

TEST_F(ClockTest, stamps_rise_while_the_clock_goes_back) {
  auto last = clock.next();
  for (int i = 0; i < 1'000; ++i) {
    now_ms -= 100;
    auto next = clock.next();
    ASSERT_GT(next, last);
    last = next;
  }
  now_ms = 0;
  EXPECT_GT(clock.next(), last);
  now_ms = -5;
  EXPECT_GT(clock.next().time, last.time + 1);
}

TEST_F(ClockTest, more_than_65536_stamps_in_a_millisecond_borrow_from_the_next) {
  auto last = clock.next();
  for (int i = 0; i < 70'000; ++i) {
    auto next = clock.next();
    ASSERT_GT(next, last);
    last = next;
  }
  EXPECT_EQ(last.wall_ms(), 1'700'000'000'001u);
  now_ms += 1;  // the clock arrives where the stamps are already
  EXPECT_EQ(clock.next().time, last.time + 1);
}

TEST_F(ClockTest, what_was_seen_is_earlier_than_what_is_made) {
  Stamp ahead{time_of(1'700'000'060'000, 3), 9};
  clock.saw(ahead);
  EXPECT_EQ(clock.next().time, ahead.time + 1);
  clock.saw({time_of(1, 0), 9});
  EXPECT_EQ(clock.next().time, ahead.time + 2);
}

TEST_F(ClockTest, any_history_of_clock_and_messages_only_rises) {
  std::mt19937_64 random(1);
  Stamp latest;
  for (int i = 0; i < 100'000; ++i) {
    now_ms += static_cast<std::int64_t>(random() % 2'000) - 1'000;
    if (random() % 4 == 0) {
      Stamp seen{time_of(static_cast<std::uint64_t>(now_ms) + random() % 3'000, random() % 65'536),
                 random()};
      clock.saw(seen);
      latest = std::max(latest, seen);
      continue;
    }
    auto made = clock.next();
    ASSERT_GT(made.time, latest.time) << i;
    latest = made;
  }
}

TEST(StampTest, bytes_compare_as_stamps_do) {
  std::mt19937_64 random(1);
  auto number = [&] { return random() >> random() % 64; };
  for (int i = 0; i < 100'000; ++i) {
    Stamp a{number(), number()};
    Stamp b{random() % 2 ? a.time : number(), number()};
    auto a_bytes = encode(a), b_bytes = encode(b);
    int as_bytes = std::memcmp(a_bytes.data(), b_bytes.data(), a_bytes.size());
    ASSERT_EQ(as_bytes <=> 0, a <=> b);
    ASSERT_EQ(decode(a_bytes), a);
  }
}

TEST(StampTest, time_comes_before_replica_and_high_bytes_before_low) {
  StampBytes expected = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  EXPECT_EQ(encode({0x0102030405060708, 0x090a0b0c0d0e0f10}), expected);
}

TEST(StampTest, L7_a_stamp_may_be_ahead_by_the_limit_and_no_more) {
  constexpr std::uint64_t now_ms = 1'700'000'000'000;
  constexpr auto drift_ms = static_cast<std::uint64_t>(limits::clock_drift_max_ms);
  EXPECT_TRUE(is_plausible({time_of(0, 0), 1}, now_ms));
  EXPECT_TRUE(is_plausible({time_of(now_ms + drift_ms, 65'535), 1}, now_ms));
  EXPECT_FALSE(is_plausible({time_of(now_ms + drift_ms + 1, 0), 1}, now_ms));
  EXPECT_FALSE(is_plausible({~std::uint64_t{0}, 1}, now_ms));
}

}  // namespace
}  // namespace outboard
