// The kernel against the oracle, over random histories. OUTBOARD_MERGE_SEEDS=10 tries ten times as
// many.
#include "journal/merge/history_testing.h"

namespace outboard::journal::trial {
namespace {

TEST(HistoryTest, L6_J16_any_history_is_as_the_rules_say_and_replicas_converge) {
  for (std::size_t seed = 1; seed <= seeds(1'500); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(seed);
    for (int i = 0; i < 60; ++i) {
      ASSERT_NO_FATAL_FAILURE(history.step()) << "step " << i;
      ASSERT_FALSE(HasFailure()) << "step " << i;
    }
    ASSERT_NO_FATAL_FAILURE(history.settle());
    ASSERT_FALSE(HasFailure());
  }
}

}  // namespace
}  // namespace outboard::journal::trial
