#include "journal/merge/row_state.h"

#include "journal/merge/world_testing.h"

namespace outboard::journal::trial {
namespace {

constexpr Stamp at(std::uint64_t time, std::uint64_t replica = 1) { return {time, replica}; }

RowChange update(Value value, ColumnId column = title) {
  return {.row = note(1), .columns = {{column, std::move(value)}}};
}
RowChange insert(Value value) {
  auto change = update(std::move(value));
  change.verb = Verb::insert;
  return change;
}
RowChange remove(Stamp covers) { return {.row = note(1), .verb = Verb::remove, .covers = covers}; }
RowChange total(std::int64_t value) { return {.row = note(1), .counters = {{votes, 0, value}}}; }

class RowStateTest : public ::testing::Test {
 protected:
  RowDelta merge(const RowChange& change, Stamp stamp, Origin origin = Origin::acknowledged) {
    return journal::merge(row, change, stamp, origin);
  }
  Value shown(ColumnId column = title) { return value_of(row, column, rules_of(notes)); }

  RowState row;
};

TEST_F(RowStateTest, J8_the_greatest_stamp_wins_whatever_the_order) {
  merge(update("new"), at(3));
  merge(update("old"), at(2));
  EXPECT_EQ(shown(), Value("new"));
  merge(update("newer"), at(3, 2));
  EXPECT_EQ(shown(), Value("newer"));
}

TEST_F(RowStateTest, J2_equal_stamps_fall_to_the_greater_encoded_value) {
  merge(update("b"), at(1));
  merge(update("a"), at(1));
  EXPECT_EQ(shown(), Value("b"));
  merge(update(1), at(2));
  merge(update(1.0), at(2));  // equal for SQL, not as bytes
  EXPECT_EQ(shown().kind(), Kind::real);
  merge(update(-0.0), at(3));
  merge(update(0.0), at(3));
  EXPECT_TRUE(std::signbit(shown().real()));
}

TEST_F(RowStateTest, J7_a_delete_beats_a_concurrent_update_and_only_a_later_insert_revives) {
  merge(insert("a"), at(1));
  merge(remove(at(5)), at(5));
  EXPECT_FALSE(row.alive());
  merge(update("b"), at(9));
  EXPECT_FALSE(row.alive());
  merge(insert("c"), at(4));
  EXPECT_FALSE(row.alive());
  merge(insert("d"), at(6));
  EXPECT_TRUE(row.alive());
}

TEST_F(RowStateTest, J7_in_a_set_an_insert_that_the_delete_did_not_see_wins) {
  merge(insert("a"), at(1));
  merge(remove(at(1)), at(7));
  EXPECT_FALSE(row.alive());
  merge(insert("b"), at(3, 2));
  EXPECT_TRUE(row.alive());
}

TEST_F(RowStateTest, J7_an_insert_and_a_delete_of_one_stamp_are_a_delete) {
  merge(insert("a"), at(1));
  merge(remove(at(1)), at(1));
  EXPECT_FALSE(row.alive());
}

TEST_F(RowStateTest, J9_dead_rows_keep_their_values_and_take_in_later_ones) {
  merge(insert("a"), at(1));
  merge(remove(at(3)), at(3));
  merge(update("b"), at(5));
  merge(insert("c"), at(4));
  EXPECT_TRUE(row.alive());
  EXPECT_EQ(shown(), Value("b"));
}

TEST_F(RowStateTest, J12_a_counter_is_the_sum_of_one_total_per_replica) {
  EXPECT_EQ(shown(votes), Value(10));
  merge(total(3), at(1, 1));
  merge(total(5), at(2, 2));
  merge(total(4), at(3, 1));
  merge(total(3), at(1, 1));
  EXPECT_EQ(shown(votes), Value(10 + 4 + 5));
  merge(total(std::numeric_limits<std::int64_t>::max()), at(4, 3));
  EXPECT_EQ(shown(votes), Value(std::numeric_limits<std::int64_t>::min() + 18));
}

TEST_F(RowStateTest, J17_a_moved_row_knows_where_it_was_and_unknown_columns_stay) {
  auto moved = insert("a");
  moved.moved_from = Bytes{2};
  merge(moved, at(2));
  merge(insert("a"), at(1));
  EXPECT_EQ(row.added()->value, Value(Bytes{2}));
  merge(update("later", foreign), at(1));
  EXPECT_EQ(shown(foreign), Value("later"));
}

TEST_F(RowStateTest, J15_a_pending_winner_stands_beside_what_is_acknowledged) {
  merge(update("base"), at(1));
  merge(update("mine"), at(5), Origin::pending);
  EXPECT_EQ(shown(), Value("mine"));
  auto delta = merge(update("theirs"), at(3, 2));
  EXPECT_TRUE(delta.touched);
  EXPECT_TRUE(delta.slots.empty());  // nobody sees it
  EXPECT_EQ(row.slots[0].acknowledged, (Version{at(3, 2), "theirs"}));
  merge(update("mine"), at(5));  // acknowledged
  EXPECT_EQ(row.slots[0].acknowledged, (Version{at(5), "mine"}));
  EXPECT_FALSE(row.slots[0].pending);
}

TEST_F(RowStateTest, J15_dropping_restores_the_best_of_what_is_left) {
  auto first = update("first"), second = update("second"), other = update(7, slug);
  merge(update("base"), at(1));
  merge(first, at(2), Origin::pending);
  merge(second, at(3), Origin::pending);
  merge(other, at(4), Origin::pending);
  // J15 keeps one base: a second pending write to the register must come from the journal.
  StampedChange dropped[] = {{&second, at(3)}}, kept[] = {{&first, at(2)}, {&other, at(4)}};
  auto delta = drop(row, dropped, kept);
  EXPECT_EQ(shown(), Value("first"));
  ASSERT_EQ(delta.slots.size(), 1u);
  EXPECT_EQ(delta.slots[0].before, (Version{at(3), "second"}));
  EXPECT_EQ(delta.slots[0].after, (Version{at(2), "first"}));
  StampedChange all[] = {{&first, at(2)}, {&other, at(4)}};
  drop(row, all, {});
  EXPECT_EQ(shown(), Value("base"));
  EXPECT_EQ(row.slots.size(), 1u);
}

TEST_F(RowStateTest, J15_dropping_takes_nothing_from_what_was_acknowledged_meanwhile) {
  auto mine = update("mine");
  merge(mine, at(2), Origin::pending);
  merge(mine, at(2));
  StampedChange dropped[] = {{&mine, at(2)}};
  EXPECT_EQ(drop(row, dropped, {}), RowDelta{});
  EXPECT_EQ(shown(), Value("mine"));
}

TEST_F(RowStateTest, a_delta_says_what_changed_for_whoever_looks) {
  auto delta = merge(insert("a"), at(1));
  EXPECT_EQ(delta.slots.size(), 2u);
  EXPECT_FALSE(delta.alive_before);
  EXPECT_TRUE(delta.alive_after);
  EXPECT_TRUE(delta.touched);
  EXPECT_EQ(merge(insert("a"), at(1)),
            (RowDelta{.slots = {}, .alive_before = true, .alive_after = true, .touched = false}));
  delta = merge(update("b"), at(2));
  ASSERT_EQ(delta.slots.size(), 1u);
  EXPECT_EQ(delta.slots[0],
            (SlotChange{{Slot::Kind::column, title}, Version{at(1), "a"}, Version{at(2), "b"}}));
}

TEST_F(RowStateTest, encoded_states_are_pinned) {
  merge(insert(1), at(2, 3));
  merge(update(7), at(4), Origin::pending);
  EXPECT_EQ(to_hex(encode(row, Layer::acknowledged)),
            "82860000000203f6860201000203"
            "01");
  EXPECT_EQ(to_hex(encode(row, Layer::merged)),
            "82860000000203f6860201000401"
            "07");
  EXPECT_TRUE(encode({}, Layer::merged).empty());
}

// ---- The laws of merging, for any changes (L6) ----

struct Written {
  RowChange change;
  Stamp stamp;
};

// Stamps are few, so that equal ones with different contents occur: copied files.
Written any_change(Random& random) {
  Written written{{.row = note(1), .verb = static_cast<Verb>(1 + random.below(3))},
                  at(1 + random.below(6), 1 + random.below(2))};
  if (written.change.verb == Verb::remove) {
    written.change.covers = at(1 + random.below(written.stamp.time), 1);
    return written;
  }
  if (written.change.verb == Verb::insert && random.one_in(2))
    written.change.moved_from = Bytes{static_cast<std::uint8_t>(2 + random.below(3))};
  for (ColumnId column : columns_all) {
    if (column == votes || !random.one_in(2)) continue;
    written.change.columns.push_back({column, random.value(column)});
  }
  if (random.one_in(2))
    written.change.counters.push_back({votes, 0, static_cast<std::int64_t>(random.below(4))});
  return written;
}

std::vector<Written> any_changes(Random& random) {
  std::vector<Written> changes(1 + random.below(7));
  for (auto& written : changes) written = any_change(random);
  return changes;
}

RowState merged(const std::vector<Written>& changes) {
  RowState row;
  for (const auto& [change, stamp] : changes) merge(row, change, stamp, Origin::acknowledged);
  return row;
}

Bytes bytes(const RowState& row) { return encode(row, Layer::acknowledged); }

TEST(RowStateLawsTest, L6_changes_commute_and_may_come_again) {
  Random random(1);
  for (std::size_t i = 0; i < seeds(5'000); ++i) {
    auto changes = any_changes(random);
    auto expected = bytes(merged(changes));
    auto again = changes;
    for (auto extra = random.below(4); extra > 0; --extra)
      again.push_back(changes[random.below(changes.size())]);
    std::ranges::shuffle(again, random.generator());
    ASSERT_EQ(bytes(merged(again)), expected) << i;
  }
}

TEST(RowStateLawsTest, L6_states_join_in_any_grouping) {
  Random random(2);
  for (std::size_t i = 0; i < seeds(5'000); ++i) {
    RowState a = merged(any_changes(random)), b = merged(any_changes(random)),
             c = merged(any_changes(random));
    auto join = [](RowState left, const RowState& right) {
      merge(left, right);
      return left;
    };
    ASSERT_EQ(bytes(join(join(a, b), c)), bytes(join(a, join(b, c)))) << i;
    ASSERT_EQ(bytes(join(a, b)), bytes(join(b, a))) << i;
    ASSERT_EQ(bytes(join(a, a)), bytes(a)) << i;
  }
}

TEST(RowStateLawsTest, J15_layers_are_those_of_the_changes_in_them) {
  Random random(3);
  for (std::size_t i = 0; i < seeds(5'000); ++i) {
    RowState row;
    std::vector<Written> acknowledged, all = any_changes(random);
    for (const auto& each : all) {
      bool is_pending = random.one_in(2);
      RowState before = row;
      auto delta =
          merge(row, each.change, each.stamp, is_pending ? Origin::pending : Origin::acknowledged);
      ASSERT_EQ(delta, difference(before, row)) << i;
      if (!is_pending) acknowledged.push_back(each);
    }
    ASSERT_EQ(encode(row, Layer::merged), bytes(merged(all))) << i;
    ASSERT_EQ(bytes(row), bytes(merged(acknowledged))) << i;
    for (const auto& held : row.slots)
      ASSERT_TRUE(!held.pending || !held.acknowledged || beats(*held.pending, *held.acknowledged));
  }
}

TEST(RowStateLawsTest, J15_any_drops_and_acknowledgements_leave_what_was_never_else) {
  Random random(4);
  for (std::size_t i = 0; i < seeds(5'000); ++i) {
    RowState row;
    auto acknowledged = any_changes(random), pending = any_changes(random);
    for (const auto& [change, stamp] : acknowledged)
      merge(row, change, stamp, Origin::acknowledged);
    for (const auto& [change, stamp] : pending) merge(row, change, stamp, Origin::pending);
    while (!pending.empty()) {
      auto which = static_cast<std::ptrdiff_t>(random.below(pending.size()));
      Written one = pending[static_cast<std::size_t>(which)];
      pending.erase(pending.begin() + which);
      if (random.one_in(2)) {
        merge(row, one.change, one.stamp, Origin::acknowledged);
        acknowledged.push_back(one);
      } else {
        StampedChange dropped[] = {{&one.change, one.stamp}};
        std::vector<StampedChange> kept;
        for (const auto& [change, stamp] : pending) kept.push_back({&change, stamp});
        drop(row, dropped, kept);
      }
      auto all = acknowledged;
      all.insert(all.end(), pending.begin(), pending.end());
      ASSERT_EQ(bytes(row), bytes(merged(acknowledged))) << i;
      ASSERT_EQ(encode(row, Layer::merged), bytes(merged(all))) << i;
    }
  }
}

}  // namespace
}  // namespace outboard::journal::trial
