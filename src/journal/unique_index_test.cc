#include "journal/unique_index.h"

#include "journal/cells.h"
#include "journal/journal_testing.h"

namespace outboard::journal::trial {
namespace {

std::string in_words(const IndexText& text) {
  std::string words;
  for (const auto& term : text.terms) words += "[" + term + "]";
  return words + (text.condition.empty() ? "" : " where " + text.condition);
}

TEST(UniqueIndexTest, the_terms_of_an_index_are_read_out_of_its_text) {
  EXPECT_EQ(in_words(index_text("CREATE UNIQUE INDEX i ON t(a, b desc)")), "[a][b]");
  EXPECT_EQ(in_words(index_text("CREATE UNIQUE INDEX \"i(x)\" ON [t)](lower(a || ',)') collate "
                                "nocase ASC,\n coalesce(b, (1)))\nWhere a > 0 and b in (1, 2)")),
            "[lower(a || ',)') collate nocase][coalesce(b, (1))] where a > 0 and b in (1, 2)");
  EXPECT_EQ(
      in_words(index_text("CREATE UNIQUE INDEX i ON t(a /* , b */, \"desc\") -- (\n where c")),
      "[a][\"desc\"] where c");
}

TEST(UniqueIndexTest, what_SQLite_takes_for_equal_has_one_form) {
  EXPECT_EQ(canonical(1.0, Collation::binary), Value(1));
  EXPECT_EQ(canonical(-0.0, Collation::binary), Value(0));
  EXPECT_EQ(canonical(1.5, Collation::binary), Value(1.5));
  EXPECT_EQ(canonical("aB ", Collation::binary), Value("aB "));
  EXPECT_EQ(canonical("aB ", Collation::nocase), Value("ab "));
  EXPECT_EQ(canonical("aB  ", Collation::rtrim), Value("aB"));
  EXPECT_EQ(canonical("\xc3\x84", Collation::nocase), Value("\xc3\x84"));  // ASCII only
  EXPECT_EQ(canonical(Bytes{'A'}, Collation::nocase), Value(Bytes{'A'}));
  EXPECT_EQ(canonical(std::string("A\0b", 3), Collation::nocase), Value(std::string("a\0\0", 3)));
}

TEST(UniqueIndexTest, the_canonical_form_agrees_with_SQLite) {
  StoreTrial trial;
  const char* values[] = {"1",
                          "1.0",
                          "'a'",
                          "'A'",
                          "'a '",
                          "char(65,0,66)",
                          "char(97,0,67)",
                          "char(97,0,67,68)",
                          "x'41'",
                          "9007199254740993",
                          "9007199254740992.0",
                          "9.3e18",
                          "-0.0",
                          "0"};
  std::pair<const char*, Collation> collations[] = {
      {"binary", Collation::binary}, {"nocase", Collation::nocase}, {"rtrim", Collation::rtrim}};
  auto value = [&](std::string sql) {
    auto row = trial.writer().prepare("select " + sql);
    EXPECT_TRUE(*row->statement->step());
    return value_of(*row->statement, 0);
  };
  for (auto [name, collation] : collations) {
    for (std::string left : values) {
      for (std::string right : values) {
        auto same = ask(trial.writer(), "select " + left + " = " + right + " collate " + name);
        EXPECT_EQ(canonical(value(left), collation) == canonical(value(right), collation),
                  same == "1")
            << left << " " << right << " " << name;
      }
    }
  }
}

TEST(UniqueIndexTest, the_unique_indexes_of_a_table_are_all_but_its_keys) {
  StoreTrial trial;
  ask(trial.writer(),
      "create table t(id text primary key not null, a text collate nocase unique, b)");
  ask(trial.writer(), "create unique index i on t(b, length(a) desc) where b > 0");
  ask(trial.writer(), "create index j on t(b)");
  auto indexes = unique_indexes(trial.writer(), "t");
  ASSERT_TRUE(indexes.ok());
  std::string words;
  for (const auto& index : *indexes) {
    for (const auto& term : index.terms)
      words += term.sql + " " + std::to_string(static_cast<int>(term.collation)) + ",";
    words += index.condition + ";";
  }
  EXPECT_EQ(words, "\"b\" 0,length(a) 0,b > 0;\"a\" 1,;");
}

}  // namespace
}  // namespace outboard::journal::trial
