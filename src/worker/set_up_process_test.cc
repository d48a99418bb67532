// A set-up in a process of its own: what goes wrong there is noticed, and ended.

#include <outboard/set_up.hpp>

#include <gtest/gtest.h>

#include "store/store_testing.h"

namespace outboard {
namespace {

using std::chrono::milliseconds;

Options apart(std::string config, milliseconds stall_max = milliseconds(10'000)) {
  auto program = std::filesystem::canonical("/proc/self/exe").parent_path() / "set_up_sidecar";
  return {
      .host = Host::process,
      .config = std::move(config),
      .process = {
          .program = program.string(), .silence_max = milliseconds(400), .stall_max = stall_max}};
}

TEST(SetUpProcess, TheConfigTravelsToEachProcess) {
  TrialFolder folder;
  auto db = open(folder.file("a.db"), apart("said here"));
  ASSERT_TRUE(db.ok()) << to_string(db.error());
  EXPECT_EQ(db->exec("select config()").get()->front().text(0), "said here");
  auto lost = db->exec("select crash()").get();
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().code, Code::worker_lost);
  EXPECT_EQ(db->exec("select config()").get()->front().text(0), "said here");
}

TEST(SetUpProcess, AFunctionThatNeverEndsEndsItsProcessAndIsNotCalledAThirdTime) {
  TrialFolder folder;
  auto db = open(folder.file("a.db"), apart("x", milliseconds(200)));
  ASSERT_TRUE(db.ok()) << to_string(db.error());
  ASSERT_TRUE(db->exec("create table t(a); insert into t values (1)").get().ok());
  auto hung = db->exec("insert into t values (hang())").get();
  ASSERT_FALSE(hung.ok());
  EXPECT_EQ(hung.error().code, Code::worker_lost);
  EXPECT_EQ(hung.error().outcome, Outcome::not_applied);
  EXPECT_NE(hung.error().message.find("two engines"), std::string::npos) << hung.error().message;
  EXPECT_NE(hung.error().message.find("at one step for 200 ms"), std::string::npos)
      << hung.error().message;
  EXPECT_EQ(db->exec("select count(*) from t").get()->front().integer(0), 1);
}

TEST(SetUpProcess, AStatementThatCallsSlowFunctionsGetsOn) {
  TrialFolder folder;
  auto db = open(folder.file("a.db"), apart("x", milliseconds(500)));
  ASSERT_TRUE(db.ok()) << to_string(db.error());
  auto rows = db->exec(
                    "with recursive i(v) as (select 1 union all select v + 1 from i where v < 8)"
                    " select sum(slow(v)) from i")
                  .get();
  ASSERT_TRUE(rows.ok()) << to_string(rows.error());
  EXPECT_EQ(rows->front().integer(0), 36);
}

TEST(SetUpProcess, ASetUpThatFailsOrNeverEndsFailsTheOpening) {
  TrialFolder folder;
  auto failed = open(folder.file("a.db"), apart("fail"));
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, Code::unavailable);
  EXPECT_EQ(failed.error().message, "the set-up failed: no dictionary");
  auto options = apart("hang", milliseconds(100));
  options.process.restarts_max = 1;
  auto hung = open(folder.file("a.db"), options);
  ASSERT_FALSE(hung.ok());
  EXPECT_EQ(hung.error().code, Code::worker_lost);
  EXPECT_NE(hung.error().message.find("at one step"), std::string::npos) << hung.error().message;
}

}  // namespace
}  // namespace outboard
