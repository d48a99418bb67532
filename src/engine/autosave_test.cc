// When a database in memory is saved, by a clock that the test sets (rule H14).

#include "engine/autosave.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"

namespace outboard {
namespace {

struct Clock : Platform {
  std::int64_t wall_ms() override { return 1'700'000'000'000 + now_us / 1'000; }
  std::int64_t monotonic_us() override { return now_us; }
  void random(std::span<std::uint8_t> out) override { std::ranges::fill(out, std::uint8_t{7}); }

  std::int64_t now_us = 1;
};

// Keeps what is saved, or fails.
struct Kept : SaveTarget {
  Result<void> begin() override {
    ++begun;
    coming.clear();
    if (fails) return fail(Code::unavailable, "the disk is full");
    return {};
  }
  Result<void> append(ByteView bytes) override {
    coming.insert(coming.end(), bytes.begin(), bytes.end());
    if (clock) clock->now_us += append_us;
    return {};
  }
  Result<void> finish() override {
    saved = coming;
    return {};
  }
  void abandon() override { coming.clear(); }

  Clock* clock = nullptr;
  std::int64_t append_us = 0;
  bool fails = false;
  int begun = 0;
  Bytes coming, saved;
};

struct Autosaving : testing::Test {
  void write(const std::string& sql) { ASSERT_TRUE(store->writer().run(sql).ok()); }
  void work() {
    while (autosave.work()) {
    }
  }
  void pass(std::int64_t us) { clock.now_us += us; }

  Clock clock;
  std::unique_ptr<Store> store =
      std::move(*Store::open({.path = "trial", .storage = Storage::memory}, clock));
  Kept target;
  Autosave autosave{*store, target, clock};
};

TEST_F(Autosaving, H14_AChangeIsSavedAfterAMoment) {
  work();
  EXPECT_EQ(autosave.wake_at_us(), std::nullopt);
  write("create table t(v)");
  work();
  EXPECT_EQ(autosave.wake_at_us(), clock.now_us + limits::autosave_delay_us);
  EXPECT_TRUE(target.saved.empty());
  pass(limits::autosave_delay_us);
  work();
  EXPECT_EQ(text_of(target.saved).substr(0, 15), "SQLite format 3");
  EXPECT_EQ(autosave.wake_at_us(), std::nullopt);
  pass(10 * limits::autosave_delay_us);
  work();
  EXPECT_EQ(target.begun, 1);
}

TEST_F(Autosaving, H14_ItWaitsFourTimesAsLongAsASaveTakes) {
  target.clock = &clock;
  target.append_us = 1'000'000;
  write("create table t(v)");
  EXPECT_TRUE(autosave.ask() > 0);
  auto before = clock.now_us;
  work();
  auto took = clock.now_us - before;
  EXPECT_GE(took, 1'000'000);
  write("insert into t values (1)");
  work();
  EXPECT_GE(autosave.wake_at_us().value_or(0), clock.now_us + 4 * took);
}

TEST_F(Autosaving, H14_WhoAsksIsNotMadeToWait) {
  write("create table t(v)");
  auto asked = autosave.ask();
  EXPECT_FALSE(autosave.outcome(asked).has_value());
  work();
  ASSERT_TRUE(autosave.outcome(asked).has_value());
  EXPECT_TRUE(autosave.outcome(asked)->ok());
  EXPECT_FALSE(target.saved.empty());
}

// One that was begun before is not enough.
TEST_F(Autosaving, H14_WhatIsCommittedDuringASaveTakesAnother) {
  write("create table t(v)");
  write("insert into t values (zeroblob(3000000))");
  auto first = autosave.ask();
  EXPECT_TRUE(autosave.work());
  write("insert into t values (2)");
  auto second = autosave.ask();
  work();
  EXPECT_TRUE(autosave.outcome(first).has_value());
  EXPECT_TRUE(autosave.outcome(second).has_value());
  EXPECT_EQ(target.begun, 2);
}

TEST_F(Autosaving, H14_OneThatFailsIsTriedAgain) {
  write("create table t(v)");
  target.fails = true;
  auto asked = autosave.ask();
  work();
  ASSERT_TRUE(autosave.outcome(asked).has_value());
  EXPECT_EQ(autosave.outcome(asked)->error().code, Code::unavailable);
  EXPECT_FALSE(autosave.finish().ok());
  target.fails = false;
  pass(limits::autosave_failed_delay_us);
  work();
  EXPECT_FALSE(target.saved.empty());
}

}  // namespace
}  // namespace outboard
