// What became of numbered requests, asked of the same engine and of the next one (rule H8).

#include "engine/outcomes.h"

#include <gmock/gmock.h>

#include "engine/engine_testing.h"
#include "store/store_testing.h"

namespace outboard {
namespace {

constexpr Uuid ann{1, 2, 3}, ben{4, 5, 6};

// Engines over one file, one after the other.
struct OutcomesTest : testing::Test {
  OutcomesTest() { start(); }
  ~OutcomesTest() override { stop(); }

  void start() {
    trial = std::make_unique<EngineTrial>();
    trial->open = {
        .path = path, .name = {}, .storage = Storage::file, .durability = Durability::process};
    client = std::make_unique<TestClient>(*trial, ann);
  }
  // The engine goes, and nobody has said a word to it.
  void stop() {
    client->lose_engine();
    client.reset();
    trial.reset();
  }
  void restart() {
    stop();
    start();
  }

  std::string exec(const Sql& sql, std::uint64_t n = 0, std::uint64_t session = 0) {
    return client->exec(sql, {.session = session, .n = n});
  }
  std::string commit(std::uint64_t session, std::uint64_t n) {
    return client->done(client->ask_plain("commit", {.session = session, .n = n}));
  }
  std::string message() { return client->last().message(); }
  std::optional<Outcome> outcome() {
    return client->last().error ? client->last().error->outcome : std::nullopt;
  }

  // What the file says of them to a client that opens it, "a" applied, "n" not, "u" unknown.
  std::string outcomes(std::vector<std::uint64_t> numbers, const Uuid& name = ann) {
    TestClient other(*trial, TestClient::Start::bare);
    other.introduce(name);
    auto open = trial->open;
    open.unanswered = std::move(numbers);
    EXPECT_EQ(other.open(open), "ok 0");
    std::string letters;
    for (auto became : other.last().outcomes) letters += name_of(became)[0];
    return letters;
  }

  TrialFolder folder;
  std::string path = folder.file("trial.db");
  std::unique_ptr<EngineTrial> trial;
  std::unique_ptr<TestClient> client;
};

TEST_F(OutcomesTest, H8_WhatWasAppliedIsAnsweredAgainAndNotAppliedAgain) {
  exec("create table t(id integer primary key, v)", 1);
  EXPECT_EQ(exec("insert into t(v) values (1), (2)", 2), "ok 2");
  EXPECT_EQ(client->last().statement.last_insert_rowid, 2);
  EXPECT_EQ(exec("insert into t(v) values (1), (2)", 2), "ok 2");
  EXPECT_EQ(client->last().statement.last_insert_rowid, 2);
  restart();
  EXPECT_EQ(exec("create table t(id integer primary key, v)", 1), "ok 0");
  EXPECT_EQ(exec("insert into t(v) values (1), (2)", 2), "ok 2");
  EXPECT_EQ(client->last().statement.last_insert_rowid, 2);
  EXPECT_EQ(exec("select count(*) from t"), "2");
}

TEST_F(OutcomesTest, H8_ANewEngineTellsAtOpenWhatWasApplied) {
  exec("create table t(v unique)", 1);
  exec("insert into t values (1)", 2);
  EXPECT_EQ(exec("insert into t values (1)", 3), "constraint");
  exec("insert into t values (2)", 5);
  restart();
  EXPECT_EQ(outcomes({1, 2, 3, 4, 5, 6}), "aannan");
  EXPECT_EQ(outcomes({1, 2, 5}, ben), "nnn");
}

TEST_F(OutcomesTest, H8_RowsThatWereReturnedAreLostAndTheErrorSaysThatItWasApplied) {
  exec("create table t(v)", 1);
  EXPECT_EQ(exec("insert into t values (7) returning v", 2), "7");
  restart();
  EXPECT_EQ(exec("insert into t values (7) returning v", 2), "worker_lost");
  EXPECT_EQ(outcome(), Outcome::applied);
  EXPECT_EQ(exec("select count(*) from t"), "1");
}

TEST_F(OutcomesTest, H8_EachKindOfRequestIsAppliedOnce) {
  exec("create table t(v)");
  auto all = [&] {
    std::vector<std::string> answers = {
        client->many("insert into t values (?)", {{1}, {2}, {3}}, {.n = 1}),
        client->batch({"insert into t values (4)", "insert into t values (5)"}, Atomic::yes,
                      {.n = 2}),
        client->batch({"insert into t values (6)", "update t set v = v"}, Atomic::no, {.n = 3}),
        exec("insert into t values (7); insert into t values (8)", 4),
        exec("begin; insert into t values (9); commit", 5),
        exec("insert into t values (10); select 1; pragma user_version = 3", 6),
    };
    return answers;
  };
  auto answers = all();
  auto rows = exec("select group_concat(v) from t");
  restart();
  EXPECT_EQ(all(), (std::vector<std::string>{answers[0], answers[1], answers[2], answers[3],
                                             answers[4], "worker_lost"}));
  EXPECT_EQ(outcome(), Outcome::applied);  // the script had rows to return
  EXPECT_EQ(exec("select group_concat(v) from t"), rows);
}

TEST_F(OutcomesTest, H8_ATransactionIsAppliedByItsCommit) {
  exec("create table t(v)");
  client->plain("begin", 3);
  EXPECT_EQ(exec("insert into t values (1)", 1, 3), "ok 1");
  EXPECT_EQ(commit(3, 2), "ok 0");
  client->plain("begin", 4);
  exec("insert into t values (2)", 3, 4);
  restart();
  EXPECT_EQ(exec("select v from t"), "1");
  EXPECT_EQ(outcomes({1, 2, 3, 4}), "nann");
}

TEST_F(OutcomesTest, H8_ATransactionInSqlIsAppliedByItsCommit) {
  exec("create table t(v)");
  exec("begin", 1, 3);
  exec("insert into t values (1)", 2, 3);
  EXPECT_EQ(exec("end", 3, 3), "ok 0");
  exec("savepoint a", 4, 3);
  exec("savepoint b", 5, 3);
  exec("insert into t values (2)", 6, 3);
  exec("release b", 7, 3);
  exec("release a", 8, 3);
  restart();
  EXPECT_EQ(exec("select v from t"), "1|2");
  EXPECT_EQ(outcomes({1, 2, 3, 4, 5, 6, 7, 8}), "nnannnna");
}

TEST_F(OutcomesTest, H8_ACommitThatFailsIsNotApplied) {
  exec("create table p(id integer primary key)");
  exec("create table c(p references p deferrable initially deferred)");
  EXPECT_EQ(exec("insert into c values (1)", 1), "constraint");
  EXPECT_EQ(client->many("insert into c values (?)", {{1}}, {.n = 2}), "constraint");
  EXPECT_EQ(client->batch({"insert into c values (1)"}, Atomic::yes, {.n = 3}), "constraint");
  client->plain("begin", 3);
  exec("insert into c values (1)", 0, 3);
  EXPECT_EQ(commit(3, 4), "constraint");
  exec("insert into p values (1)", 0, 3);
  EXPECT_EQ(commit(3, 5), "ok 0");
  EXPECT_EQ(outcomes({1, 2, 3, 4, 5}), "nnnna");
}

TEST_F(OutcomesTest, H8_OfAScriptThatStoppedHalfWayNobodyCanTell) {
  exec("create table t(v unique)");
  EXPECT_EQ(exec("insert into t values (1); insert into t values (1)", 1), "constraint");
  EXPECT_EQ(exec("insert or fail into t values (2), (1)", 2), "constraint");
  EXPECT_EQ(client->batch({"insert into t values (3)", "nonsense"}, Atomic::no, {.n = 3}),
            "bad_request");
  EXPECT_EQ(client->batch({"insert into t values (4)", "nonsense"}, Atomic::yes, {.n = 4}),
            "bad_request");
  EXPECT_EQ(exec("select v from t"), "1|2|3");
  EXPECT_EQ(exec("insert into t values (1); insert into t values (1)", 1), "worker_lost");
  EXPECT_EQ(outcome(), Outcome::unknown);
  EXPECT_EQ(outcomes({1, 2, 3, 4}), "uuun");
}

// With a number and without one, the same comes of it.
TEST_F(OutcomesTest, H8_ANumberChangesNothingElse) {
  const char* scripts[] = {
      "create table t(id integer primary key, v unique)",
      "insert into t(v) values (1), (2)",
      "insert or fail into t(v) values (3), (1)",
      "insert or rollback into t(v) values (4), (1)",
      "insert or ignore into t(v) values (4), (1)",
      "insert into t(v) values (5), (1)",
      "create trigger r before insert on t when new.v = 9 begin select raise(rollback, 'no'); end",
      "insert into t(v) values (8), (9)",
      "insert into t(v) values (10); insert into t(v) values (9); insert into t(v) values (11)",
      "insert into t(v) values (20) returning id, v",
      "update t set v = v + 100",
      "select changes(), last_insert_rowid() from t limit 1",
      "update t set v = v + 1; select changes()",
      "insert into t(v) values (30); update t set v = -v where v < 110; select changes()",
      "begin; insert into t(v) values (40); rollback",
      "begin; insert into t(v) values (41)",
      "savepoint s; insert into t(v) values (42); release s",
      "create temp table x as select 1 as a",
      "insert into x values (2)",
      "delete from t where v = 130 returning v",
      "vacuum",
      "pragma foreign_keys = off; pragma foreign_keys",
      "pragma user_version = 4",
      "analyze; reindex",
      "drop table t",
      "begin",
      "commit",
      "nonsense",
      "",
  };
  EngineTrial plain;
  TestClient other(plain);
  std::uint64_t n = 0;
  for (auto script : scripts) {
    EXPECT_EQ(exec(script, ++n), other.exec(script)) << script;
    auto& here = client->last();
    auto& there = other.last();
    EXPECT_EQ(here.message(), there.message()) << script;
    if (there.statement.changes > 0) {
      EXPECT_EQ(here.statement.last_insert_rowid, there.statement.last_insert_rowid) << script;
    }
  }
}

TEST_F(OutcomesTest, H8_AnImportIsAppliedOnceAndLeavesTheOthersOutcomes) {
  exec("create table t(v)", 1);
  auto file = client->exported();
  exec("insert into t values (1)", 2);
  EXPECT_EQ(client->done(client->ask_import(file, false, {.n = 3})), "ok 0");
  EXPECT_EQ(exec("insert into t values (2)", 4), "ok 1");
  restart();
  EXPECT_EQ(client->done(client->ask_import(file, false, {.n = 3})), "ok 0");
  EXPECT_EQ(exec("select v from t"), "2");
  EXPECT_EQ(exec("pragma integrity_check"), "ok");
  EXPECT_EQ(outcomes({1, 2, 3, 4, 5}), "aaaan");
}

TEST_F(OutcomesTest, H8_AFileBringsNoOutcomesOfItsOwn) {
  exec("create table t(v)", 1);
  auto file = client->exported();
  EngineTrial elsewhere;
  TestClient other(elsewhere, ann);
  EXPECT_EQ(other.import(file), "ok 0");
  EXPECT_EQ(other.exec("insert into t values (1)", {.n = 1}), "ok 1");
  EXPECT_EQ(other.exec("select v from t"), "1");
}

TEST_F(OutcomesTest, H8_NobodySeesOrTouchesWhereTheyAreKept) {
  exec("create table t(v)", 1);
  EXPECT_EQ(exec("select name from sqlite_schema where name not like 'sqlite\\_%' escape '\\'"),
            "t");
  for (auto sql :
       {"select * from sqlite_outboard", "select count(*) from sqlite_outboard",
        "delete from sqlite_outboard", "insert into sqlite_outboard values (1, 2, 3, 4, 5)",
        "update SQLITE_OUTBOARD set n = 7", "insert into t select n from main.sqlite_outboard"})
    EXPECT_EQ(exec(sql), "denied") << sql;
  for (auto sql : {"drop table sqlite_outboard", "alter table sqlite_outboard add column v",
                   "create index i on sqlite_outboard(n)", "create table sqlite_outboard(v)",
                   "create trigger r after insert on sqlite_outboard begin select 1; end",
                   "create table sqlite_mine(v)"})
    EXPECT_THAT(exec(sql), testing::AnyOf("bad_request", "denied")) << sql;
  EXPECT_EQ(exec("vacuum"), "ok 0");
  EXPECT_EQ(exec("pragma integrity_check"), "ok");
  EXPECT_EQ(outcomes({1}), "a");
}

TEST_F(OutcomesTest, H8_WithoutANumberNothingIsKept) {
  exec("create table t(v)");
  client->many("insert into t values (?)", {{1}});
  EXPECT_EQ(exec("select name from sqlite_schema"), "t");
  TestClient unnamed(*trial);
  EXPECT_EQ(unnamed.exec("insert into t values (2)", {.n = 1}), "ok 1");
  EXPECT_EQ(unnamed.exec("insert into t values (2)", {.n = 1}), "ok 1");
  EXPECT_EQ(exec("select name from sqlite_schema"), "t");
}

TEST_F(OutcomesTest, H8_ARollbackTakesTheNoteAlongAndTheNextOneIsKept) {
  EXPECT_EQ(client->batch({"create table t(v)", "nonsense"}, Atomic::yes, {.n = 1}), "bad_request");
  client->plain("begin", 3);
  exec("create table t(v)", 0, 3);
  client->plain("rollback", 3);
  exec("create table t(v)", 2);
  EXPECT_EQ(outcomes({1, 2}), "na");
}

TEST_F(OutcomesTest, H8_AClientThatClosesIsForgotten) {
  exec("create table t(v)", 1);
  TestClient other(*trial, ben);
  other.exec("insert into t values (1)", {.n = 1});
  EXPECT_EQ(other.done(other.ask_plain("close")), "ok 0");
  EXPECT_EQ(outcomes({1}, ben), "n");
  EXPECT_EQ(outcomes({1}, ann), "a");
}

TEST_F(OutcomesTest, H8_AClientThatComesAgainEndsItsConnectionOfBefore) {
  exec("create table t(v)");
  TestClient other(*trial);
  other.plain("begin", 1);
  auto waiting = client->ask("insert into t values (1)", {.n = 1});  // for the other's end
  trial->run();
  EXPECT_EQ(outcomes({1}), "n");
  EXPECT_FALSE(trial->engine.is_connected(client->id()));
  other.plain("rollback", 1);
  EXPECT_EQ(client->brief(waiting), "…");
  EXPECT_EQ(other.exec("select count(*) from t"), "0");  // it is not done after it was told
}

TEST_F(OutcomesTest, L7_TheNewestTenThousandOfAClientAreKept) {
  exec("create table t(v)");
  auto last = limits::outcomes_kept + 1'500;
  for (std::uint64_t n = 1; n <= last; ++n) exec("insert into t values (1)", n);
  EXPECT_EQ(outcomes({1, 400, last - limits::outcomes_kept + 1, last, last + 1}), "uuaan");
}

TEST_F(OutcomesTest, L7_TheClientsThatWroteLastAreKept) {
  exec("create table t(v)", 1);
  auto name = [](std::uint64_t i) {
    return Uuid{9, static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)};
  };
  for (std::uint64_t i = 1; i <= limits::outcome_clients_max; ++i) {
    trial->pass_ms(2);
    TestClient other(*trial, name(i));
    other.exec("insert into t values (1)", {.n = 1});
  }
  EXPECT_EQ(outcomes({1}), "n");
  EXPECT_EQ(outcomes({1}, name(1)), "a");
  EXPECT_EQ(outcomes({1}, name(limits::outcome_clients_max)), "a");
}

TEST_F(OutcomesTest, L7_AnAnswerThatIsLongIsNotKept) {
  exec("create table t(v)");
  std::vector<Sql> statements(100, "insert into t values (1)");
  client->batch(statements, Atomic::yes, {.n = 1});
  client->batch(statements, Atomic::yes, {.n = 1});
  EXPECT_EQ(outcome(), Outcome::applied);
  EXPECT_EQ(exec("select count(*) from t"), "100");
}

TEST_F(OutcomesTest, L10_WhoDoesNotSayWhoHeIsCannotAsk) {
  TestClient other(*trial, TestClient::Start::greeted);
  auto open = trial->open;
  open.unanswered = {1};
  EXPECT_EQ(other.open(open), "bad_request");
  EXPECT_EQ(exec("select 1", std::uint64_t{1} << 63), "bad_request");
}

}  // namespace
}  // namespace outboard
