#include "journal/merge/pass.h"

#include "journal/merge/world_testing.h"

namespace outboard::journal::trial {
namespace {

Intent inserted(std::uint64_t time, std::uint8_t id) {
  return {{time, 1},
          {{.row = note(id), .verb = Verb::insert, .columns = {{title, "t"}, {slug, time}}}}};
}

class PassTest : public ::testing::Test {
 protected:
  template <class Step>
  Effect run(Step step) {
    Pass pass(world);
    step(pass);
    Effect effect = std::move(pass).finish();
    world.store(effect);
    return effect;
  }

  MemoryWorld world;
};

TEST_F(PassTest, an_effect_is_from_before_the_pass_to_after_it) {
  auto effect = run([](Pass& pass) {
    pass.merge(inserted(1, 1), Origin::acknowledged);
    pass.merge(inserted(2, 1), Origin::acknowledged);
  });
  ASSERT_EQ(effect.size(), 1u);
  EXPECT_FALSE(effect[0].delta.alive_before);
  EXPECT_TRUE(effect[0].lives);
  ASSERT_EQ(effect[0].delta.slots.size(), 3u);
  EXPECT_FALSE(effect[0].delta.slots[2].before);
  EXPECT_EQ(effect[0].delta.slots[2].after, (Version{{2, 1}, 2}));
}

TEST_F(PassTest, J16_what_is_known_already_has_no_effect) {
  run([](Pass& pass) { pass.merge(inserted(1, 1), Origin::acknowledged); });
  EXPECT_TRUE(run([](Pass& pass) {
                pass.merge(inserted(1, 1), Origin::acknowledged);
                pass.merge(inserted(1, 1), Origin::pending);
              }).empty());
}

TEST_F(PassTest, J15_an_acknowledgement_is_stored_though_nobody_sees_it) {
  run([](Pass& pass) { pass.merge(inserted(1, 1), Origin::pending); });
  auto effect = run([](Pass& pass) { pass.merge(inserted(1, 1), Origin::acknowledged); });
  ASSERT_EQ(effect.size(), 1u);
  EXPECT_TRUE(effect[0].delta.touched);
  EXPECT_TRUE(effect[0].delta.slots.empty());
  EXPECT_FALSE(effect[0].leaves() || effect[0].enters());
}

TEST_F(PassTest, J15_of_a_row_that_was_only_pending_nothing_is_left) {
  Intent mine[] = {inserted(1, 1)};
  run([&](Pass& pass) { pass.merge(mine[0], Origin::pending); });
  auto effect = run([&](Pass& pass) { pass.drop(mine, {}); });
  ASSERT_EQ(effect.size(), 1u);
  EXPECT_TRUE(effect[0].state.slots.empty());
  EXPECT_TRUE(effect[0].leaves());
  EXPECT_TRUE(world.rows().empty());
  EXPECT_TRUE(world.table().empty());
}

TEST_F(PassTest, J5_what_was_superseded_whole_is_not_said_again) {
  Intent mine[] = {inserted(1, 1), inserted(3, 2)};
  run([&](Pass& pass) {
    for (const auto& intent : mine) pass.merge(intent, Origin::pending);
    pass.merge(inserted(2, 1), Origin::acknowledged);
  });
  run([&](Pass& pass) {
    pass.drop(mine, {});
    EXPECT_FALSE(pass.reissue(mine[0], {20, 1}));
    EXPECT_EQ(pass.reissue(mine[1], {21, 1})->rows, mine[1].rows);
  });
}

TEST_F(PassTest, J16_a_snapshot_is_merged_and_own_changes_survive_it) {
  MemoryWorld other;
  Pass elsewhere(other);
  elsewhere.merge(inserted(1, 1), Origin::acknowledged);
  elsewhere.merge(inserted(9, 2), Origin::pending);
  other.store(std::move(elsewhere).finish());
  run([](Pass& pass) { pass.merge(inserted(5, 1), Origin::pending); });
  run([&](Pass& pass) {
    for (const auto& [row, state] : other.rows()) pass.merge(row, state);
  });
  EXPECT_FALSE(world.rows().contains(note(2)));  // what is pending there is no business of ours
  RowState row = world.load(note(1));
  EXPECT_EQ(row.added()->stamp, (Stamp{5, 1}));
  EXPECT_EQ(encode(row, Layer::acknowledged), encode(other.load(note(1)), Layer::acknowledged));
}

}  // namespace
}  // namespace outboard::journal::trial
