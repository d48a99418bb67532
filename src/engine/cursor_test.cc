// Results that are read in pieces, under credit.

#include "engine/engine_testing.h"

namespace outboard {
namespace {

struct Streams : testing::Test {
  Streams() { EXPECT_EQ(a.exec("create table t(v); insert into t " + counting(100)), "ok 100"); }

  EngineTrial trial;
  TestClient a{trial};
  TestClient b{trial};
};

constexpr Head one{.session = 1};

TEST_F(Streams, H6_OnlyAsManyChunksAsThereIsCreditFor) {
  auto id = a.ask_stream("select v from t limit 7", 2);
  EXPECT_EQ(a.done(id), "1|2…");
  a.credit(id, 2);
  EXPECT_EQ(a.done(id), "1|2|3|4|5|6…");
  EXPECT_EQ(a.answer(id).frames, 3);
  a.credit(id, 60);
  EXPECT_EQ(a.done(id), "1|2|3|4|5|6|7");
  EXPECT_EQ(a.answer(id).frames, 4);
  a.credit(id, 1);  // nothing any more
  EXPECT_EQ(a.done(id), "1|2|3|4|5|6|7");
}

TEST_F(Streams, L7_CreditIsBounded) {
  auto id = a.ask_stream("select v from t", 1);
  a.credit(id, 5);
  a.credit(id, ~std::uint64_t{0});
  trial.run();
  EXPECT_EQ(a.answer(id).frames, 1 + 0);  // credit that came before the first piece is lost
  a.credit(id, 5);
  a.credit(id, ~std::uint64_t{0} - 2);
  trial.run();
  EXPECT_EQ(a.answer(id).frames, static_cast<int>(1 + limits::credit_max));
}

TEST_F(Streams, H5_AStreamIsASnapshotThatNeverWaitsForAWriter) {
  auto id = a.ask_stream("select count(*), sum(v) from t union all select v, 0 from t", 1);
  EXPECT_EQ(a.done(id), "100 5050…");
  EXPECT_EQ(b.exec("delete from t"), "ok 100");
  EXPECT_EQ(b.plain("begin", 1), "ok 0");
  EXPECT_EQ(b.exec("drop table t", one), "ok 0");
  for (int i = 0; i < 3; ++i) a.credit(id, 64), trial.run();
  EXPECT_TRUE(a.answer(id).ended);
  EXPECT_EQ(a.answer(id).rows.size(), 101u);
  EXPECT_EQ(b.plain("commit", 1), "ok 0");
  EXPECT_EQ(a.exec("select * from t"), "bad_request");
}

TEST_F(Streams, H5_ASchemaChangeBesideAnOpenStreamAndCachedStatements) {
  EXPECT_EQ(a.exec("select * from t limit 1"), "1");
  auto id = a.ask_stream("select * from t limit 3", 1);
  trial.run();
  EXPECT_EQ(b.exec("alter table t add column w default 'new'"), "ok 0");
  EXPECT_EQ(a.exec("select * from t limit 1"), "1 new");
  EXPECT_EQ(a.last().statement.columns.size(), 2u);
  a.credit(id, 9);
  EXPECT_EQ(a.done(id), "1|2|3");
  EXPECT_EQ(b.exec("alter table t drop column w"), "ok 0");
  EXPECT_EQ(a.exec("select * from t limit 1"), "1");
}

TEST_F(Streams, TheSameSqlMayBeReadTwiceAtATime) {
  auto sql = "select v from t limit 4";
  for (auto head : {Head{}, one}) {
    if (head.session) {
      EXPECT_EQ(a.plain("begin", 1), "ok 0");
    }
    auto first = a.ask_stream(sql, 1, head);
    auto second = a.ask_stream(sql, 1, head);
    trial.run();
    a.credit(first, 1);
    EXPECT_EQ(a.done(first), "1|2…");
    a.credit(second, 9);
    EXPECT_EQ(a.done(second), "1|2|3|4");
    EXPECT_EQ(a.exec(sql, head), "1|2|3|4");
    a.credit(first, 9);
    EXPECT_EQ(a.done(first), "1|2|3|4");
  }
}

TEST_F(Streams, L7_StreamsAreBoundedAndRecover) {
  for (auto head : {Head{}, one}) {
    if (head.session) {
      EXPECT_EQ(a.plain("begin", 1), "ok 0");
    }
    std::vector<std::uint64_t> open;
    for (std::size_t i = 0; i < limits::streams_max; ++i) {
      open.push_back(a.ask_stream("select v from t", 1, head));
      EXPECT_EQ(a.done(open.back()), "1…");
    }
    EXPECT_EQ(a.done(a.ask_stream("select v from t", 1, head)), "busy");
    EXPECT_EQ(b.done(b.ask_stream("select v from t", 1)), "busy");
    // What needs no more than its first piece goes on.
    EXPECT_EQ(a.exec("select count(*) from t", head), "100");
    EXPECT_EQ(b.exec("select count(*) from t"), "100");
    EXPECT_EQ(b.batch({"select 1", "select 2"}), "1|2");
    EXPECT_EQ(b.many("select ?", {{1}, {2}}), "0 1|1 2");
    a.cancel(open[3]);
    EXPECT_EQ(a.done(open[3]), "cancelled");
    open[3] = b.ask_stream("select v from t", 1);
    EXPECT_EQ(b.done(open[3]), "1…");
    b.cancel(open[3]);
    for (auto id : open) a.cancel(id);
    trial.run();
  }
}

struct LargeResults : Streams {
  void fill_all_places() {
    for (std::size_t i = 0; i < limits::results_max; ++i) {
      reading.push_back(a.ask(large));
      trial.run();
      EXPECT_FALSE(a.ended(reading.back()));
    }
  }
  void read_to_the_end(TestClient& client, std::uint64_t id) {
    for (int i = 0; i < 10 && !client.ended(id); ++i) client.credit(id, 8), trial.run();
    EXPECT_TRUE(client.ended(id));
  }

  std::string large = "select v, zeroblob(600000) from t limit 6";
  std::vector<std::uint64_t> reading;
};

TEST_F(LargeResults, H6_WaitForEachOtherAndNoneIsRefused) {
  fill_all_places();
  auto behind = b.ask(large);
  auto many = b.ask_many("select v from t where v = ?", {{1}, {2}});
  EXPECT_EQ(b.exec("select count(*) from t"), "100");  // needs no place
  EXPECT_EQ(b.exec("insert into t values (101)"), "ok 1");
  auto stream = b.ask_stream("select v from t", 1);  // has places of its own
  EXPECT_EQ(b.done(stream), "1…");
  EXPECT_EQ(b.answer(behind).frames + b.answer(many).frames, 0);
  read_to_the_end(a, reading[0]);
  EXPECT_GT(b.answer(behind).frames, 0);
  read_to_the_end(a, reading[1]);
  EXPECT_EQ(b.done(many), "0 1|1 2");
  read_to_the_end(b, behind);
  EXPECT_EQ(b.answer(behind).rows.size(), 6u);
}

TEST_F(LargeResults, H4_WhatASessionAsksStaysInOrderWhileOneWaits) {
  fill_all_places();
  EXPECT_EQ(b.plain("begin", 1), "ok 0");
  auto waits = b.ask(large, one);
  auto change = b.ask("delete from t", one);
  trial.run();
  EXPECT_FALSE(b.ended(change));
  trial.pass_ms(limits::transaction_idle_ms + 100);  // not idle: it is awaited
  read_to_the_end(a, reading[0]);
  EXPECT_EQ(b.answer(waits).frames, 1);
  EXPECT_EQ(b.done(change), "ok 100");
}

TEST_F(LargeResults, L8_TheDeadlineHoldsForOneThatWaits) {
  fill_all_places();
  auto late = b.ask(large, {.timeout_ms = 50});
  trial.run();
  trial.pass_ms(60);
  EXPECT_EQ(b.brief(late), "timeout");
}

TEST_F(Streams, L8_AReaderThatAsksForNothingIsCancelled) {
  auto idle = a.ask_stream("select v from t", 1);
  auto reads = a.ask_stream("select v from t limit 4", 1);
  trial.run();
  trial.pass_ms(20'000);
  a.credit(reads, 1);
  trial.run();
  ASSERT_TRUE(trial.engine.wake_at_us());
  EXPECT_LE(*trial.engine.wake_at_us(), trial.platform.now_us + 10'000'000);
  trial.pass_ms(10'100);
  EXPECT_EQ(a.brief(idle), "cancelled");
  EXPECT_EQ(a.brief(reads), "1|2…");
  a.credit(reads, 9);
  EXPECT_EQ(a.done(reads), "1|2|3|4");
}

TEST_F(Streams, H4_AStreamInATransactionEndsWithIt) {
  for (auto end : {"commit", "rollback"}) {
    EXPECT_EQ(a.plain("begin", 1), "ok 0");
    EXPECT_EQ(a.exec("insert into t values (1000)", one), "ok 1");
    auto inside = a.ask_stream("select v from t order by v desc", 1, one);
    auto beside = a.ask_stream("select v from t order by v desc", 1);
    trial.run();
    EXPECT_EQ(a.plain(end, 1), "ok 0");
    EXPECT_EQ(a.brief(inside), "cancelled") << end;
    EXPECT_EQ(a.brief(beside), "100…");
    a.cancel(beside);
    EXPECT_EQ(a.exec("delete from t where v = 1000"), end[0] == 'c' ? "ok 1" : "ok 0");
  }
}

TEST_F(Streams, H4_AStreamLivesOnWhenANestedTransactionEnds) {
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  auto stream = a.ask_stream("select v from t limit 3", 1, one);
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.exec("insert into t values (1)", one), "ok 1");
  EXPECT_EQ(a.plain("rollback", 1), "ok 0");
  a.credit(stream, 9);
  EXPECT_EQ(a.done(stream), "1|2|3");
  EXPECT_EQ(a.plain("rollback", 1), "ok 0");
}

TEST_F(Streams, StreamTakesOneStatementThatOnlyReads) {
  for (auto sql : {"insert into t values (1)", "select 1; select 2", "", "-- nothing", "begin",
                   "insert into t values (1) returning v", "pragma user_version = 3"})
    EXPECT_EQ(a.done(a.ask_stream(sql, 1)), "bad_request") << sql;
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.done(a.ask_stream("delete from t returning v", 1, one)), "bad_request");
  EXPECT_EQ(a.done(a.ask_stream("commit", 1, one)), "bad_request");
  EXPECT_EQ(a.exec("select count(*) from t", one), "100");
}

TEST_F(Streams, L8_AnErrorLateInTheResultEndsIt) {
  auto id =
      a.ask_stream("select case when v < 4 then v else abs(-9223372036854775808) end from t", 2);
  EXPECT_EQ(a.done(id), "1|2…");
  a.credit(id, 1);
  EXPECT_EQ(a.done(id), "bad_request");
  a.credit(id, 1);
  trial.run();
  EXPECT_EQ(a.exec("select 1"), "1");
}

TEST_F(Streams, L10_ABrokenCreditEndsTheStreamWithOneError) {
  auto id = a.ask_stream("select v from t", 1);
  trial.run();
  Bytes message;
  FrameWriter frame(message);
  cbor::Writer out(message);
  begin_envelope(out, FrameKind::credit, id, {}, 1);
  out.text("much");
  frame.end_head();
  frame.finish();
  a.send_raw(std::move(message));
  EXPECT_EQ(a.done(id), "bad_request");
  a.credit(id, 4);
  trial.run();
  EXPECT_EQ(a.answer(id).frames, 2);
}

TEST_F(Streams, L7_ARowLargerThanAFrameIsTooLarge) {
  EXPECT_EQ(a.exec("select zeroblob(40000000), zeroblob(40000000)"),
            "blob(40000000) blob(40000000)");
  EXPECT_EQ(a.exec("select zeroblob(67000000), zeroblob(67000000)"), "too_large");
  EXPECT_EQ(a.exec("select zeroblob(67108865)"), "too_large");
  EXPECT_EQ(a.exec("select 1"), "1");
}

TEST_F(Streams, L7_TwoThousandColumnsAndTheirNames) {
  std::string wide = "select 1";
  for (int i = 1; i < 2'000; ++i) wide += ", 1";
  a.exec(wide);
  EXPECT_EQ(a.last().statement.columns.size(), 2'000u);
  EXPECT_EQ(a.exec(wide + ", 1"), "bad_request");
  EXPECT_EQ(a.exec("create view long as select 1 as \"" + std::string(900'000, 'x') + "\""),
            "ok 0");
  EXPECT_EQ(a.exec("select * from long"), "1");
  std::string names = "select l.*";
  for (int i = 1; i < 300; ++i) names += ", l.*";
  names += " from long l";
  EXPECT_EQ(a.exec(names), "too_large");
  EXPECT_EQ(a.batch({names}), "too_large");
  EXPECT_EQ(a.many(names, {{}}), "too_large");
  EXPECT_EQ(a.done(a.ask_stream(names, 1)), "too_large");
  EXPECT_EQ(a.batch(std::vector<Sql>(200, "select * from long")), "too_large");
}

}  // namespace
}  // namespace outboard
