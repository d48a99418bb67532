// Smallest cases of what goes wrong when a pending change is simply given a new stamp.
#include "journal/merge/reissue.h"

#include "journal/merge/world_testing.h"

namespace outboard::journal::trial {
namespace {

constexpr Stamp at(std::uint64_t time, std::uint64_t replica = 1) { return {time, replica}; }

RowChange update(Value value) { return {.row = note(1), .columns = {{title, std::move(value)}}}; }
RowChange insert(Value value) {
  auto change = update(std::move(value));
  change.verb = Verb::insert;
  return change;
}
RowChange remove(Stamp covers) { return {.row = note(1), .verb = Verb::remove, .covers = covers}; }
RowChange counted(std::int64_t delta, std::int64_t total) {
  return {.row = note(1), .counters = {{votes, delta, total}}};
}

class ReissueTest : public ::testing::Test {
 protected:
  void acknowledged(const RowChange& change, Stamp stamp) {
    merge(row, change, stamp, Origin::acknowledged);
  }
  // Of a change that was dropped.
  std::optional<RowChange> say(const RowChange& change, Stamp was, Stamp now) {
    restamped[was] = now;
    auto again = reissue(change, was, now, restamped, rules_of(notes), row);
    if (again) merge(row, *again, now, Origin::pending);
    return again;
  }

  RowState row;
  Restamped restamped;
};

TEST_F(ReissueTest, J5_what_had_won_wins_and_what_had_lost_stays_lost) {
  acknowledged(update("theirs"), at(5, 2));
  EXPECT_FALSE(say(update("mine, older"), at(4), at(20)));
  EXPECT_EQ(say(update("mine, newer"), at(6), at(21)), update("mine, newer"));
  EXPECT_EQ(value_of(row, title, rules_of(notes)), Value("mine, newer"));
}

TEST_F(ReissueTest, J5_what_the_hub_has_already_is_not_said_again) {
  acknowledged(update("mine"), at(4));
  EXPECT_FALSE(say(update("mine"), at(4), at(20)));
}

TEST_F(ReissueTest, J8_a_group_that_unnoticed_twins_split_stays_together_from_then_on) {
  auto pair = [](std::int64_t lower, std::int64_t upper) {
    return RowChange{.row = note(1), .columns = {{low, lower}, {high, upper}}};
  };
  acknowledged(pair(1, 9), at(4));
  EXPECT_EQ(say(pair(2, 3), at(4), at(20)), pair(2, 9));
  EXPECT_EQ(row.winner({Slot::Kind::column, high})->stamp, at(20));
}

TEST_F(ReissueTest, J8_what_is_said_again_with_its_old_stamp_needs_no_company) {
  RowChange half{.row = note(1), .columns = {{low, 2}}};
  acknowledged({.row = note(1), .columns = {{low, 1}, {high, 9}}}, at(4));
  EXPECT_EQ(say(half, at(4), at(4)), half);
}

TEST_F(ReissueTest, J7_a_delete_that_had_lost_to_a_later_insert_stays_lost) {
  acknowledged(insert("theirs"), at(5, 2));
  EXPECT_FALSE(say(remove(at(4)), at(4), at(20)));
  EXPECT_TRUE(row.alive());
}

TEST_F(ReissueTest, J7_an_insert_that_was_covered_becomes_an_update) {
  acknowledged(remove(at(5, 2)), at(5, 2));
  EXPECT_EQ(say(insert("mine"), at(4), at(20)), update("mine"));
  EXPECT_FALSE(row.alive());
}

TEST_F(ReissueTest, J7_in_a_set_a_delete_covers_the_new_stamp_of_the_own_insert_it_saw) {
  say(insert("mine"), at(4), at(20));
  EXPECT_EQ(say(remove(at(4)), at(6), at(21))->covers, at(20));
  EXPECT_FALSE(row.alive());
  merge(row, insert("not seen"), at(22, 2), Origin::acknowledged);
  EXPECT_TRUE(row.alive());
}

TEST_F(ReissueTest, J7_in_a_set_a_delete_goes_on_covering_the_insert_of_others_that_it_saw) {
  acknowledged(insert("theirs"), at(3, 2));
  EXPECT_EQ(say(remove(at(3, 2)), at(6), at(20))->covers, at(3, 2));
}

TEST_F(ReissueTest, J14_a_delete_does_not_cover_the_future_of_an_insert_that_was_discarded) {
  // The clock ran ahead: insert at 900, delete at 901, the insert was discarded, the clock healed.
  EXPECT_EQ(say(remove(at(900)), at(901), at(20))->covers, at(20));
}

TEST_F(ReissueTest, J12_counters_are_counted_anew_upon_the_new_authors_total) {
  acknowledged(counted(5, 5), at(3));
  EXPECT_EQ(say(counted(2, 7), at(4), at(20, 9)), counted(2, 2));
  EXPECT_EQ(say(counted(1, 8), at(5), at(21, 9)), counted(1, 3));
  acknowledged(counted(4, 9), at(6));  // what the other copy of the file had counted
  EXPECT_EQ(value_of(row, votes, rules_of(notes)), Value(10 + 9 + 3));
}

TEST_F(ReissueTest, J12_a_later_total_loses_what_was_discarded_before_it) {
  // 3 at stamp 1 and 2 at stamp 2 are pending; the first is discarded, the second said again.
  EXPECT_EQ(say(counted(2, 5), at(2), at(2)), counted(2, 2));
}

TEST_F(ReissueTest, J12_what_an_acknowledged_total_has_taken_up_is_not_counted_twice) {
  auto refused = counted(3, 3), later = counted(2, 5);
  merge(row, refused, at(1), Origin::pending);
  acknowledged(later, at(2));  // it was on its way before the refusal came
  EXPECT_EQ(take_up(refused, later), (std::vector<CounterWrite>{{votes, 3, 3}}));
  EXPECT_TRUE(take_up(refused, later).empty());
  EXPECT_FALSE(say(refused, at(1), at(20)));
  EXPECT_EQ(value_of(row, votes, rules_of(notes)), Value(10 + 5));
}

TEST(ReissueDeathTest, J14_a_new_stamp_behind_what_was_acknowledged_is_a_bug) {
  RowState row;
  merge(row, update("theirs"), at(5, 2), Origin::acknowledged);
  EXPECT_DEATH(reissue(update("mine"), at(900), at(4), {}, {}, row), "stamp");
}

TEST(ReissueDeathTest, J12_a_later_total_that_was_not_taken_back_is_a_bug) {
  RowState row;
  merge(row, counted(2, 5), at(2), Origin::pending);
  EXPECT_DEATH(reissue(counted(3, 3), at(1), at(1), {}, {}, row), "stamp");
}

}  // namespace
}  // namespace outboard::journal::trial
