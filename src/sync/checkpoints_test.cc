#include "sync/checkpoints.h"

#include <gtest/gtest.h>

#include "sync/limits.h"

namespace outboard::sync {
namespace {

Checkpoints after(std::uint64_t entries) {
  Checkpoints checkpoints;
  for (std::uint64_t position = 1; position <= entries; ++position) checkpoints.add({position, {}});
  return checkpoints;
}

TEST(CheckpointsTest, Y2_there_are_at_most_32_the_newest_first) {
  for (std::uint64_t entries : {0, 1, 31, 32, 33, 1'000}) {
    auto all = after(entries).all();
    EXPECT_EQ(all.size(), std::min<std::size_t>(entries, limits::checkpoints_max));
    EXPECT_EQ(all.empty() ? 0 : all.front().position, entries);
    for (std::size_t i = 1; i < all.size(); ++i) EXPECT_LT(all[i].position, all[i - 1].position);
  }
}

// A hub that lost `lost` entries finds one that is at most a few times as far back.
TEST(CheckpointsTest, Y2_the_next_one_is_not_much_farther_back_than_any_loss) {
  constexpr std::uint64_t entries = 20'000;
  auto all = after(entries).all();
  EXPECT_EQ(all.back().position, 1u);
  for (std::uint64_t lost = 1; lost < entries; ++lost) {
    std::size_t next = 0;
    while (all[next].position > entries - lost) ++next;
    EXPECT_LE(entries - all[next].position, 3 * lost + 2) << lost;
  }
}

TEST(CheckpointsTest, what_is_cut_is_forgotten) {
  auto checkpoints = after(10);
  checkpoints.cut(7);
  EXPECT_EQ(checkpoints.all().front().position, 7u);
  checkpoints.add({8, {}});
  EXPECT_EQ(checkpoints.all().size(), 8u);
  checkpoints.cut(0);
  EXPECT_TRUE(checkpoints.all().empty());
}

}  // namespace
}  // namespace outboard::sync
