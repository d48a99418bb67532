#include "cli/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <outboard/outboard.hpp>

#include "cli/text_width.h"

namespace outboard::cli {
namespace {

std::string table(const std::string& sql, const TableLook& look = {}) {
  auto db = open("table", {.host = Host::on_caller, .storage = Storage::memory});
  return table_of(*db->exec(sql).get(), look);
}

TEST(TextWidth, CountsColumnsOfATerminal) {
  EXPECT_EQ(width_of("Sea"), 3u);
  EXPECT_EQ(width_of("Größe"), 5u);
  EXPECT_EQ(width_of("海"), 2u);
  EXPECT_EQ(width_of("e\u0301"), 1u);  // joins the one before
  EXPECT_EQ(cut_to_width("海海海", 5), "海海…");
  EXPECT_EQ(cut_to_width("海海海", 4), "海…");
  EXPECT_EQ(cut_to_width("Sea", 3), "Sea");
}

TEST(TextWidth, NothingReachesTheTerminalThatItWouldObey) {
  EXPECT_EQ(printable("a\nb\x1b[2Jc\x7f"), "a↵b␛[2Jc␡");
  EXPECT_EQ(printable("\u0085\u202e"), "␡␡");
  EXPECT_EQ(printable("a\xff"), "a?");
}

TEST(Tables, AreDrawnByUnicodeWidth) {
  EXPECT_EQ(table("select 1 as id, 'Sea' as title union all select 22, '海' union all "
                  "select null, x'00ff'"),
            "┌────┬─────────┐\n"
            "│ id │ title   │\n"
            "├────┼─────────┤\n"
            "│  1 │ Sea     │\n"
            "│ 22 │ 海      │\n"
            "│ ∅  │ x'00ff' │\n"
            "└────┴─────────┘\n");
}

TEST(Tables, FitTheTerminal) {
  auto drawn =
      table("select 1 as a, 'a rather long text' as b, 'another that is long' as c", {.width = 30});
  for (std::size_t at = 0, end; (end = drawn.find('\n', at)) != std::string::npos; at = end + 1)
    EXPECT_LE(width_of(std::string_view(drawn).substr(at, end - at)), 30u);
  EXPECT_THAT(drawn, testing::HasSubstr("│ 1 │ a rather… │ another t… │"));
}

TEST(Tables, ShowNullDistinctlyAndNothingForNoColumns) {
  EXPECT_THAT(table("select null, '∅'", {.colours = true}),
              testing::HasSubstr("│ \033[2m∅\033[0m    │ ∅   │"));
  EXPECT_EQ(table("create table t(v)"), "");
  EXPECT_EQ(table("select 1 as a where false"), "┌───┐\n│ a │\n├───┤\n└───┘\n");
}

}  // namespace
}  // namespace outboard::cli
