// The engine inside the caller's call.

#include "worker/inline_host.h"

#include <gtest/gtest.h>

#include <outboard/outboard.hpp>

namespace outboard {
namespace {

using namespace std::chrono_literals;

Database on_caller() {
  auto db = open("trial", {.host = Host::on_caller, .storage = Storage::memory});
  EXPECT_TRUE(db->exec("create table t(v)").get().ok());
  return std::move(*db);
}

TEST(InlineHosts, ACallHasDoneItsWorkWhenItReturns) {
  auto db = on_caller();
  auto answer = db.exec("insert into t values (1)");
  EXPECT_TRUE(answer.wait_for(0ms));
  EXPECT_TRUE(answer.get().ok());
  auto large = db.exec(
      "with recursive i(v) as (select 1 union all select v + 1 from i where v < 500000) "
      "select v from i");
  EXPECT_EQ(large.get()->size(), 500'000u);
}

TEST(InlineHosts, H4_SeveralThreadsTakeTurnsWithTransactions) {
  auto db = on_caller();
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 30; ++i) {
        auto done = db.transaction([](Transaction& transaction) -> Result<void> {
          auto rows = transaction.exec("select count(*) from t").get();
          if (!rows) return rows.error();
          auto inserted =
              transaction.exec({"insert into t values (?)", {rows->front().integer(0)}}).get();
          if (!inserted) return inserted.error();
          return {};
        });
        ASSERT_TRUE(done.ok()) << done.error().message;
      }
    });
  for (auto& thread : threads) thread.join();
  auto rows = db.exec("select count(*), count(distinct v), max(v) from t").get();
  EXPECT_EQ(rows->front().integer(0), 90);
  EXPECT_EQ(rows->front().integer(1), 90);
  EXPECT_EQ(rows->front().integer(2), 89);
}

TEST(InlineHosts, L8_ADeadlineEndsWhatWaitsForAnother) {
  auto db = on_caller();
  auto transaction = db.begin().get();
  auto waiting = db.exec("insert into t values (1)", {.timeout = 50ms});
  auto result = waiting.get();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::timeout);
}

}  // namespace
}  // namespace outboard
