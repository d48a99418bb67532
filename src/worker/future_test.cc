// The three ways to an answer (rule H22), on every host that runs in this process.

#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include <outboard/outboard.hpp>

#include "worker/loop_testing.h"

namespace outboard {
namespace {

using std::chrono::milliseconds;

constexpr const char* endless =
    "with recursive i(v) as (select 1 union all select v + 1 from i) select count(*) from i";

std::string code(const auto& result) {
  return result ? "ok" : std::string(name_of(result.error().code));
}

class Futures : public testing::TestWithParam<Host> {
 protected:
  Database open(Executor* executor = nullptr) {
    auto db = outboard::open(
        "futures", {.host = GetParam(), .storage = Storage::memory, .executor = executor});
    EXPECT_TRUE(db.ok()) << to_string(db.error());
    EXPECT_TRUE(db->exec("create table t(v)").get().ok());
    return std::move(*db);
  }

  Loop loop;
};

TEST_P(Futures, H22_ACallbackRunsOnItsExecutorAndNowhereElse) {
  auto db = open();
  int called = 0;
  for (int i = 0; i < 100; ++i)
    db.exec({"insert into t values (?) returning v", {i}})
        .on_ready(loop, [&, i](Result<Rows> rows) {
          EXPECT_TRUE(loop.runs_here());
          ASSERT_EQ(code(rows), "ok");
          EXPECT_EQ(rows->front().integer(0), i);
          ++called;
        });
  EXPECT_EQ(called, 0);
  loop.run_until([&] { return called == 100; });
}

TEST_P(Futures, H22_AnAnswerThatIsThereAlreadyIsHandedOverToo) {
  auto db = open();
  auto answer = db.exec("select 7");
  ASSERT_TRUE(answer.wait_for(std::chrono::minutes(1)));
  std::int64_t seven = 0;
  answer.on_ready(loop, [&](Result<Rows> rows) { seven = rows->front().integer(0); });
  EXPECT_EQ(seven, 0);
  loop.run_until([&] { return seven == 7; });
  EXPECT_EQ(code(answer.get()), "bad_request");
}

TEST_P(Futures, H22_ACallbackMayOwnWhatCannotBeCopied) {
  auto db = open();
  bool called = false;
  db.ping().on_ready(loop, [&, owned = std::make_unique<int>(3)](Result<void> done) {
    EXPECT_EQ(code(done), "ok");
    called = *owned == 3;
  });
  loop.run_until([&] { return called; });
}

TEST_P(Futures, H22_AnswersSortedByAWaiterReachTheCallbacksOfOthers) {
  auto db = open();
  bool called = false;
  db.exec("select 1").on_ready(loop, [&](Result<Rows>) { called = true; });
  EXPECT_EQ(code(db.exec("select 2").get()), "ok");
  loop.run_until([&] { return called; });
}

TEST_P(Futures, H22_EachExecutorGetsItsOwnEvenIfAnotherStandsStill) {
  auto db = open();
  Loop still;
  bool called = false;
  db.exec("select 1").on_ready(still, [](Result<Rows>) {});
  db.exec("select 2").on_ready(loop, [&](Result<Rows>) { called = true; });
  loop.run_until([&] { return called; });
}

TEST_P(Futures, H22_ACoroutineGoesOnAtTheExecutorOfTheOptions) {
  auto db = open(&loop);
  std::int64_t sum = 0;
  bool over = false;
  [](Loop& on, Database& asked, std::int64_t& added, bool& done) -> Detached {
    auto transaction = co_await asked.begin();
    EXPECT_TRUE(on.runs_here());
    for (int i = 1; i <= 3; ++i) {
      Sql insert("insert into t values (?)", {i});
      EXPECT_EQ(code(co_await transaction->exec(insert)), "ok");
    }
    EXPECT_EQ(code(co_await transaction->commit()), "ok");
    auto rows = co_await asked.exec("select sum(v) from t");
    EXPECT_TRUE(on.runs_here());
    added = rows->front().integer(0);
    done = true;
  }(loop, db, sum, over);
  loop.run_until([&] { return over; });
  EXPECT_EQ(sum, 6);
}

TEST_P(Futures, H22_OrAtOneThatItNames) {
  auto db = open();
  bool over = false;
  [](Loop& on, Database& asked, bool& done) -> Detached {
    EXPECT_EQ(code(co_await asked.exec("select 1").on(on)), "ok");
    EXPECT_TRUE(on.runs_here());
    // Without any it goes on where it is, with an error.
    EXPECT_EQ(code(co_await asked.exec("select 1")), "bad_request");
    done = true;
  }(loop, db, over);
  loop.run_until([&] { return over; });
}

TEST_P(Futures, H6_RowsAreAwaitedPieceByPiece) {
  auto db = open(&loop);
  std::int64_t rows = 0, counts = 0;
  bool over = false;
  [](Database& asked, std::int64_t& seen, std::int64_t& counted, bool& done) -> Detached {
    StreamOptions pieces{.chunk_rows = 100};
    auto stream = co_await asked.stream(
        "with recursive i(v) as (select 1 union all select v + 1 from i where v < 1000) "
        "select v from i",
        pieces);
    for (;;) {
      auto piece = co_await stream->next();
      EXPECT_EQ(code(piece), "ok");
      if (!piece || !*piece) break;
      seen += static_cast<std::int64_t>((*piece)->size());
      ++counted;
    }
    done = true;
  }(db, rows, counts, over);
  loop.run_until([&] { return over; });
  EXPECT_EQ(rows, 1000);
  EXPECT_GE(counts, 10);
}

TEST_P(Futures, H6_ACallbackMayAskForTheNextPiece) {
  auto db = open();
  auto stream = db.stream("select 1 union all select 2", {.chunk_rows = 1}).get();
  ASSERT_EQ(code(stream), "ok");
  std::size_t rows = 0;
  bool over = false;
  std::function<void(Result<std::optional<Rows>>)> take = [&](auto piece) {
    ASSERT_EQ(code(piece), "ok");
    over = !*piece;
    if (over) return;
    rows += (*piece)->size();
    stream->next().on_ready(loop, take);
  };
  stream->next().on_ready(loop, take);
  loop.run_until([&] { return over; });
  EXPECT_EQ(rows, 2u);
}

TEST_P(Futures, H6_OnePieceIsAwaitedAtATime) {
  auto db = open();
  auto stream = db.stream("select 1").get();
  ASSERT_EQ(code(stream), "ok");
  auto first = stream->next();
  EXPECT_EQ(code(stream->next().get()), "bad_request");
  EXPECT_EQ((*first.get())->size(), 1u);
}

TEST_P(Futures, H22_NobodyWaitsInACallback) {
  auto db = open();
  bool called = false;
  db.exec("select 1").on_ready(loop, [&](Result<Rows>) {
    auto inner = db.exec("insert into t values (1)");
    auto waited = inner.get();
    // On the inline host the work was done in the call, so there is nothing to wait for.
    EXPECT_EQ(code(waited), GetParam() == Host::on_caller ? "ok" : "bad_request");
    inner.on_ready(loop, [&](Result<Rows>) { called = true; });
  });
  loop.run_until([&] { return called; });
}

TEST_P(Futures, L8_ClosingEndsWhatIsAwaited) {
  std::optional<Database> db(open(&loop));
  auto blocker = db->begin().get();
  ASSERT_EQ(code(blocker), "ok");
  std::string ended, resumed;
  db->exec("insert into t values (1)").on_ready(loop, [&](Result<Rows> rows) {
    ended = code(rows);
  });
  [](Database& asked, std::string& told) -> Detached {
    told = code(co_await asked.exec("insert into t values (2)"));
  }(*db, resumed);
  db.reset();
  loop.run_until([&] { return !ended.empty() && !resumed.empty(); });
  EXPECT_NE(ended, "ok");
  EXPECT_NE(resumed, "ok");
}

TEST_P(Futures, H22_ACoroutineThatIsDestroyedIsNotResumed) {
  auto db = open(&loop);
  struct Owned {
    struct promise_type {
      Owned get_return_object() {
        return {std::coroutine_handle<promise_type>::from_promise(*this)};
      }
      std::suspend_never initial_suspend() noexcept { return {}; }
      std::suspend_always final_suspend() noexcept { return {}; }
      void return_void() {}
      void unhandled_exception() {}
    };
    std::coroutine_handle<promise_type> handle;
  };
  bool resumed = false, called = false;
  auto owned = [](Database& asked, bool& went_on) -> Owned {
    (void)co_await asked.exec("select 1");
    went_on = true;
  }(db, resumed);
  owned.handle.destroy();
  db.exec("select 2").on_ready(loop, [&](Result<Rows>) { called = true; });
  loop.run_until([&] { return called; });
  EXPECT_FALSE(resumed);
}

TEST_P(Futures, H22_DroppingATransactionThatNobodyTookEndsIt) {
  auto db = open();
  {
    auto dropped = db.begin();
  }
  auto outer = db.begin().get();
  ASSERT_EQ(code(outer), "ok");
  {
    auto dropped = outer->begin();
    EXPECT_TRUE(dropped.wait_for(std::chrono::minutes(1)));
  }
  EXPECT_EQ(code(outer->exec("insert into t values (1)").get()), "ok");
  EXPECT_EQ(code(outer->commit().get()), "ok");
  EXPECT_EQ(db.exec("select count(*) from t").get()->front().integer(0), 1);
}

// More than the engine takes ahead.
TEST_P(Futures, H22_AManyWhoseFutureIsDroppedRunsToItsEnd) {
  auto db = open();
  std::vector<std::vector<Value>> sets(400, {std::string(100'000, 'x')});
  {
    auto dropped = db.many("insert into t values (?)", sets);
  }
  ASSERT_EQ(code(db.begin().get()), "ok");  // behind it
  EXPECT_EQ(db.exec("select count(*) from t").get()->front().integer(0), 400);
}

INSTANTIATE_TEST_SUITE_P(Hosts, Futures, testing::Values(Host::thread, Host::on_caller),
                         [](auto& host) {
                           return host.param == Host::thread ? "thread" : "inline";
                         });

TEST(ThreadFutures, H22_CancelReachesARequestWithACallback) {
  Loop loop;
  auto db = outboard::open("futures", {.storage = Storage::memory});
  ASSERT_EQ(code(db), "ok");
  std::string ended;
  auto answer = db->exec(endless);
  answer.on_ready(loop, [&](Result<Rows> rows) { ended = code(rows); });
  answer.cancel();
  loop.run_until([&] { return !ended.empty(); });
  EXPECT_EQ(ended, "cancelled");
}

// An executor that does the forbidden: it waits inside of post(), on the engine's own thread.
TEST(ThreadFutures, H22_NobodyWaitsOnTheEnginesThread) {
  struct Waits : Executor {
    void post(std::function<void()> work) override {
      if (!waited) {
        waited = true;
        said = code(db->exec("select 1").get());
      }
      loop.post(std::move(work));
    }
    Database* db = nullptr;
    Loop loop;
    std::atomic<bool> waited{false};
    std::string said;
  } waits;
  auto db = outboard::open("futures", {.storage = Storage::memory});
  ASSERT_EQ(code(db), "ok");
  waits.db = &*db;
  bool called = false;
  db->exec("select 1").on_ready(waits, [&](Result<Rows>) { called = true; });
  waits.loop.run_until([&] { return called; });
  EXPECT_EQ(waits.said, "bad_request");
}

TEST(ThreadFutures, H22_CallbacksOfManyThreadsAllCome) {
  Loop loop;
  auto db = outboard::open("futures", {.storage = Storage::memory});
  ASSERT_EQ(code(db), "ok");
  constexpr int threads_count = 4, calls = 300;
  std::atomic<int> called{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < threads_count; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < calls; ++i) {
        db->exec("select 1").on_ready(loop, [&](Result<Rows> rows) {
          EXPECT_EQ(code(rows), "ok");
          ++called;
        });
        if (i % 50 == 0) {
          EXPECT_EQ(code(db->exec("select 2").get()), "ok");
        }
      }
    });
  loop.run_until([&] { return called == threads_count * calls; });
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace outboard
