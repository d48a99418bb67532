// One statement with many sets of parameters, all or nothing (rule H7).

#include "engine/engine_testing.h"

namespace outboard {
namespace {

struct ManySets : testing::Test {
  ManySets() { EXPECT_EQ(a.exec("create table t(v unique)"), "ok 0"); }

  std::string count() { return b.exec("select count(*) from t"); }

  EngineTrial trial;
  TestClient a{trial};
  TestClient b{trial};
};

constexpr Head one{.session = 1};
constexpr const char* insert = "insert into t values (?)";

TEST_F(ManySets, H7_WritesAllOrNothing) {
  EXPECT_EQ(a.many(insert, {{1}, {2}, {3}}), "ok 3");
  EXPECT_EQ(a.many(insert, {{4}, {5}, {1}, {6}}), "constraint");
  EXPECT_NE(a.last().message().find("set 2"), std::string::npos) << a.last().message();
  EXPECT_EQ(a.many(insert, {{4}, {5, 6}}), "bad_request");
  EXPECT_EQ(a.many(insert, {{4}, {}}), "bad_request");
  EXPECT_EQ(count(), "3");
  EXPECT_EQ(a.many(insert, {}), "ok 0");
}

TEST_F(ManySets, H7_ReadsWithTheNumberOfItsSetBeforeEachRow) {
  a.many(insert, {{1}, {2}, {3}});
  EXPECT_EQ(a.many("select v from t where v >= ? order by v", {{2}, {9}, {3}}), "0 2|0 3|2 3");
  EXPECT_EQ(a.last().statement.columns, std::vector<std::string>{"v"});
  EXPECT_EQ(a.many("delete from t where v = ? returning v * 10", {{1}, {7}, {3}}), "0 10|2 30");
  EXPECT_EQ(a.last().statement.changes, 2);
}

TEST_F(ManySets, TakesNeitherScriptsNorTransactions) {
  for (auto sql :
       {"", "insert into t values (1); insert into t values (?)", "begin", "commit", "savepoint s"})
    EXPECT_EQ(a.many(sql, {{1}}), "bad_request") << sql;
  EXPECT_EQ(count(), "0");
}

TEST_F(ManySets, H7_SetsMayArriveInPieces) {
  auto id = a.ask_many(insert, {{1}}, true);
  trial.run();
  a.chunk_of_sets(id, {{2}, {3}}, true);
  a.chunk_of_sets(id, {}, true);
  EXPECT_EQ(count(), "0");
  a.chunk_of_sets(id, {{4}}, false);
  EXPECT_EQ(a.done(id), "ok 4");
  EXPECT_EQ(count(), "4");
}

TEST_F(ManySets, H7_PiecesThatComeBeforeItsTurnAreKept) {
  EXPECT_EQ(b.plain("begin", 1), "ok 0");
  auto id = a.ask_many(insert, {{1}}, true);
  a.chunk_of_sets(id, {{2}}, true);
  trial.run();
  a.chunk_of_sets(id, {{3}}, false);
  EXPECT_EQ(a.done(id), "…");
  EXPECT_EQ(b.plain("commit", 1), "ok 0");
  EXPECT_EQ(a.brief(id), "ok 3");
}

TEST_F(ManySets, H7_AFailureInALaterPieceTakesAllBackAndTheRestIsOfNoUse) {
  auto id = a.ask_many(insert, {{1}, {2}}, true);
  trial.run();
  a.chunk_of_sets(id, {{2}}, true);
  EXPECT_EQ(a.done(id), "constraint");
  a.chunk_of_sets(id, {{3}}, false);
  trial.run();
  EXPECT_EQ(a.answer(id).message().find("set 2: "), 0u);
  EXPECT_EQ(count(), "0");
  EXPECT_EQ(b.exec("insert into t values (1)"), "ok 1");
}

TEST_F(ManySets, L10_ABrokenPieceEndsItWithOneError) {
  auto id = a.ask_many(insert, {{1}}, true);
  trial.run();
  a.send_raw(TestClient::chunk_frame(id, [](cbor::Writer& out) { out.text("sets"); }));
  EXPECT_EQ(a.done(id), "bad_request");
  EXPECT_EQ(b.plain("begin", 1), "ok 0");
  auto waits = a.ask_many(insert, {{1}}, true);
  trial.run();
  a.send_raw(TestClient::chunk_frame(waits, [](cbor::Writer& out) { out.text("sets"); }));
  EXPECT_EQ(b.plain("commit", 1), "ok 0");
  EXPECT_EQ(a.brief(waits), "bad_request");
  EXPECT_EQ(count(), "0");
}

TEST_F(ManySets, H4_OthersWaitWhileItHoldsTheWriterAndReadersGoOn) {
  auto id = a.ask_many(insert, {{1}}, true);
  trial.run();
  auto other = b.ask("insert into t values (2)");
  auto begin = a.ask_plain("begin", one);
  auto second = b.ask_many(insert, {{3}});
  EXPECT_EQ(count(), "0");
  EXPECT_EQ(b.brief(other), "…");
  a.chunk_of_sets(id, {{4}}, false);
  EXPECT_EQ(a.done(id), "ok 2");
  EXPECT_EQ(b.brief(other), "ok 1");
  EXPECT_EQ(a.brief(begin), "ok 0");
  EXPECT_EQ(a.plain("commit", 1), "ok 0");
  EXPECT_EQ(b.brief(second), "ok 1");
}

TEST_F(ManySets, H4_InATransactionAFailureTakesBackItsOwnSetsOnly) {
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.exec("insert into t values (0)", one), "ok 1");
  EXPECT_EQ(a.many(insert, {{1}, {2}}, one), "ok 2");
  EXPECT_EQ(a.many(insert, {{3}, {1}}, one), "constraint");
  EXPECT_EQ(a.many("select v from t where v > ?", {{0}}, one), "0 1|0 2");
  EXPECT_EQ(count(), "0");
  auto id = a.ask_many(insert, {{4}}, true, one);
  auto after = a.ask("select count(*) from t", one);
  auto commit = a.ask_plain("commit", one);
  EXPECT_EQ(a.done(commit), "…");
  a.chunk_of_sets(id, {{5}}, false);
  EXPECT_EQ(a.done(id), "ok 2");
  EXPECT_EQ(a.brief(after), "5");
  EXPECT_EQ(a.brief(commit), "ok 0");
  EXPECT_EQ(count(), "5");
}

TEST_F(ManySets, L8_OneThatIsLeftWaitingIsTakenBack) {
  auto id = a.ask_many(insert, {{1}}, true);
  trial.run();
  auto other = b.ask("insert into t values (2)");
  trial.pass_ms(4'000);
  a.chunk_of_sets(id, {{3}}, true);
  trial.run();
  trial.pass_ms(4'000);
  EXPECT_EQ(b.brief(other), "…");
  trial.pass_ms(1'100);
  EXPECT_EQ(a.brief(id), "cancelled");
  EXPECT_EQ(b.brief(other), "ok 1");
  EXPECT_EQ(count(), "1");
}

TEST_F(ManySets, L8_CancelDeadlineAndDisconnectTakeItBack) {
  auto cancelled = a.ask_many(insert, {{1}}, true);
  trial.run();
  a.cancel(cancelled);
  EXPECT_EQ(a.done(cancelled), "cancelled");
  auto late = a.ask_many(insert, {{1}}, true, {.timeout_ms = 100});
  trial.run();
  trial.pass_ms(150);
  EXPECT_EQ(a.brief(late), "timeout");
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  (void)a.ask_many(insert, {{1}}, true, one);
  auto other = b.ask("insert into t values (2)");
  trial.run();
  a.disconnect();
  EXPECT_EQ(b.done(other), "ok 1");
  EXPECT_EQ(count(), "1");
}

TEST_F(ManySets, H6_ALargeOneGivesWayToOthersBetweenSets) {
  trial.platform.tick_us = 1'000;
  std::vector<std::vector<Value>> sets;
  for (int i = 0; i < 10'000; ++i) sets.push_back({i});
  auto id = a.ask_many(insert, sets);
  trial.engine.run();
  auto read = b.ask("select count(*) from t");
  for (int turns = 0; b.brief(read) == "…"; ++turns) {
    ASSERT_LT(turns, 5);
    trial.engine.run();
  }
  EXPECT_EQ(b.brief(read), "0");
  EXPECT_EQ(a.brief(id), "…");
  EXPECT_EQ(a.done(id), "ok 10000");
}

TEST_F(ManySets, L7_RowsOfAWritingOneAreBoundedAndNothingIsKept) {
  EXPECT_EQ(a.many("insert into t values (?) returning v, zeroblob(9000000)", {{1}, {2}}),
            "too_large");
  EXPECT_EQ(count(), "0");
  EXPECT_EQ(a.many("insert into t values (?) returning v, zeroblob(7000000)", {{1}, {2}}),
            "0 1 blob(7000000)|1 2 blob(7000000)");
}

TEST_F(ManySets, L7_PiecesThatNobodyAskedForAreBounded) {
  auto id = a.ask_many(insert, {{1}}, true);
  auto blob = Bytes(8u << 20);
  for (int i = 0; i < 40 && !a.answer(id).ended; ++i) a.chunk_of_sets(id, {{blob}}, true);
  EXPECT_EQ(a.done(id), "too_large");
  EXPECT_EQ(count(), "0");
}

TEST_F(ManySets, H6_AReadingOneKeepsToItsCredit) {
  std::vector<std::vector<Value>> sets(40, std::vector<Value>{100'000});
  auto id = a.ask_many("select zeroblob(?)", sets);
  trial.run();
  EXPECT_FALSE(a.answer(id).ended);
  auto rows = a.answer(id).rows.size();
  EXPECT_LT(rows, 20u);
  a.credit(id, 1);
  trial.run();
  EXPECT_GT(a.answer(id).rows.size(), rows);
  a.credit(id, 9);
  trial.run();
  EXPECT_EQ(a.answer(id).rows.size(), 40u);
  EXPECT_TRUE(a.answer(id).ended);
}

TEST_F(ManySets, H5_AReadingOneIsOneSnapshot) {
  a.many(insert, {{1}, {2}});
  auto id = a.ask_many("select count(*), ? from t", {{1}}, true);
  trial.run();
  EXPECT_EQ(b.exec("insert into t values (3)"), "ok 1");
  a.chunk_of_sets(id, {{2}}, false);
  EXPECT_EQ(a.done(id), "0 2 1|1 2 2");
}

}  // namespace
}  // namespace outboard
