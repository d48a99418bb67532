// An engine on a thread of its own, through the public interface.

#include "worker/thread_host.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>

#include <outboard/outboard.hpp>

#include "base/assert.h"
#include "base/limits.h"

struct sqlite3_api_routines;

namespace outboard {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

const std::string endless =
    "with recursive i(v) as (select 1 union all select v + 1 from i) select count(*) from i";
const std::string a_million =
    "with recursive i(v) as (select 1 union all select v + 1 from i where v < 1000000) "
    "select v from i";

Database memory() {
  auto db = open("trial", {.storage = Storage::memory});
  EXPECT_TRUE(db.ok());
  EXPECT_TRUE(db->exec("create table t(v unique)").get().ok());
  return std::move(*db);
}

template <class T>
std::string code(Result<T> result) {
  return result ? "ok" : std::string(name_of(result.error().code));
}

std::int64_t count(Database& db) {
  auto rows = db.exec("select count(*) from t").get();
  return rows ? rows->front().integer(0) : -1;
}

TEST(ThreadHosts, L1_CallsReturnWhileALongStatementRuns) {
  auto db = memory();
  auto running = db.exec(endless, {.timeout = 400ms});
  std::vector<Future<Rows>> waiting;
  Clock::duration longest{};
  auto start = Clock::now();
  for (int i = 0; i < 200; ++i) {
    auto before = Clock::now();
    waiting.push_back(db.exec({"insert into t values (?)", {i}}));
    longest = std::max(longest, Clock::now() - before);
  }
  EXPECT_LT(longest, 100ms);
  EXPECT_LT(Clock::now() - start, 300ms);
  EXPECT_FALSE(waiting.back().wait_for(0ms));
  EXPECT_EQ(code(running.get()), "timeout");
  for (auto& each : waiting) EXPECT_EQ(code(each.get()), "ok");
  EXPECT_EQ(count(db), 200);
}

TEST(ThreadHosts, H9_ARunningStatementCanBeTakenBack) {
  auto db = memory();
  auto running = db.exec(endless);
  auto writing = db.exec("insert into t " + endless);
  std::this_thread::sleep_for(20ms);
  auto before = Clock::now();
  running.cancel();
  EXPECT_EQ(code(running.get()), "cancelled");
  std::this_thread::sleep_for(20ms);
  writing.cancel();
  EXPECT_EQ(code(writing.get()), "cancelled");
  EXPECT_LT(Clock::now() - before, 3s);
  auto done = db.exec("select 1");
  EXPECT_TRUE(done.wait_for(5s));
  done.cancel();
  EXPECT_EQ(code(done.get()), "ok");
  EXPECT_EQ(count(db), 0);
}

TEST(ThreadHosts, L8_AnAnswerIsNotHeldUpByAnotherThreadsLongWait) {
  auto db = memory();
  auto blocker = db.begin().get();
  std::thread waits_long(
      [&] { EXPECT_EQ(code(db.exec("insert into t values (-1)").get()), "ok"); });
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 500; ++n) {
        auto answer = db.exec("select 1");
        ASSERT_TRUE(answer.wait_for(5s));
        ASSERT_EQ(code(answer.get()), "ok");
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(code(blocker->rollback().get()), "ok");
  waits_long.join();
}

TEST(ThreadHosts, DroppingAFutureLetsItsRequestRunOn) {
  auto db = memory();
  for (int i = 0; i < 3'000; ++i) (void)db.exec({"insert into t values (?)", {i}});
  EXPECT_EQ(count(db), 3'000);
}

TEST(ThreadHosts, L7_LargeResultsThatNobodyWantsDoNotUseUpTheReaders) {
  auto db = memory();
  for (std::size_t i = 0; i < 3 * limits::streams_max; ++i) {
    (void)db.exec(a_million);
    EXPECT_EQ(count(db), 0);  // sorts what has come for it
  }
  auto rows = db.exec(a_million).get();
  ASSERT_EQ(code(rows), "ok");
  EXPECT_EQ(rows->size(), 1'000'000u);
}

TEST(ThreadHosts, StreamsOnSeveralThreadsAreComplete) {
  auto db = memory();
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      for (int round = 0; round < 60; ++round) {
        int last = 50 + 7 * t + round;
        auto stream =
            db.stream(
                  {"with recursive i(v) as (select 1 union all select v + 1 from i where v < ?) "
                   "select v from i",
                   {last}},
                  {.chunk_rows = 5})
                .get();
        ASSERT_EQ(code(Result<void>()), "ok");
        ASSERT_TRUE(stream.ok()) << stream.error().message;
        int expected = 1;
        for (;;) {
          auto piece = stream->next().get();
          ASSERT_TRUE(piece.ok()) << piece.error().message;
          if (!*piece) break;
          for (auto row : **piece) ASSERT_EQ(row.integer(0), expected++);
        }
        ASSERT_EQ(expected, last + 1);
      }
    });
  for (auto& thread : threads) thread.join();
}

TEST(ThreadHosts, TransactionsCommitRollBackAndNest) {
  auto db = memory();
  EXPECT_EQ(code(db.transaction([](Transaction& outer) -> Result<void> {
              (void)outer.exec("insert into t values (1)");
              {
                auto inner = outer.begin().get();
                (void)inner->exec("insert into t values (2)");
              }  // dropped: rolled back
              auto inner = outer.begin().get();
              (void)inner->exec("insert into t values (3)");
              return inner->commit().get();
            })),
            "ok");
  EXPECT_EQ(count(db), 2);
  EXPECT_EQ(code(db.transaction([](Transaction& transaction) -> Result<void> {
              (void)transaction.exec("insert into t values (4)");
              auto refused = transaction.exec("insert into t values (1)").get();
              return refused.error();
            })),
            "constraint");
  EXPECT_EQ(count(db), 2);
  auto transaction = db.begin().get();
  auto moved = std::move(*transaction);
  EXPECT_EQ(code(moved.commit().get()), "ok");
  EXPECT_EQ(code(moved.commit().get()), "bad_request");
  EXPECT_EQ(code(moved.exec("insert into t values (9)").get()), "bad_request");
}

TEST(ThreadHosts, L8_WhatOutlivesItsDatabaseEndsInWorkerLost) {
  std::optional<Database> db(memory());
  auto transaction = db->begin().get();
  auto stream = db->stream(a_million, {.chunk_rows = 10}).get();
  auto waiting = db->exec("insert into t values (1)");
  auto answered = transaction->exec("select 1");
  EXPECT_TRUE(answered.wait_for(5s));
  db.reset();
  EXPECT_EQ(code(answered.get()), "ok");
  EXPECT_NE(code(waiting.get()), "ok");
  EXPECT_EQ(code(transaction->exec("select 1").get()), "worker_lost");
  EXPECT_EQ(code(transaction->commit().get()), "worker_lost");
  for (int i = 0; i < 3 && stream->next().get().ok(); ++i) EXPECT_LT(i, 2);
}

TEST(ThreadHosts, L8_ClosingWhileManyThreadsAskEndsEveryCall) {
  for (int round = 0; round < 20; ++round) {
    auto db = memory();
    std::atomic<int> ended{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t)
      threads.emplace_back([&] {
        for (;;) {
          auto answer = db.exec("insert into t values (random())");
          if (!answer.wait_for(20s)) return;
          auto result = answer.get();
          if (!result && result.error().code == Code::worker_lost) break;
        }
        ++ended;
      });
    std::this_thread::sleep_for(std::chrono::milliseconds(round / 4));
    EXPECT_EQ(code(db.close()), "ok");
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(ended, 3);
    EXPECT_EQ(code(db.close()), "ok");
  }
}

TEST(ThreadHosts, L8_CloseTakesBackWhatNeverEnds) {
  auto db = memory();
  (void)db.exec(endless);
  auto waiting = db.exec("insert into t values (1)");
  auto start = Clock::now();
  EXPECT_EQ(code(db.close()), "timeout");
  EXPECT_LT(Clock::now() - start, 8s);
  EXPECT_EQ(code(waiting.get()), "worker_lost");
}

TEST(ThreadHosts, H7_ManyWhoseSetsAreMadeOnTheWay) {
  auto db = memory();
  std::atomic<bool> stop{false};
  std::thread other([&] {  // sorts credit that is meant for the call below
    while (!stop) (void)db.exec("select 1").get();
  });
  for (int round = 0; round < 5; ++round) {
    int next = 0;
    auto answer = db.many("insert into t values (?)", [&](Sets& sets) {
      sets.add(round * 100'000 + next);
      return ++next < 40'000;
    });
    ASSERT_TRUE(answer.wait_for(30s));
    auto rows = answer.get();
    ASSERT_TRUE(rows.ok()) << rows.error().message;
    EXPECT_EQ(rows->changes(), 40'000);
  }
  stop = true;
  other.join();
  EXPECT_EQ(count(db), 200'000);
}

TEST(ThreadHosts, AFailedOpenSaysWhyAndLeavesNoThread) {
  EXPECT_EQ(code(open("")), "bad_request");
  EXPECT_EQ(code(open("/nowhere/at/all/db")), "not_found");
  EXPECT_EQ(code(open("/tmp")), "bad_request");
  auto late = code(open("late", {.storage = Storage::memory, .open_timeout = 0ms}));
  EXPECT_TRUE(late == "timeout" || late == "ok") << late;
}

// An SQL function of the test's own that breaks an invariant.
void break_something(sqlite3_context*, int, sqlite3_value**) { OB_ASSERT(false && "for the test"); }

// Of the type as which SQLite calls it: the sanitizer compares.
extern "C" int add_break_something(sqlite3* db, char**, const ::sqlite3_api_routines*) {
  return sqlite3_create_function(db, "break_something", 0, SQLITE_UTF8, nullptr, break_something,
                                 nullptr, nullptr);
}

TEST(ThreadHosts, L8_ABrokenInvariantEndsEveryCallInWorkerLost) {
  auto* entry = reinterpret_cast<void (*)()>(add_break_something);
  ASSERT_EQ(sqlite3_auto_extension(entry), SQLITE_OK);
  {
    auto db = memory();
    auto before = db.exec("select 1");
    EXPECT_TRUE(before.wait_for(5s));
    auto fatal = db.exec("select break_something()");
    auto waiting = db.exec("insert into t values (1)");
    ASSERT_TRUE(waiting.wait_for(10s));
    auto lost = waiting.get();
    EXPECT_EQ(code(lost), "worker_lost");
    EXPECT_NE(lost.error().message.find("for the test"), std::string::npos);
    EXPECT_EQ(code(fatal.get()), "worker_lost");
    EXPECT_EQ(code(before.get()), "ok");
    EXPECT_EQ(code(db.exec("select 1").get()), "worker_lost");
    auto start = Clock::now();
    (void)db.close();
    EXPECT_LT(Clock::now() - start, 5s);  // its thread stands still: nobody waits for it
  }
  sqlite3_cancel_auto_extension(entry);
}

}  // namespace
}  // namespace outboard
