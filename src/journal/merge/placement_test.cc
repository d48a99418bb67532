#include "journal/merge/placement.h"

#include "journal/merge/world_testing.h"

namespace outboard::journal::trial {
namespace {

RowKey many(std::uint32_t id) {
  RowKey row{.table = notes};
  for (int shift = 24; shift >= 0; shift -= 8)
    row.key.push_back(static_cast<std::uint8_t>(id >> shift));
  return row;
}

class PlacementTest : public ::testing::Test {
 protected:
  RowChange insert(RowKey row, std::vector<ColumnWrite> columns) {
    columns.insert(columns.begin(), {title, "t"});
    return {.row = std::move(row), .verb = Verb::insert, .columns = std::move(columns)};
  }
  static RowChange update(RowKey row, ColumnId column, Value value) {
    return {.row = std::move(row), .columns = {{column, std::move(value)}}};
  }
  static RowChange remove(RowKey row, std::uint64_t time) {
    return {.row = std::move(row), .verb = Verb::remove, .covers = Stamp{time, 1}};
  }

  // Transactions out of the log, in one pass.
  Effect merge(std::uint64_t time, std::vector<RowChange> changes) {
    std::ranges::sort(changes, {}, &RowChange::row);
    Intent intent{{time, 1}, std::move(changes)};
    EXPECT_TRUE(check(intent));
    Pass pass(world);
    pass.merge(intent, Origin::acknowledged);
    Effect effect = std::move(pass).finish();
    world.store(effect);
    return effect;
  }

  std::vector<int> shown() {
    std::vector<int> rows;
    for (const auto& [row, keys] : world.table()) rows.push_back(row.key.back());
    return rows;
  }

  MemoryWorld world;
};

using Rows = std::vector<int>;

TEST_F(PlacementTest, J10_the_earlier_insert_has_the_key_whichever_comes_first) {
  merge(2, {insert(note(2), {{email, "a"}})});
  EXPECT_EQ(shown(), Rows{2});
  auto effect = merge(1, {insert(note(1), {{email, "A"}})});  // NOCASE
  EXPECT_EQ(shown(), Rows{1});
  ASSERT_EQ(effect.size(), 2u);
  EXPECT_TRUE(effect[1].shadowed());
  effect = merge(3, {insert(note(3), {{email, "a"}})});
  EXPECT_EQ(effect.size(), 1u);  // nobody else is concerned
  EXPECT_EQ(shown(), Rows{1});
}

TEST_F(PlacementTest, J10_equal_inserts_fall_to_the_smaller_key) {
  merge(1, {insert(note(2), {{email, "a"}}), insert(note(1), {{email, "a"}})});
  EXPECT_EQ(shown(), Rows{1});
}

TEST_F(PlacementTest, J10_a_freed_key_promotes_the_next) {
  merge(1, {insert(note(1), {{email, "a"}})});
  merge(2, {insert(note(2), {{email, "a"}})});
  merge(3, {insert(note(3), {{email, "a"}})});
  auto effect = merge(4, {update(note(1), email, "b")});
  ASSERT_EQ(effect.size(), 2u);
  EXPECT_TRUE(effect[1].promoted());
  EXPECT_EQ(shown(), (Rows{1, 2}));
  merge(5, {remove(note(2), 5)});
  EXPECT_EQ(shown(), (Rows{1, 3}));
  merge(6, {update(note(3), title, nullptr)});  // does not fit any more
  EXPECT_EQ(shown(), Rows{1});
  merge(7, {insert(note(2), {})});  // alive again: claims "a" with its new insert
  EXPECT_EQ(shown(), (Rows{1, 2}));
  merge(8, {update(note(3), title, "t")});
  EXPECT_EQ(shown(), (Rows{1, 3}));
}

TEST_F(PlacementTest, J10_a_claim_counts_although_its_row_is_a_shadow) {
  merge(1, {insert(note(1), {{email, "a"}})});
  merge(2, {insert(note(2), {{email, "a"}, {slug, "s"}})});
  merge(3, {insert(note(3), {{slug, "s"}})});
  EXPECT_EQ(shown(), Rows{1});
  merge(4, {remove(note(1), 4)});
  EXPECT_EQ(shown(), Rows{2});
}

TEST_F(PlacementTest, J10_nulls_and_predicates_claim_nothing) {
  merge(1, {insert(note(1), {{email, nullptr}, {low, 1}}), insert(note(2), {{low, 1}})});
  merge(2, {insert(note(3), {{slug, "s"}}), insert(note(4), {{slug, "s"}})});
  EXPECT_EQ(shown(), (Rows{1, 2, 3}));
  merge(3, {update(note(4), title, 2)});  // leaves the partial index
  EXPECT_EQ(shown(), (Rows{1, 2, 3, 4}));
}

TEST_F(PlacementTest, J10_rows_that_do_not_fit_wait_and_claim_nothing) {
  merge(1, {insert(note(1), {{email, "a"}, {low, 3}, {high, 1}})});
  merge(2, {insert(note(2), {{email, "a"}})});
  EXPECT_EQ(shown(), Rows{2});
  merge(3, {update(note(1), high, 3)});
  EXPECT_EQ(shown(), Rows{1});
}

TEST_F(PlacementTest, J13_rows_that_swap_their_keys_never_meet_in_the_table) {
  merge(1, {insert(note(1), {{email, "a"}}), insert(note(2), {{email, "b"}})});
  auto effect = merge(2, {update(note(1), email, "b"), update(note(2), email, "a")});
  EXPECT_TRUE(effect[0].leaves() && effect[0].enters());
  EXPECT_TRUE(effect[1].leaves() && effect[1].enters());
  EXPECT_EQ(shown(), (Rows{1, 2}));  // the world's table checked each step
}

TEST_F(PlacementTest, J11_a_local_row_yields_to_an_earlier_claim_that_SQL_does_not_see) {
  merge(1, {insert(note(1), {{email, "a"}})});
  merge(2, {insert(note(2), {{email, "a"}, {slug, "s"}})});
  Pass pass(world);
  Edit edit{.row = note(3), .verb = Verb::insert, .columns = {{title, "t"}, {slug, "s"}}};
  Intent intent{{3, 2}, {record(edit, rules_of(notes), {}, {3, 2})}};
  pass.merge(intent, Origin::pending);
  ASSERT_TRUE(world.put_in(note(3), pass.row(note(3))));  // SQL sees nothing wrong
  auto effect = std::move(pass).finish();
  ASSERT_EQ(effect.size(), 1u);
  EXPECT_TRUE(effect[0].shadowed());
  world.store(effect, MemoryWorld::Rows::written);
  EXPECT_EQ(shown(), Rows{1});
}

TEST_F(PlacementTest, L7_one_promotion_and_a_few_questions_per_freed_key_among_10_000_claims) {
  std::vector<RowChange> changes;
  for (std::uint32_t id = 0; id < 10'000; ++id)
    changes.push_back(insert(many(id), {{email, "a"}, {slug, "s"}}));
  merge(1, changes);
  ASSERT_EQ(world.table().size(), 1u);
  for (std::uint32_t id = 0; id < 100; ++id) {
    world.questions = 0;
    auto effect = merge(2 + id, {remove(many(id), 2 + id)});
    ASSERT_EQ(effect.size(), 2u);
    ASSERT_TRUE(effect[1].promoted());
    ASSERT_EQ(effect[1].row, many(id + 1));
    ASSERT_LE(world.questions, 6u);
  }
}

TEST_F(PlacementTest, L7_claims_of_one_transaction_are_read_once) {
  std::vector<RowChange> changes, removes;
  for (std::uint32_t id = 0; id < 2'000; ++id) {
    changes.push_back(insert(many(id), {{email, "a"}}));
    if (id < 1'000) removes.push_back(remove(many(id), 2));
  }
  merge(1, changes);
  world.questions = 0;
  merge(2, removes);
  EXPECT_EQ(world.table().size(), 1u);
  EXPECT_TRUE(world.in_table(many(1'000)));
  EXPECT_LE(world.questions, 1'002u);
}

}  // namespace
}  // namespace outboard::journal::trial
