#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace outboard {
namespace {

Result<int> half_of(int number) {
  if (number % 2) return fail(Code::bad_request, "an odd number", "use an even one");
  return number / 2;
}

Result<std::string> quarter_of(int number) {
  int half = TRY(half_of(number));
  return std::to_string(TRY(half_of(half)));
}

Result<void> check(int number) {
  TRY(half_of(number));
  return {};
}

TEST(ResultTest, holds_a_value_or_an_error) {
  auto good = half_of(4);
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(*good, 2);
  EXPECT_EQ(good.value_or(9), 2);
  auto bad = half_of(3);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error(), (Error{Code::bad_request, "an odd number", "use an even one"}));
  EXPECT_EQ(bad.value_or(9), 9);
}

TEST(ResultTest, try_takes_the_value_or_returns_the_error) {
  EXPECT_EQ(*quarter_of(12), "3");
  EXPECT_EQ(quarter_of(6).error().message, "an odd number");
  EXPECT_EQ(quarter_of(3).error().message, "an odd number");
  EXPECT_TRUE(check(2).ok());
  EXPECT_EQ(check(3).error().code, Code::bad_request);
}

TEST(ResultTest, moves_what_cannot_be_copied) {
  auto make = [] { return Result<std::unique_ptr<int>>(std::make_unique<int>(7)); };
  auto take = [&]() -> Result<int> {
    auto pointer = TRY(make());
    return *pointer;
  };
  EXPECT_EQ(*take(), 7);
  std::unique_ptr<int> pointer = *make();
  EXPECT_EQ(*pointer, 7);
}

TEST(ResultTest, converts_what_converts_to_its_value) {
  Result<std::string> text = "seven";
  EXPECT_EQ(text->size(), 5u);
  Result<std::optional<int>> none = std::optional<int>();
  EXPECT_TRUE(none.ok());
  EXPECT_FALSE(none->has_value());
}

TEST(ResultDeathTest, the_wrong_side_ends_the_program_with_a_sentence) {
  EXPECT_DEATH((void)*half_of(3), "used an error as a value: an odd number");
  EXPECT_DEATH((void)half_of(2).error(), "asked a value for its error");
  EXPECT_DEATH((void)check(2).error(), "asked a success for its error");
  EXPECT_DEATH(check(3).value(), "used an error as a value: an odd number");
}

}  // namespace
}  // namespace outboard
