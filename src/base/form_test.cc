#include "base/form.h"

#include <gtest/gtest.h>

namespace outboard {
namespace {

enum class Colour { red, blue };

struct Sample {
  std::string name;
  Colour colour = Colour::red;
  std::vector<std::string> words;
  std::chrono::milliseconds pause{7};
  unsigned port = 1;
  bool on = false;
  std::string inner;

  friend bool operator==(const Sample&, const Sample&) = default;
};

template <class Form>
void describe(Form& form, Sample& sample) {
  form.text("name", sample.name, Presence::required);
  form.choice("colour", sample.colour, {{"red", Colour::red}, {"blue", Colour::blue}});
  form.texts("words", sample.words);
  form.duration("pause_ms", sample.pause);
  form.number("port", sample.port, 0, 65'535);
  form.flag("on", sample.on);
  form.part("inside", [&](Form& part) { part.text("inner", sample.inner); });
}

std::string problems(const Tree& tree) {
  Sample sample;
  FormReader form(tree);
  describe(form, sample);
  auto ended = form.end();
  return ended ? "" : ended.error().message;
}

Tree map(Tree::Map pairs) { return {std::move(pairs)}; }
Tree text(const char* value) { return {std::string(value)}; }
Tree whole(std::int64_t value) { return {value}; }

TEST(Forms, WhatIsWrittenIsReadAgain) {
  Sample before{.name = "a",
                .colour = Colour::blue,
                .words = {"b", ""},
                .pause = std::chrono::milliseconds(5),
                .port = 9,
                .on = true,
                .inner = "c"};
  FormWriter writer;
  describe(writer, before);
  auto tree = std::move(writer).end();
  auto again = read_tree(write_tree(tree));
  ASSERT_TRUE(again.ok());
  Sample after;
  FormReader reader(*again);
  describe(reader, after);
  EXPECT_TRUE(reader.end().ok());
  EXPECT_EQ(before, after);
}

TEST(Forms, WhatIsNotGivenStaysAsItWas) {
  Sample sample;
  sample.port = 5;
  auto tree = map({{"name", text("a")}});
  FormReader form(tree);
  describe(form, sample);
  EXPECT_TRUE(form.end().ok());
  EXPECT_EQ(sample.port, 5u);
}

TEST(Forms, L10_AllThatIsWrongIsToldAtOnceWithItsPath) {
  auto all = problems(map({{"colour", text("green")},
                           {"words", {Tree::Array{text("a"), whole(1)}}},
                           {"pause_ms", whole(0)},
                           {"port", text("80")},
                           {"on", whole(1)},
                           {"stranger", whole(1)},
                           {"inside", map({{"inner", {}}, {"other", {}}})}}));
  EXPECT_EQ(all,
            "name: it is missing\n"
            "colour: \"green\" is none of \"red\", \"blue\"\n"
            "words[1]: a text is wanted, not a whole number\n"
            "pause_ms: 0 is not from 1 to 86400000\n"
            "port: a whole number is wanted, not a text\n"
            "on: true or false is wanted, not a whole number\n"
            "inside.inner: a text is wanted, not null\n"
            "inside.other: there is no such key\n"
            "stranger: there is no such key");
}

TEST(Forms, L10_AKeyThatComesTwiceIsToldOnce) {
  EXPECT_EQ(problems(map({{"name", text("a")}, {"name", text("a")}, {"x", {}}, {"x", {}}})),
            "name: it is there more than once\nx: there is no such key");
}

TEST(Forms, L10_WhatIsNoObjectIsToldSo) {
  EXPECT_EQ(problems(whole(1)), "an object is wanted, not a whole number\nname: it is missing");
  EXPECT_EQ(problems(map({{"name", text("a")}, {"inside", {true}}})),
            "inside: an object is wanted, not true or false");
}

TEST(Forms, L7_WhatIsToldIsBounded) {
  Tree::Map many{{"name", text("a")}};
  for (int i = 0; i < 100'000; ++i) many.push_back({std::string(50, 'k') + std::to_string(i), {}});
  auto all = problems(map(std::move(many)));
  EXPECT_LT(all.size(), 16'000u);
  EXPECT_TRUE(all.ends_with("and more"));
}

}  // namespace
}  // namespace outboard
