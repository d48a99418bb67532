#include "store/savepoints.h"

#include <gtest/gtest.h>

namespace outboard {
namespace {

using Control = Traits::Control;

// Runs statements as "begin", "savepoint a", "release a", "rollback to a", "commit", "rollback";
// true for the last one if it commits.
class Trial {
 public:
  bool run(Control control, const std::string& name = "") {
    Traits traits{.control = control, .savepoint = name};
    bool commits = savepoints_.commits(traits, open_);
    savepoints_.ran(traits, open_);
    if (control == Control::begin || control == Control::savepoint) open_ = true;
    if (control == Control::rollback || commits) open_ = false;
    if (!open_) savepoints_.clear();
    return commits;
  }

 private:
  Savepoints savepoints_;
  bool open_ = false;
};

TEST(SavepointsTest, a_commit_commits_a_transaction_only) {
  Trial trial;
  EXPECT_FALSE(trial.run(Control::commit));
  trial.run(Control::begin);
  EXPECT_TRUE(trial.run(Control::commit));
}

TEST(SavepointsTest, the_release_of_the_savepoint_that_began_it_commits) {
  Trial trial;
  trial.run(Control::savepoint, "a");
  trial.run(Control::savepoint, "b");
  EXPECT_FALSE(trial.run(Control::release, "b"));
  EXPECT_TRUE(trial.run(Control::release, "a"));
}

TEST(SavepointsTest, a_release_takes_the_inner_ones_along) {
  Trial trial;
  trial.run(Control::savepoint, "a");
  trial.run(Control::savepoint, "b");
  EXPECT_TRUE(trial.run(Control::release, "a"));
  trial.run(Control::begin);
  trial.run(Control::savepoint, "a");
  EXPECT_FALSE(trial.run(Control::release, "a"));
  EXPECT_TRUE(trial.run(Control::commit));
}

TEST(SavepointsTest, of_equal_names_the_innermost_is_meant) {
  Trial trial;
  trial.run(Control::savepoint, "a");
  trial.run(Control::savepoint, "a");
  EXPECT_FALSE(trial.run(Control::release, "a"));
  EXPECT_TRUE(trial.run(Control::release, "a"));
}

TEST(SavepointsTest, going_back_leaves_the_savepoint_open) {
  Trial trial;
  trial.run(Control::savepoint, "a");
  trial.run(Control::savepoint, "b");
  EXPECT_FALSE(trial.run(Control::rollback_to, "a"));
  EXPECT_TRUE(trial.run(Control::release, "a"));
}

TEST(SavepointsTest, what_a_rollback_ended_is_forgotten) {
  Trial trial;
  trial.run(Control::savepoint, "a");
  trial.run(Control::rollback);
  trial.run(Control::begin);
  trial.run(Control::savepoint, "a");
  EXPECT_FALSE(trial.run(Control::release, "a"));
}

}  // namespace
}  // namespace outboard
