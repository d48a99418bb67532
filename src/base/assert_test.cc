#include "base/assert.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace outboard {
namespace {

TEST(AssertDeathTest, a_broken_invariant_ends_the_program_with_its_place) {
  EXPECT_DEATH(OB_ASSERT(1 + 1 == 3), "assert_test.cc:[0-9]+: this must hold: 1 \\+ 1 == 3");
}

TEST(AssertDeathTest, the_handler_of_the_thread_is_called_first) {
  auto leave = [](void* context, const char*) { std::_Exit(*static_cast<int*>(context)); };
  int status = 42;
  EXPECT_EXIT(
      {
        set_assertion_handler(leave, &status);
        OB_ASSERT(false);
      },
      testing::ExitedWithCode(42), "this must hold: false");
}

TEST(AssertTest, what_holds_costs_nothing) {
  int evaluated = 0;
  OB_ASSERT(++evaluated == 1);
  EXPECT_EQ(evaluated, 1);
}

}  // namespace
}  // namespace outboard
