#include "cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace outboard::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string> names = {"note", "note_tag", "Größe", "Grün", "title"};

TEST(Completions, OfOneThatIsMeantTheRestIsInserted) {
  EXPECT_EQ(complete("select ti", names).insert, "tle ");
  EXPECT_EQ(complete("select * from main.Tit", names).insert, "le ");
  EXPECT_EQ(complete(".sch", names).insert, "ema ");
  EXPECT_EQ(complete(".schema ti", names).insert, "tle ");
  EXPECT_EQ(complete(".mode j", names).insert, "son ");
  EXPECT_EQ(complete(".timer of", names).insert, "f ");
}

TEST(Completions, OfSeveralWhatTheyHaveInCommonAndAllAreShown) {
  auto notes = complete("select * from n", names);
  EXPECT_EQ(notes.insert, "ote");
  EXPECT_THAT(notes.choices, ElementsAre("note", "note_tag"));
  EXPECT_EQ(complete("select gr", names).insert, "");  // ö and ü are not cut in two
  EXPECT_THAT(complete(".t", names).choices, ElementsAre(".tables", ".timer"));
}

TEST(Completions, OfNoneNothing) {
  EXPECT_THAT(complete("select xy", names).choices, IsEmpty());
  EXPECT_THAT(complete(".nothing", names).choices, IsEmpty());
  EXPECT_THAT(complete("", {}).choices, IsEmpty());
}

}  // namespace
}  // namespace outboard::cli
