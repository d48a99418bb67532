// Rows as the application sees them.

#include <outboard/rows.hpp>

#include <gtest/gtest.h>

#include <algorithm>

#include <outboard/outboard.hpp>

namespace outboard {
namespace {

Rows rows_of(const std::string& sql) {
  auto db = open("rows", {.host = Host::on_caller, .storage = Storage::memory});
  auto rows = db->exec(sql).get();
  EXPECT_TRUE(rows.ok()) << rows.error().message;
  return *rows;  // outlives its database
}

TEST(RowsOfAResult, CellsAreReadByNumberAndByName) {
  auto rows = rows_of("select 1 as a, 2.5 as b, 'text' as c, x'00ff' as d, null as e");
  ASSERT_EQ(rows.size(), 1u);
  auto row = rows.front();
  EXPECT_EQ(row.integer("a"), 1);
  EXPECT_EQ(row.real("b"), 2.5);
  EXPECT_EQ(row.real("a"), 1.0);
  EXPECT_EQ(row.text("c"), "text");
  EXPECT_EQ(row.blob("d").size(), 2u);
  EXPECT_TRUE(row.is_null(4));
  EXPECT_EQ(row.value(2), Value("text"));
  // Nothing is converted: what is of another kind reads as a neutral value.
  EXPECT_EQ(row.integer("c"), 0);
  EXPECT_EQ(row.text("a"), "");
  EXPECT_EQ(row.blob("c").size(), 0u);
}

TEST(RowsOfAResult, ManyPiecesReadAsOne) {
  auto rows = rows_of(
      "with recursive i(v) as (select 0 union all select v + 1 from i where v < 299999) "
      "select v, 'row ' || v from i");
  ASSERT_EQ(rows.size(), 300'000u);
  std::int64_t expected = 0;
  for (auto row : rows) ASSERT_EQ(row.integer(0), expected++);
  for (std::size_t i : {0u, 1u, 77'777u, 150'000u, 299'999u})
    EXPECT_EQ(rows[i].text(1), "row " + std::to_string(i));
}

TEST(RowsOfAResult, NoRowsAndNoColumns) {
  EXPECT_TRUE(Rows().empty());
  auto none = rows_of("select 1 as a where 0");
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.columns(), std::vector<std::string>{"a"});
  EXPECT_TRUE(rows_of("create table t(v)").columns().empty());
}

}  // namespace
}  // namespace outboard
