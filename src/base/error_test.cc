#include <outboard/error.hpp>

#include <gtest/gtest.h>

namespace outboard {
namespace {

TEST(ErrorTest, the_names_and_numbers_of_the_codes_reach_the_wire) {
  const std::pair<int, const char*> codes[] = {
      {1, "bad_request"}, {2, "not_found"},    {3, "constraint"},   {4, "conflict"},
      {5, "busy"},        {6, "timeout"},      {7, "cancelled"},    {8, "too_large"},
      {9, "denied"},      {10, "unavailable"}, {11, "worker_lost"}, {12, "corrupt"},
      {13, "outdated"},   {14, "internal"}};
  for (auto& [number, name] : codes) {
    EXPECT_EQ(name_of(static_cast<Code>(number)), name);
    ASSERT_TRUE(code_of(name).has_value()) << name;
    EXPECT_EQ(static_cast<int>(*code_of(name)), number);
  }
  EXPECT_EQ(Code::bad_request, static_cast<Code>(1));
  EXPECT_EQ(Code::too_large, static_cast<Code>(8));
  EXPECT_EQ(Code::worker_lost, static_cast<Code>(11));
  EXPECT_EQ(Code::internal, static_cast<Code>(14));
}

TEST(ErrorTest, the_names_and_numbers_of_the_outcomes_reach_the_wire) {
  const std::pair<int, const char*> outcomes[] = {
      {0, "not_applied"}, {1, "applied"}, {2, "unknown"}};
  for (auto& [number, name] : outcomes) {
    EXPECT_EQ(name_of(static_cast<Outcome>(number)), name);
    EXPECT_EQ(outcome_of(name), static_cast<Outcome>(number));
  }
  EXPECT_FALSE(outcome_of("lost").has_value());
}

TEST(ErrorTest, an_unknown_number_is_internal_and_an_unknown_name_is_none) {
  EXPECT_EQ(name_of(static_cast<Code>(0)), "internal");
  EXPECT_EQ(name_of(static_cast<Code>(15)), "internal");
  EXPECT_FALSE(code_of("").has_value());
  EXPECT_FALSE(code_of("Busy").has_value());
}

TEST(ErrorTest, a_text_has_the_code_the_message_and_the_hint) {
  EXPECT_EQ(to_string({Code::busy, "the queue is full", "try again"}),
            "busy: the queue is full (try again)");
  EXPECT_EQ(to_string({Code::internal, "it broke", ""}), "internal: it broke");
  EXPECT_EQ(to_string({Code::worker_lost, "it broke", "", Outcome::applied}),
            "worker_lost (applied): it broke");
}

}  // namespace
}  // namespace outboard
