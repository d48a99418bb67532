#include "cli/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include <outboard/outboard.hpp>

namespace outboard::cli {
namespace {

using testing::HasSubstr;

// Each field as an SQL literal, each row a line; or the error.
std::string read(std::string_view csv) {
  std::FILE* in = ::fmemopen(const_cast<char*>(csv.data()), csv.size(), "r");
  CsvReader reader(in);
  std::string out;
  for (;;) {
    auto row = reader.next();
    if (!row) {
      out += row.error().message;
      break;
    }
    if (!*row) break;
    for (auto& field : **row) out += to_sql_literal(field.value()) + " ";
    out += "\n";
  }
  std::fclose(in);
  return out;
}

TEST(Csv, FieldsAreReadAsTheyLookAndQuotedOnesAreTexts) {
  EXPECT_EQ(read("1,1.5,Sea,,\"\",\"1\",x'ff',null\n"), "1 1.5 'Sea' null '' '1' x'ff' null \n");
  EXPECT_EQ(read("\"a\nb\",\"say \"\"hi\"\"\"\r\n2,3"), "'a\nb' 'say \"hi\"' \n2 3 \n");
  EXPECT_EQ(read("a b , c\n"), "'a b ' ' c' \n");
  EXPECT_EQ(read("\xef\xbb\xbf"
                 "a\n"),
            "'a' \n");
  EXPECT_EQ(read("a\n\n\r\nb\n"), "'a' \n'b' \n");
  EXPECT_EQ(read("\n"), "");
}

TEST(Csv, FaultsAreNamedByTheirLine) {
  EXPECT_THAT(read("a\n\"b"), HasSubstr("line 2: a quoted field does not end"));
  EXPECT_THAT(read("a\n\"b\"c\n"), HasSubstr("line 2: something follows the closing quote"));
  EXPECT_THAT(read("\"a\n\nb\"\nc\"d\n"), HasSubstr("line 4: a quote inside"));
  EXPECT_THAT(read("a\rb\n"), HasSubstr("line 1: a carriage return"));
}

TEST(Csv, RowsComeBackAsTheyWent) {
  auto db = open("csv", {.host = Host::on_caller, .storage = Storage::memory});
  auto sql =
      "select 1, '1', 1.0, null, '', 'null', 'a,b', 'a\"b', 'a' || char(13, 10) || 'b', x'00ff', "
      "x'', 9e999, 'x''00''', char(65279) || 'mark'";
  auto rows = db->exec(sql).get();
  ASSERT_TRUE(rows.ok());
  std::string csv, expected;
  append_csv_row(csv, rows->front(), rows->columns().size());
  for (std::size_t i = 0; i < rows->columns().size(); ++i)
    expected += to_sql_literal(rows->front().value(i)) + " ";
  EXPECT_EQ(read(csv), expected + "\n") << csv;

  auto none = db->exec("select null").get();
  csv.clear();
  append_csv_row(csv, none->front(), 1);
  EXPECT_EQ(read(csv), "null \n");
  csv.clear();
  append_csv_header(csv, {"a", "b,c", ""});
  EXPECT_EQ(csv, "a,\"b,c\",\"\"\n");
}

}  // namespace
}  // namespace outboard::cli
