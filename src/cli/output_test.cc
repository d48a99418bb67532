#include "cli/output.h"

#include <gtest/gtest.h>

namespace outboard::cli {
namespace {

TEST(Outputs, L10_AnErrorAsJsonTellsWhatBecameOfAWrite) {
  EXPECT_EQ(json_of({Code::busy, "a \"name\"", "wait"}),
            R"({"error":{"code":"busy","message":"a \"name\"","hint":"wait"}})");
  EXPECT_EQ(
      json_of({Code::worker_lost, "gone", "", Outcome::not_applied}),
      R"({"error":{"code":"worker_lost","message":"gone","hint":"","outcome":"not_applied"}})");
}

}  // namespace
}  // namespace outboard::cli
