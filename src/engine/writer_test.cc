// Whose turn it is to write, and what becomes of transactions (rule H4).

#include "engine/engine_testing.h"

namespace outboard {
namespace {

struct Sessions : testing::Test {
  Sessions() { EXPECT_EQ(a.exec("create table t(v unique)"), "ok 0"); }

  EngineTrial trial;
  TestClient a{trial};
  TestClient b{trial};
};

constexpr Head one{.session = 1}, two{.session = 2};

TEST_F(Sessions, H4_OthersWaitInOrderAndReadersGoOn) {
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.exec("insert into t values (1)", one), "ok 1");
  auto first = b.ask("insert into t values (2)");
  auto second = b.ask("insert into t values (3)");
  EXPECT_EQ(b.exec("select count(*) from t"), "0");
  EXPECT_EQ(b.brief(first) + b.brief(second), "……");
  EXPECT_EQ(a.exec("select v from t", one), "1");
  EXPECT_EQ(a.plain("commit", 1), "ok 0");
  EXPECT_EQ(b.brief(first) + b.brief(second), "ok 1ok 1");
  EXPECT_EQ(b.exec("select v from t order by rowid"), "1|2|3");
}

TEST_F(Sessions, H4_SessionsOfOneClientDoNotLandInEachOther) {
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.exec("insert into t values (1)", one), "ok 1");
  auto other = a.ask("insert into t values (2)", two);
  auto none = a.ask("insert into t values (3)");
  EXPECT_EQ(a.exec("select count(*) from t", {.session = 3}), "0");
  EXPECT_EQ(a.plain("rollback", 1), "ok 0");
  EXPECT_EQ(a.brief(other) + a.brief(none), "ok 1ok 1");
  EXPECT_EQ(a.exec("select v from t order by v"), "2|3");
}

TEST_F(Sessions, H4_TheSameNumberIsAnotherSessionForAnotherClient) {
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  auto begin = b.ask_plain("begin", one);
  EXPECT_EQ(b.done(begin), "…");
  EXPECT_EQ(a.plain("commit", 1), "ok 0");
  EXPECT_EQ(b.brief(begin), "ok 0");
}

TEST_F(Sessions, H4_BeginOutsideOfASessionIsRefusedWithAHint) {
  for (auto sql : {"begin", "begin immediate", "savepoint s", "BEGIN;"}) {
    EXPECT_EQ(a.exec(sql), "bad_request") << sql;
    EXPECT_NE(a.last().error->hint, "") << sql;
  }
  EXPECT_EQ(a.exec("begin; insert into t values (1)"), "bad_request");
  EXPECT_EQ(a.batch({"begin", "insert into t values (1)"}), "bad_request");
  EXPECT_EQ(a.plain("begin", 0), "bad_request");
  EXPECT_EQ(b.exec("select count(*) from t"), "0");
  EXPECT_EQ(b.exec("insert into t values (2)"), "ok 1");
}

TEST_F(Sessions, H4_AScriptThatOpensAndClosesIsFineOutsideOfASession) {
  EXPECT_EQ(a.exec("begin; insert into t values (1); insert into t values (2); commit"), "ok 2");
  EXPECT_EQ(a.exec("begin; insert into t values (3); insert into t values (1); commit"),
            "constraint");
  EXPECT_EQ(b.exec("select v from t"), "1|2");
  EXPECT_EQ(b.exec("insert into t values (4)"), "ok 1");
}

TEST_F(Sessions, H4_SqlBeginMakesTheTransactionTheSessions) {
  EXPECT_EQ(a.exec("begin; insert into t values (1)", one), "ok 1");
  auto waiting = b.ask("insert into t values (2)");
  EXPECT_EQ(b.done(waiting), "…");
  EXPECT_EQ(a.exec("commit", one), "ok 0");
  EXPECT_EQ(a.plain("commit", 1), "bad_request");
  EXPECT_EQ(b.brief(waiting), "ok 1");
}

TEST_F(Sessions, H4_PipelinedRequestsOfASessionStayInOrder) {
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  auto begin = b.ask_plain("begin", two);
  auto insert = b.ask("insert into t values (1)", two);
  auto select = b.ask("select v from t", two);
  auto stream = b.ask_stream("select v from t", 10, two);
  auto commit = b.ask_plain("commit", two);
  EXPECT_EQ(b.done(commit), "…");
  EXPECT_EQ(a.plain("rollback", 1), "ok 0");
  EXPECT_EQ(b.brief(begin), "ok 0");
  EXPECT_EQ(b.brief(insert), "ok 1");
  EXPECT_EQ(b.brief(select), "1");
  EXPECT_EQ(b.brief(stream), "1");
  EXPECT_EQ(b.brief(commit), "ok 0");
}

TEST_F(Sessions, H4_TransactionsNestUpToTheLimit) {
  for (std::size_t depth = 1; depth <= limits::transaction_depth_max; ++depth) {
    EXPECT_EQ(a.plain("begin", 1), "ok 0") << depth;
    EXPECT_EQ(a.exec({"insert into t values (?)", {depth}}, one), "ok 1");
  }
  EXPECT_EQ(a.plain("begin", 1), "too_large");
  EXPECT_EQ(a.plain("rollback", 1), "ok 0");
  EXPECT_EQ(a.plain("commit", 1), "ok 0");
  EXPECT_EQ(a.plain("rollback", 1), "ok 0");
  for (std::size_t depth = limits::transaction_depth_max - 3; depth > 0; --depth)
    EXPECT_EQ(a.plain("commit", 1), "ok 0");
  EXPECT_EQ(a.plain("commit", 1), "bad_request");
  EXPECT_EQ(b.exec("select count(*), max(v) from t"), "29 29");
}

TEST_F(Sessions, H4_AnIdleTransactionIsRolledBackAndItsSessionTold) {
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.exec("insert into t values (1)", one), "ok 1");
  auto waiting = b.ask("insert into t values (2)");
  trial.pass_ms(4'900);
  EXPECT_EQ(b.brief(waiting), "…");
  ASSERT_TRUE(trial.engine.wake_at_us());
  EXPECT_LE(*trial.engine.wake_at_us(), trial.platform.now_us + 100'000);
  trial.pass_ms(200);
  EXPECT_EQ(b.brief(waiting), "ok 1");
  EXPECT_EQ(a.exec("insert into t values (3)", one), "cancelled");
  EXPECT_EQ(a.exec("select v from t", one), "cancelled");
  EXPECT_EQ(a.batch({"select v from t"}, Atomic::no, one), "cancelled");
  EXPECT_EQ(a.many("insert into t values (?)", {{4}}, one), "cancelled");
  EXPECT_EQ(a.done(a.ask_stream("select v from t", 10, one)), "cancelled");
  EXPECT_EQ(a.plain("begin", 1), "cancelled");
  EXPECT_EQ(a.plain("commit", 1), "cancelled");
  EXPECT_EQ(a.exec("select v from t", one), "2");
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.plain("rollback", 1), "ok 0");
}

TEST_F(Sessions, H4_ALostTransactionIsOverWithRollbackToo) {
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  trial.pass_ms(5'100);
  EXPECT_EQ(a.plain("rollback", 1), "ok 0");
  EXPECT_EQ(a.exec("insert into t values (1)", one), "ok 1");
}

TEST_F(Sessions, H4_WhatIsLeftOfALossDoesNotCommitByItselfOnceTheInnerOneHasEnded) {
  for (auto end : {"rollback", "commit"}) {
    EXPECT_EQ(a.exec("insert or ignore into t values (1)").substr(0, 2), "ok");
    EXPECT_EQ(a.plain("begin", 1), "ok 0");
    EXPECT_EQ(a.plain("begin", 1), "ok 0");
    EXPECT_EQ(a.exec("insert or rollback into t values (1)", one), "constraint");
    // As clients do it: a commit that is refused is followed by a rollback.
    if (end == std::string_view("commit")) {
      EXPECT_EQ(a.plain("commit", 1), "cancelled");
    }
    EXPECT_EQ(a.plain("rollback", 1), "ok 0");
    EXPECT_EQ(a.exec("insert into t values (2)", one), "cancelled");
    EXPECT_EQ(a.plain("commit", 1), "cancelled");
    EXPECT_EQ(a.exec("select v from t", one), "1");
  }
}

TEST_F(Sessions, H4_SqlCommitAndRollbackEndALostTransactionToo) {
  EXPECT_EQ(a.exec("begin", one), "ok 0");
  trial.pass_ms(5'100);
  EXPECT_EQ(a.exec("rollback; select 1", one), "cancelled");
  EXPECT_EQ(a.exec("rollback", one), "ok 0");
  EXPECT_EQ(a.exec("begin", one), "ok 0");
  trial.pass_ms(5'100);
  EXPECT_EQ(a.exec("commit", one), "cancelled");
  EXPECT_EQ(a.exec("insert into t values (1)", one), "ok 1");
}

TEST_F(Sessions, H4_ATransactionWhoseRequestsWaitIsNotIdle) {
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.exec("insert into t values (1)", one), "ok 1");
  auto waiting = a.ask("insert into t values (2)", one);
  trial.platform.now_us += 6'000'000;  // somebody else's long statement, say
  EXPECT_EQ(a.done(waiting), "ok 1");
  EXPECT_EQ(a.plain("commit", 1), "ok 0");
}

TEST_F(Sessions, H4_ATransactionWhoseResultIsBeingReadIsNotIdle) {
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.exec("insert into t values (0)", one), "ok 1");
  auto stream = a.ask_stream(counting(5), 1, one);
  trial.run();
  for (int i = 0; i < 4; ++i) {
    trial.pass_ms(3'000);
    a.credit(stream, 1);
    trial.run();
  }
  EXPECT_EQ(a.brief(stream), "1|2|3|4|5");
  EXPECT_EQ(a.plain("commit", 1), "ok 0");
}

struct ForeignKeys : Sessions {
  ForeignKeys() {
    a.exec(
        "create table parent(id integer primary key); create table child(p references parent "
        "deferrable initially deferred)");
  }
};

TEST_F(ForeignKeys, H4_ARefusedCommitLeavesTheTransactionOpen) {
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.exec("insert into child values (1)", one), "ok 1");
  EXPECT_EQ(a.plain("commit", 1), "constraint");
  EXPECT_EQ(a.exec("select count(*) from child", one), "1");
  EXPECT_EQ(b.exec("select count(*) from child"), "0");
  EXPECT_EQ(a.exec("insert into parent values (1)", one), "ok 1");
  EXPECT_EQ(a.plain("commit", 1), "ok 0");
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.exec("insert into child values (2)", one), "ok 1");
  EXPECT_EQ(a.plain("commit", 1), "constraint");
  EXPECT_EQ(a.plain("rollback", 1), "ok 0");
  EXPECT_EQ(b.exec("select count(*) from child"), "1");
}

TEST_F(ForeignKeys, H4_WhatCannotBeReleasedIsTakenBack) {
  EXPECT_EQ(a.exec("insert into child values (1) returning p"), "constraint");
  EXPECT_EQ(a.batch({"insert into child values (1)"}, Atomic::yes), "constraint");
  EXPECT_EQ(a.many("insert into child values (?)", {{1}, {2}}), "constraint");
  EXPECT_EQ(b.exec("select count(*) from child"), "0");
  EXPECT_EQ(b.exec("insert into parent values (1)"), "ok 1");
}

TEST_F(Sessions, H4_OnConflictRollbackLosesTheTransactionAndNeverAutocommits) {
  a.exec("insert into t values (1)");
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.exec("insert into t values (2)", one), "ok 1");
  EXPECT_EQ(a.exec("insert or rollback into t values (1)", one), "constraint");
  EXPECT_EQ(a.exec("insert into t values (3)", one), "cancelled");
  EXPECT_NE(a.last().error->message.find("UNIQUE"), std::string::npos);
  EXPECT_EQ(a.plain("commit", 1), "cancelled");
  EXPECT_EQ(b.exec("select v from t"), "1");
}

TEST_F(Sessions, H4_ALossIsNoticedBehindASavepointOfTheSameScript) {
  a.exec("insert into t values (1)");
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.exec("savepoint s; insert into t values (2); release s; "
                   "insert or rollback into t values (1)",
                   one),
            "constraint");
  EXPECT_EQ(a.exec("insert into t values (3)", one), "cancelled");
  EXPECT_EQ(a.plain("rollback", 1), "ok 0");
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.exec("commit; begin; insert or rollback into t values (1)", one), "constraint");
  EXPECT_EQ(a.exec("insert into t values (3)", one), "cancelled");
  EXPECT_EQ(b.exec("select v from t"), "1");
}

TEST_F(Sessions, H4_ALossInABatchAndInManyIsNoticedToo) {
  a.exec("insert into t values (1)");
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.batch({"insert into t values (2)", "insert or rollback into t values (1)",
                     "insert into t values (3)"},
                    Atomic::no, one),
            "constraint");
  EXPECT_EQ(a.plain("commit", 1), "cancelled");
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.many("insert or rollback into t values (?)", {{2}, {1}, {3}}, one), "constraint");
  EXPECT_EQ(a.exec("insert into t values (4)", one), "cancelled");
  EXPECT_EQ(a.plain("rollback", 1), "ok 0");
  EXPECT_EQ(a.many("insert or rollback into t values (?)", {{2}, {1}, {3}}), "constraint");
  EXPECT_EQ(
      a.batch({"insert into t values (2)", "insert or rollback into t values (1)"}, Atomic::yes),
      "constraint");
  EXPECT_EQ(b.exec("select v from t"), "1");
}

TEST_F(Sessions, H4_SqlCommitAndBeginInADeepSessionStartsAtOne) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.exec("insert into t values (1); commit; begin; insert into t values (2)", one),
            "ok 2");
  EXPECT_EQ(a.plain("commit", 1), "ok 0");
  EXPECT_EQ(a.plain("commit", 1), "bad_request");
  EXPECT_EQ(b.exec("select v from t"), "1|2");
}

TEST_F(Sessions, H4_ANestedTransactionThatSqlEndedDoesNotWedgeItsSession) {
  EXPECT_EQ(a.exec("begin; savepoint mine", one), "ok 0");
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.exec("insert into t values (1); release mine", one), "ok 1");
  EXPECT_EQ(a.plain("commit", 1), "bad_request");
  EXPECT_EQ(a.plain("commit", 1), "ok 0");
  EXPECT_EQ(b.exec("select v from t"), "1");
}

TEST_F(Sessions, H4_ADisconnectRollsBackAndLetsOthersGoOn) {
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.exec("insert into t values (1)", one), "ok 1");
  auto stream = a.ask_stream(counting(5), 1, one);
  auto waiting = b.ask("insert into t values (2)");
  trial.run();
  EXPECT_EQ(a.brief(stream), "1…");
  a.disconnect();
  EXPECT_EQ(b.done(waiting), "ok 1");
  EXPECT_EQ(b.exec("select v from t"), "2");
}

TEST_F(Sessions, H4_TransactionsOfManyClientsFollowEachOther) {
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  std::vector<std::uint64_t> begins;
  for (std::uint64_t session = 1; session <= 20; ++session)
    begins.push_back(b.ask_plain("begin", {.session = session}));
  EXPECT_EQ(a.plain("commit", 1), "ok 0");
  for (std::uint64_t session = 1; session <= 20; ++session) {
    EXPECT_EQ(b.brief(begins[session - 1]), "ok 0");
    if (session < 20) {
      EXPECT_EQ(b.brief(begins[session]), "…");
    }
    EXPECT_EQ(b.exec({"insert into t values (?)", {session}}, {.session = session}), "ok 1");
    EXPECT_EQ(b.plain("commit", session), "ok 0");
  }
  EXPECT_EQ(a.exec("select count(*), sum(v) from t"), "20 210");
}

TEST_F(Sessions, L7_LostSessionsAreBoundedHoweverTheyBegan) {
  a.exec("insert into t values (1)");
  for (std::uint64_t session = 1; session <= limits::sessions_max; ++session)
    ASSERT_EQ(a.batch({"begin", "insert or rollback into t values (1)"}, Atomic::no,
                      {.session = session}),
              "constraint");
  for (std::uint64_t session = 1; session <= limits::sessions_max; ++session) {
    ASSERT_EQ(a.plain("rollback", session), "bad_request");  // it began and ended in one request
    ASSERT_EQ(a.exec("begin", {.session = session}), "ok 0");
    ASSERT_EQ(a.exec("insert or rollback into t values (1)", {.session = session}), "constraint");
  }
  EXPECT_EQ(a.plain("begin", 5'000), "busy");
  EXPECT_EQ(a.exec("begin", {.session = 5'000}), "busy");
  EXPECT_EQ(a.exec("insert into t values (2)", {.session = 5'000}), "ok 1");
  EXPECT_EQ(b.plain("begin", 1), "ok 0");
  EXPECT_EQ(b.plain("commit", 1), "ok 0");
  EXPECT_EQ(a.plain("rollback", 7), "ok 0");
  EXPECT_EQ(a.plain("begin", 5'000), "ok 0");
}

}  // namespace
}  // namespace outboard
