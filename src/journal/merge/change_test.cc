#include "journal/merge/change.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace outboard::journal {
namespace {

constexpr Stamp now{.time = 100, .replica = 1};

RowKey row(std::uint8_t id) { return {TableId{1}, {id}}; }

RowChange update(std::uint8_t id) {
  return {.row = row(id), .columns = {{ColumnId{1}, 5}, {ColumnId{2}, "x"}}};
}

Code code_of(const Intent& intent) {
  auto checked = check(intent);
  return checked ? Code::internal : checked.error().code;
}
Code code_of(const RowChange& change) { return code_of(Intent{now, {change}}); }

TEST(ChangeTest, what_a_replica_can_have_said_passes) {
  RowChange insert = update(2);
  insert.verb = Verb::insert;
  insert.moved_from = Bytes{9};
  insert.counters = {{ColumnId{3}, 1, 1}};
  RowChange remove{.row = row(3), .verb = Verb::remove, .covers = now};
  EXPECT_TRUE(check({now, {update(1), insert, remove}}));
  EXPECT_TRUE(check({now, {}}));
}

TEST(ChangeTest, rows_and_columns_come_once_and_in_order) {
  EXPECT_EQ(code_of(Intent{now, {update(2), update(1)}}), Code::bad_request);
  EXPECT_EQ(code_of(Intent{now, {update(1), update(1)}}), Code::bad_request);
  auto twice = update(1);
  twice.columns[1].column = ColumnId{1};
  EXPECT_EQ(code_of(twice), Code::bad_request);
  auto both = update(1);
  both.counters = {{ColumnId{0}, 1, 1}, {ColumnId{2}, 1, 1}};
  EXPECT_EQ(code_of(both), Code::bad_request);
  both.counters = {{ColumnId{3}, 1, 1}, {ColumnId{3}, 1, 1}};
  EXPECT_EQ(code_of(both), Code::bad_request);
}

TEST(ChangeTest, J7_a_remove_covers_nothing_from_the_future) {
  RowChange remove{.row = row(1), .verb = Verb::remove, .covers = now};
  EXPECT_TRUE(check({now, {remove}}));
  remove.covers->time += 1;
  EXPECT_EQ(code_of(remove), Code::bad_request);
  remove.covers.reset();
  EXPECT_EQ(code_of(remove), Code::bad_request);
}

TEST(ChangeTest, each_verb_has_its_own_fields) {
  auto covering = update(1);
  covering.covers = now;
  EXPECT_EQ(code_of(covering), Code::bad_request);
  auto moved = update(1);
  moved.moved_from = Bytes{2};
  EXPECT_EQ(code_of(moved), Code::bad_request);
  moved.verb = Verb::insert;
  EXPECT_TRUE(check({now, {moved}}));
  moved.moved_from = moved.row.key;
  EXPECT_EQ(code_of(moved), Code::bad_request);
  auto writing = update(1);
  writing.verb = Verb::remove;
  writing.covers = now;
  EXPECT_EQ(code_of(writing), Code::bad_request);
  EXPECT_EQ(code_of(RowChange{.row = row(1)}), Code::bad_request);
  auto unknown = update(1);
  unknown.verb = static_cast<Verb>(4);
  EXPECT_EQ(code_of(unknown), Code::bad_request);
}

TEST(ChangeTest, J22_stamp_zero_is_for_migrations) {
  EXPECT_EQ(code_of(Intent{{.time = 0, .replica = 1}, {update(1)}}), Code::bad_request);
}

TEST(ChangeTest, L7_times_and_ids_leave_room_for_later_ones) {
  EXPECT_TRUE(check(Intent{{.time = limits::stamp_time_max, .replica = 1}, {update(1)}}));
  EXPECT_EQ(code_of(Intent{{.time = limits::stamp_time_max + 1, .replica = 1}, {update(1)}}),
            Code::bad_request);
  RowChange elsewhere = update(1);
  elsewhere.row.table = TableId{std::uint64_t{1} << 63};
  EXPECT_EQ(code_of(Intent{now, {elsewhere}}), Code::bad_request);
}

TEST(ChangeTest, L7_a_change_writes_as_many_columns_as_a_table_may_have) {
  RowChange wide{.row = row(1)};
  wide.columns.resize(limits::row_columns_max - 1);
  for (std::size_t i = 0; i < wide.columns.size(); ++i) wide.columns[i].column = ColumnId{i};
  wide.counters = {{ColumnId{limits::row_columns_max}, 1, 1}};
  EXPECT_TRUE(check({now, {wide}}));
  wide.counters.push_back({ColumnId{limits::row_columns_max + 1}, 1, 1});
  EXPECT_EQ(code_of(wide), Code::too_large);
}

TEST(ChangeTest, numbers_that_reach_a_disk_stay) {
  EXPECT_EQ(static_cast<int>(Verb::insert), 1);
  EXPECT_EQ(static_cast<int>(Verb::update), 2);
  EXPECT_EQ(static_cast<int>(Verb::remove), 3);
}

}  // namespace
}  // namespace outboard::journal
