// Who is served when, and how everything ends: fairness, limits, deadlines, cancels (H6, L7, L8).

#include <algorithm>

#include "engine/engine_testing.h"

namespace outboard {
namespace {

struct Turns : testing::Test {
  Turns() { EXPECT_EQ(a.exec("create table t(v unique)"), "ok 0"); }

  EngineTrial trial;
  TestClient a{trial};
  TestClient b{trial};
};

constexpr Head one{.session = 1};

TEST_F(Turns, H6_TenThousandRequestsOfOneClientDoNotStarveAnother) {
  trial.platform.tick_us = 100;
  std::vector<std::uint64_t> many;
  for (std::size_t i = 0; i < limits::queued_requests_max; ++i)
    many.push_back(a.ask({"insert into t values (?)", {i}}));
  trial.engine.run();
  std::vector<std::uint64_t> few;
  for (int i = 0; i < 10; ++i) few.push_back(b.ask("select 'b'"));
  for (int turns = 0; b.brief(few.back()) == "…"; ++turns) {
    ASSERT_LT(turns, 20);
    trial.engine.run();
  }
  EXPECT_EQ(a.brief(many.back()), "…");
  EXPECT_EQ(a.done(many.back()), "ok 1");
  EXPECT_EQ(b.exec("select count(*) from t"), "10000");
}

TEST_F(Turns, H6_BlockedWritersOfOneClientDoNotStarveAnother) {
  EXPECT_EQ(b.plain("begin", 1), "ok 0");
  for (int i = 0; i < 5'000; ++i) a.ask({"insert into t values (?)", {i}});
  trial.run();
  auto write = b.ask("insert into t values ('b')");
  trial.platform.tick_us = 100;
  b.ask_plain("commit", one);
  for (int turns = 0; b.brief(write) == "…"; ++turns) {
    ASSERT_LT(turns, 5);
    trial.engine.run();
  }
  trial.run();
  EXPECT_EQ(b.exec("select count(*) from t"), "5001");
}

TEST_F(Turns, H6_AStreamAndRequestsOfOneClientTakeTurns) {
  trial.platform.tick_us = 500;
  auto stream = a.ask_stream(counting(1'000), 10);
  trial.run();
  for (int i = 0; i < 50; ++i) a.ask("select 1");
  auto last = a.ask("select 'last'");
  a.credit(stream, 64);
  trial.engine.run();
  EXPECT_GT(a.answer(stream).frames, 1);
  EXPECT_LT(a.answer(stream).frames, 20);
  trial.run();
  EXPECT_EQ(a.brief(last), "last");
  EXPECT_EQ(a.answer(stream).frames, 65);
}

TEST_F(Turns, L7_QueuedRequestsAreBounded) {
  std::vector<std::uint64_t> ids;
  for (std::size_t i = 0; i <= limits::queued_requests_max; ++i) ids.push_back(a.ask("select 1"));
  EXPECT_EQ(a.brief(ids.back()), "busy");
  EXPECT_EQ(b.exec("select 2"), "2");
  EXPECT_EQ(a.brief(ids[limits::queued_requests_max - 1]), "1");
  EXPECT_EQ(a.exec("select 3"), "3");
}

TEST_F(Turns, L7_QueuedBytesAreBoundedAndAnEmptyQueueTakesAnything) {
  auto large = Bytes(40u << 20);
  auto first = a.ask({"select length(?)", {large}});
  auto second = a.ask({"select length(?)", {large}});
  EXPECT_EQ(a.brief(second), "busy");
  EXPECT_EQ(a.done(first), std::to_string(large.size()));
  auto whole = Bytes(limits::value_bytes_max);
  EXPECT_EQ(a.exec({"select length(?)", {whole}}), std::to_string(whole.size()));
  EXPECT_EQ(a.exec({"select length(?)", {large}}), std::to_string(large.size()));
  EXPECT_EQ(b.plain("begin", 1), "ok 0");
  auto blocked = a.ask({"insert into t values (?)", {large}});
  trial.run();
  EXPECT_EQ(a.exec({"select length(?)", {large}}), "busy");
  EXPECT_EQ(b.plain("commit", 1), "ok 0");
  EXPECT_EQ(a.brief(blocked), "ok 1");
}

TEST_F(Turns, L7_AClientWhoseAnswersAreNotTakenIsNotServedOnAndHarmsNobody) {
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 100; ++i) ids.push_back(a.ask("select zeroblob(1000000)"));
  trial.run();
  EXPECT_EQ(b.exec("insert into t values (1)"), "ok 1");
  auto answered = [&] { return std::ranges::count_if(ids, [&](auto id) { return a.ended(id); }); };
  auto at_most = static_cast<std::ptrdiff_t>(limits::output_bytes_max / 1'000'000 + 1);
  EXPECT_EQ(answered(), at_most);
  for (int i = 0; i < 10; ++i) trial.run(), answered();
  EXPECT_EQ(answered(), 100);
}

TEST_F(Turns, AnEngineIsQuietWhileNothingSpansRequests) {
  EXPECT_TRUE(trial.engine.is_quiet());
  a.plain("begin", 1);
  EXPECT_FALSE(trial.engine.is_quiet());
  a.plain("rollback", 1);
  EXPECT_TRUE(trial.engine.is_quiet());
  auto stream = a.ask_stream(counting(100), 10);
  trial.run();
  EXPECT_FALSE(trial.engine.is_quiet());
  a.cancel(stream);
  EXPECT_TRUE(trial.engine.is_quiet());
}

TEST_F(Turns, L8_CancelOfWhatIsQueuedBlockedAndStreaming) {
  auto queued = a.ask("insert into t values (1)");
  a.cancel(queued);
  EXPECT_EQ(a.done(queued), "cancelled");
  EXPECT_EQ(b.plain("begin", 1), "ok 0");
  auto blocked = a.ask("insert into t values (2)");
  trial.run();
  a.cancel(blocked);
  EXPECT_EQ(a.brief(blocked), "cancelled");
  EXPECT_EQ(b.plain("commit", 1), "ok 0");
  auto stream = a.ask_stream(counting(10), 1);
  trial.run();
  a.cancel(stream);
  EXPECT_EQ(a.brief(stream), "cancelled");
  auto done = a.ask("select 1");
  trial.run();
  a.cancel(done);
  a.cancel(12'345);
  EXPECT_EQ(a.done(done), "1");
  EXPECT_EQ(b.exec("select count(*) from t"), "0");
}

TEST_F(Turns, L8_ACancelIsForItsOwnClientOnly) {
  EXPECT_EQ(b.plain("begin", 1), "ok 0");
  auto blocked = a.ask("insert into t values (1)");
  trial.run();
  for (std::uint64_t id = 0; id < 20; ++id) b.cancel(id);
  EXPECT_EQ(a.brief(blocked), "…");
  EXPECT_EQ(b.plain("commit", 1), "ok 0");
  EXPECT_EQ(a.brief(blocked), "ok 1");
}

TEST_F(Turns, H9_ARunningStatementAsksWhetherItWasTakenBack) {
  std::uint64_t taken_back = 0;
  trial.engine.set_cancelled(
      [&](ClientId client, std::uint64_t id) { return client == a.id() && id == taken_back; });
  EXPECT_EQ(a.exec("select 1"), "1");
  taken_back = a.ask(endless);
  EXPECT_EQ(a.done(taken_back), "cancelled");
  a.cancel(taken_back);
  // A writing one is taken back whole, with its transaction.
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.exec("insert into t values (1)", one), "ok 1");
  taken_back = a.ask("insert into t select -v from (" + counting(1'000'000'000) + ")", one);
  EXPECT_EQ(a.done(taken_back), "cancelled");
  EXPECT_EQ(a.exec("insert into t values (2)", one), "cancelled");
  EXPECT_EQ(a.plain("rollback", 1), "ok 0");
  EXPECT_EQ(b.exec("select count(*) from t"), "0");
}

TEST_F(Turns, L8_DeadlinesHoldInEveryPhase) {
  trial.platform.tick_us = 50;
  EXPECT_EQ(a.exec(endless, {.timeout_ms = 20}), "timeout");
  EXPECT_EQ(a.exec("insert into t " + counting(1'000'000'000), {.timeout_ms = 20}), "timeout");
  EXPECT_EQ(a.batch({"select 1", endless}, Atomic::no, {.timeout_ms = 20}), "timeout");
  EXPECT_EQ(a.batch({"insert into t values (1)", endless}, Atomic::yes, {.timeout_ms = 20}),
            "timeout");
  EXPECT_EQ(a.many("insert into t select v + ? from (" + counting(1'000'000'000) + ")", {{1}},
                   {.timeout_ms = 20}),
            "timeout");
  EXPECT_EQ(a.done(a.ask_stream(endless, 1, {.timeout_ms = 20})), "timeout");
  EXPECT_EQ(b.exec("select count(*) from t"), "0");
  // Queued.
  auto queued = a.ask("insert into t values (1)", {.timeout_ms = 20});
  trial.platform.now_us += 30'000;
  EXPECT_EQ(a.done(queued), "timeout");
  // Blocked.
  EXPECT_EQ(b.plain("begin", 1), "ok 0");
  auto blocked = a.ask("insert into t values (1)", {.timeout_ms = 20});
  auto begin = a.ask_plain("begin", {.session = 2, .timeout_ms = 40});
  trial.run();
  ASSERT_TRUE(trial.engine.wake_at_us());
  EXPECT_LE(*trial.engine.wake_at_us(), trial.platform.now_us + 20'000);
  trial.pass_ms(25);
  EXPECT_EQ(a.brief(blocked) + a.brief(begin), "timeout…");
  trial.pass_ms(25);
  EXPECT_EQ(a.brief(begin), "timeout");
  EXPECT_EQ(b.plain("commit", 1), "ok 0");
  // A large result that is not asked for.
  auto large = a.ask(counting(1'000'000), {.timeout_ms = 1'000});
  trial.run();
  EXPECT_FALSE(a.answer(large).ended);
  trial.pass_ms(1'100);
  EXPECT_EQ(a.brief(large), "timeout");
  EXPECT_EQ(b.exec("select count(*) from t"), "0");
}

TEST_F(Turns, L8_ADeadlineNeverLeavesHalfAStatement) {
  trial.platform.tick_us = 7;
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  for (int i = 0; i < 600; ++i) {
    auto id = a.ask("insert into t values (" + std::to_string(i) + "), (" + std::to_string(-i - 1) +
                        ") returning (with recursive i(v) as (select 1 union all select v + 1 "
                        "from i where v < 3000) select count(*) from i)",
                    {.session = 1, .timeout_ms = 1});
    auto brief = a.done(id);
    ASSERT_TRUE(brief == "3000|3000" || brief == "timeout") << brief;
    if (brief == "3000|3000") continue;
    ASSERT_EQ(a.plain("rollback", 1), "ok 0");
    ASSERT_EQ(b.exec("select count(*) from t"), "0");
    ASSERT_EQ(a.plain("begin", 1), "ok 0");
  }
}

TEST_F(Turns, L8_WaitingRequestsEndWhenTheirClientGoes) {
  EXPECT_EQ(b.plain("begin", 1), "ok 0");
  {
    TestClient c(trial);
    for (int i = 0; i < 100; ++i) c.ask({"insert into t values (?)", {i}});
    c.ask_plain("begin", one);
    c.ask_many("insert into t values (?)", {{1}}, true);
    trial.run();
  }
  EXPECT_EQ(b.plain("commit", 1), "ok 0");
  EXPECT_EQ(a.exec("select count(*) from t"), "0");
  EXPECT_EQ(a.exec("insert into t values (1)"), "ok 1");
}

}  // namespace
}  // namespace outboard
