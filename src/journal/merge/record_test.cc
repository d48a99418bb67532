#include "journal/merge/record.h"

#include "journal/merge/world_testing.h"

namespace outboard::journal::trial {
namespace {

constexpr Stamp at(std::uint64_t time, std::uint64_t replica = 1) { return {time, replica}; }

// A note with low 1, high 3 and 12 votes.
RowState known(TableId table = notes) {
  RowState row;
  Edit insert{.row = {table, {1}},
              .verb = Verb::insert,
              .columns = {{title, "a"}, {low, 1}, {high, 3}, {votes, 12}}};
  merge(row, record(insert, rules_of(table), row, at(5)), at(5), Origin::pending);
  return row;
}

TEST(RecordTest, J8_an_update_of_one_column_of_a_group_says_them_all) {
  auto change = record({.row = note(1), .columns = {{high, 4}}}, rules_of(notes), known(), at(6));
  EXPECT_EQ(change.columns, (std::vector<ColumnWrite>{{low, 1}, {high, 4}}));
  change = record({.row = note(1), .columns = {{title, "b"}}}, rules_of(notes), known(), at(6));
  EXPECT_EQ(change.columns, (std::vector<ColumnWrite>{{title, "b"}}));
}

TEST(RecordTest, J8_a_column_of_a_group_that_was_never_written_has_its_default) {
  TableRules rules = rules_of(notes);
  rules.defaults = {{low, -5}};
  auto change = record({.row = note(2), .columns = {{high, 4}}}, rules, {}, at(6));
  EXPECT_EQ(change.columns, (std::vector<ColumnWrite>{{low, -5}, {high, 4}}));
}

TEST(RecordTest, J7_a_delete_covers_up_to_itself_or_in_a_set_what_it_saw) {
  Edit remove{.row = note(1), .verb = Verb::remove};
  EXPECT_EQ(record(remove, rules_of(notes), known(), at(6)).covers, at(6));
  remove.row = tag(1);
  EXPECT_EQ(record(remove, rules_of(tags), known(tags), at(6)).covers, at(5));
}

TEST(RecordTest, J12_a_counter_is_recorded_as_what_was_added_to_it) {
  RowState row = known();
  EXPECT_EQ(value_of(row, votes, rules_of(notes)), Value(12));
  auto change = record({.row = note(1), .columns = {{votes, 15}}}, rules_of(notes), row, at(6));
  EXPECT_TRUE(change.columns.empty());
  EXPECT_EQ(change.counters, (std::vector<CounterWrite>{{votes, 3, 5}}));  // 10 by default, 2, 3
  merge(row, change, at(6), Origin::pending);
  auto elsewhere =
      record({.row = note(1), .columns = {{votes, 14}}}, rules_of(notes), row, at(7, 2));
  EXPECT_EQ(elsewhere.counters, (std::vector<CounterWrite>{{votes, -1, -1}}));
  merge(row, elsewhere, at(7, 2), Origin::acknowledged);
  EXPECT_EQ(value_of(row, votes, rules_of(notes)), Value(14));
}

TEST(RecordTest, J9_a_row_inserted_again_counts_from_what_its_dead_self_kept) {
  RowState row = known();
  Edit remove{.row = note(1), .verb = Verb::remove};
  merge(row, record(remove, rules_of(notes), row, at(6)), at(6), Origin::pending);
  Edit again{.row = note(1), .verb = Verb::insert, .columns = {{title, "b"}, {votes, 10}}};
  merge(row, record(again, rules_of(notes), row, at(7)), at(7), Origin::pending);
  EXPECT_TRUE(row.alive());
  EXPECT_EQ(value_of(row, votes, rules_of(notes)), Value(10));
}

TEST(RecordDeathTest, J14_a_clock_that_did_not_see_the_row_is_a_bug) {
  EXPECT_DEATH(record({.row = note(1), .columns = {{title, "b"}}}, rules_of(notes), known(), at(4)),
               "stamp");
}

TEST(RecordTest, numbers_that_reach_a_disk_stay) {
  EXPECT_EQ(static_cast<int>(TableKind::row), 1);
  EXPECT_EQ(static_cast<int>(TableKind::set), 2);
}

}  // namespace
}  // namespace outboard::journal::trial
