// What an application adds to its engine, as the application sees it.

#include <outboard/set_up.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

#include "store/store_testing.h"

namespace outboard {
namespace {

using Answer = Result<Value>;
using Context = SetUp;  // within a test that is GoogleTest's

Database opened(SetUpFunction set_up, Options options = {.storage = Storage::memory}) {
  auto db = open("set-up", options, std::move(set_up));
  if (!db) throw std::runtime_error(to_string(db.error()));
  return std::move(*db);
}

Error why_not(SetUpFunction set_up) {
  auto db = open("set-up", {.storage = Storage::memory}, std::move(set_up));
  return db ? Error{Code::internal, "it was opened", ""} : db.error();
}

// A set-up that adds one function.
SetUpFunction with(std::string name, FunctionOptions options, Function function) {
  return [=](Context& set_up) -> Result<void> {
    set_up.function(name, options, function);
    return {};
  };
}

// The first cell, as an SQL literal, or the error.
std::string ask(Session& db, Sql sql) {
  auto rows = db.exec(std::move(sql)).get();
  if (!rows) return to_string(rows.error());
  return rows->empty() ? "no row" : to_sql_literal(rows->front().value(0));
}

Error failure(Session& db, Sql sql) {
  auto rows = db.exec(std::move(sql)).get();
  return rows ? Error{Code::internal, "it did not fail", ""} : rows.error();
}

Answer doubled(const Call& call) { return call.integer(0) * 2; }

TEST(SetUp, AFunctionIsCalledByReadsWritesStreamsAndTransactions) {
  auto db = opened(with("doubled", {.arguments = 1}, doubled));
  ASSERT_TRUE(db.exec("create table t(a)").get().ok());
  ASSERT_TRUE(db.exec("insert into t values (doubled(4)), (doubled(5))").get().ok());
  EXPECT_EQ(ask(db, "select group_concat(doubled(a)) from t"), "'16,20'");
  auto tx = db.begin().get();
  ASSERT_TRUE(tx.ok());
  EXPECT_EQ(ask(*tx, {"update t set a = doubled(a) where doubled(a) = ? returning a", {16}}), "16");
  EXPECT_EQ(ask(*tx, "select sum(doubled(a)) from t"), "52");
  ASSERT_TRUE(tx->commit().get().ok());
  auto stream = db.stream("select doubled(a) from t order by a", {.chunk_rows = 1}).get();
  ASSERT_TRUE(stream.ok());
  std::int64_t sum = 0;
  for (;;) {
    auto rows = stream->next().get();
    ASSERT_TRUE(rows.ok());
    if (!*rows) break;
    for (auto row : **rows) sum += row.integer(0);
  }
  EXPECT_EQ(sum, 52);
}

TEST(SetUp, EveryValueGoesInAndComesOutAsItIs) {
  auto db = opened(
      with("same", {.arguments = 1}, [](const Call& call) -> Answer { return call.value(0); }));
  std::vector<Value> values = {nullptr,
                               0,
                               -1,
                               1.5,
                               -0.25,
                               1e300,
                               "",
                               "x",
                               "ä€😀",
                               Bytes{},
                               Bytes{0, 255, 1},
                               std::string("a\0b", 3),
                               std::numeric_limits<std::int64_t>::min(),
                               std::numeric_limits<std::int64_t>::max(),
                               std::numeric_limits<double>::infinity(),
                               std::string(100'000, 'y'),
                               Bytes(100'000, 7)};
  for (auto& value : values) {
    auto rows = db.exec({"select same(?), typeof(same(?))", {value, value}}).get();
    ASSERT_TRUE(rows.ok()) << to_sql_literal(value);
    EXPECT_EQ(rows->front().value(0), value);
  }
  EXPECT_EQ(ask(db, "select typeof(same(x'')) || typeof(same('')) || typeof(same(null))"),
            "'blobtextnull'");
}

TEST(SetUp, ACallTellsHowManyArgumentsOfWhichKindItHas) {
  auto db = opened(with("kinds", {}, [](const Call& call) -> Answer {
    std::string kinds;
    for (std::size_t i = 0; i < call.size(); ++i)
      kinds += std::to_string(static_cast<int>(call.kind(i)));
    return kinds;
  }));
  EXPECT_EQ(ask(db, "select kinds()"), "''");
  EXPECT_EQ(ask(db, "select kinds(null, 1, 1.5, 'x', x'00')"), "'01234'");
}

TEST(SetUp, OneNameHasAFunctionForEachNumberOfArguments) {
  auto db = opened([](Context& set_up) -> Result<void> {
    set_up.function("f", {.arguments = 0}, [](const Call&) -> Answer { return "none"; });
    set_up.function("f", {.arguments = 2}, [](const Call&) -> Answer { return "two"; });
    set_up.function("F", {}, [](const Call&) -> Answer { return "any"; });
    return {};
  });
  EXPECT_EQ(ask(db, "select f() || f(1) || F(1, 2)"), "'noneanytwo'");
}

TEST(SetUp, AFunctionsErrorIsTheStatementsAndUndoesIt) {
  auto db = opened(with("even", {.arguments = 1}, [](const Call& call) -> Answer {
    if (call.integer(0) % 2 == 0) return call.integer(0);
    return Error{Code::constraint, "odd numbers are out of stock", "take an even one"};
  }));
  ASSERT_TRUE(db.exec("create table t(a)").get().ok());
  auto error =
      failure(db, "insert into t select even(value) from (select 2 as value union select 3)");
  EXPECT_EQ(error.code, Code::constraint);
  EXPECT_EQ(error.message, "the function even failed: odd numbers are out of stock");
  EXPECT_EQ(error.hint, "take an even one");
  EXPECT_EQ(ask(db, "select count(*) from t"), "0");
}

TEST(SetUp, WhatAFunctionThrowsIsAnError) {
  auto db = opened([](Context& set_up) -> Result<void> {
    set_up.function("throws", {},
                    [](const Call&) -> Answer { throw std::out_of_range("too far"); });
    set_up.function("throws_text", {}, [](const Call&) -> Answer { throw "x"; });
    set_up.function("lies", {}, [](const Call&) -> Answer {
      return Error{Code::worker_lost, "I am gone", ""};
    });
    return {};
  });
  EXPECT_EQ(failure(db, "select throws()").message,
            "the function throws failed: it threw: too far");
  EXPECT_EQ(failure(db, "select throws_text()").code, Code::bad_request);
  EXPECT_EQ(failure(db, "select lies()").code, Code::bad_request);  // the engine's alone to say
  EXPECT_EQ(ask(db, "select 1"), "1");
}

TEST(SetUp, TheSchemaCallsWhatIsMeantForIt) {
  auto db =
      opened(with("doubled", {.arguments = 1, .deterministic = true, .in_schema = true}, doubled));
  auto made = db.exec(
                    "create table t(a integer check (doubled(a) < 100),"
                    "               b integer generated always as (doubled(a)) stored);"
                    "create index by_double on t(doubled(a) + 1);"
                    "create table log(x);"
                    "create trigger logs after insert on t begin"
                    "  insert into log values (doubled(new.a) + 1); end;"
                    "create view v as select doubled(b) as c from t")
                  .get();
  ASSERT_TRUE(made.ok()) << to_string(made.error());
  ASSERT_TRUE(db.exec("insert into t(a) values (3), (4)").get().ok());
  EXPECT_EQ(ask(db, "select group_concat(c) from v"), "'12,16'");
  EXPECT_EQ(ask(db, "select group_concat(x) from log"), "'7,9'");
  EXPECT_EQ(ask(db, "select a from t indexed by by_double where doubled(a) + 1 = 9"), "4");
  EXPECT_EQ(failure(db, "insert into t(a) values (60)").code, Code::constraint);
  EXPECT_EQ(ask(db, "pragma integrity_check"), "'ok'");
  EXPECT_TRUE(db.exec("vacuum").get().ok());
}

TEST(SetUp, TheSchemaCallsNothingElse) {
  auto db = opened(with("plain", {.arguments = 1}, doubled));
  auto error = failure(db, "create table t(a check (plain(a) < 100)); insert into t values (1)");
  EXPECT_EQ(error.message, "unsafe use of plain()");
  EXPECT_NE(error.hint.find("for use in the schema"), std::string::npos);
  ASSERT_TRUE(db.exec("create table u(a)").get().ok());
  EXPECT_EQ(failure(db, "create index i on u(plain(a))").code, Code::bad_request);
}

TEST(SetUp, WhereTheSetUpIsMissingTheErrorSaysSo) {
  TrialFolder folder;
  auto path = folder.file("notes.db");
  {
    auto db = open(path, {}, with("doubled", {1, true, true}, doubled));
    ASSERT_TRUE(db.ok());
    ASSERT_TRUE(db->exec("create table t(a); create index i on t(doubled(a))").get().ok());
    ASSERT_TRUE(db->exec("insert into t values (1)").get().ok());
  }
  auto db = open(path);
  ASSERT_TRUE(db.ok());
  EXPECT_EQ(ask(*db, "select a from t"), "1");
  auto error = failure(*db, "insert into t values (2)");
  EXPECT_EQ(error.code, Code::bad_request);
  EXPECT_NE(error.message.find("unknown function: doubled()"), std::string::npos);
  EXPECT_NE(error.hint.find("the set-up that adds it"), std::string::npos);
  EXPECT_EQ(failure(*db, "select doubled(1)").hint, "check its name, or add it in the set-up");
  ASSERT_TRUE(db->close().ok());
  auto again = open(path, {}, with("doubled", {1, true, true}, doubled));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(ask(*again, "insert into t values (2) returning a"), "2");
}

TEST(SetUp, NamesThatAreTakenAreRefused) {
  for (auto* name : {"upper", "LIKE", "uuid7", "changes", "bm25", "outboard_track", "outboard_x",
                     "sqlite_x", "sum"}) {
    auto error = why_not(with(name, {.arguments = 1}, doubled));
    EXPECT_EQ(error.code, Code::bad_request) << name;
    EXPECT_NE(error.message.find("there is a function " + std::string(name)), std::string::npos)
        << error.message;
  }
}

TEST(SetUp, WhatCannotBeAddedFailsTheOpening) {
  EXPECT_NE(why_not(with("a b", {}, doubled)).message.find("cannot name"), std::string::npos);
  EXPECT_NE(why_not(with("", {}, doubled)).message.find("cannot name"), std::string::npos);
  EXPECT_NE(why_not(with("1st", {}, doubled)).message.find("cannot name"), std::string::npos);
  EXPECT_EQ(why_not(with(std::string(65, 'x'), {}, doubled)).code, Code::bad_request);
  EXPECT_EQ(opened(with(std::string(64, 'x'), {}, doubled)).info().storage, Storage::memory);
  EXPECT_EQ(why_not(with("f", {.arguments = 101}, doubled)).code, Code::bad_request);
  EXPECT_EQ(why_not(with("f", {}, nullptr)).code, Code::bad_request);
  EXPECT_NE(why_not([](Context& set_up) -> Result<void> {
              set_up.function("f", {.arguments = 1}, doubled);
              set_up.function("F", {.arguments = 1}, doubled);
              return {};
            }).message.find("twice"),
            std::string::npos);
}

TEST(SetUp, FiveHundredFunctionsAreTheMost) {
  auto many = [](int count) {
    return [count](Context& set_up) -> Result<void> {
      for (int i = 0; i < count; ++i) set_up.function("f" + std::to_string(i), {}, doubled);
      return {};
    };
  };
  auto db = opened(many(500));
  EXPECT_EQ(ask(db, "select f499(21)"), "42");
  EXPECT_EQ(why_not(many(501)).code, Code::too_large);
}

TEST(SetUp, ASetUpThatFailsOrThrowsFailsTheOpening) {
  auto error = why_not([](Context&) -> Result<void> {
    return Error{Code::unavailable, "no dictionary", "download it first"};
  });
  EXPECT_EQ(error.code, Code::unavailable);
  EXPECT_EQ(error.message, "the set-up failed: no dictionary");
  EXPECT_EQ(error.hint, "download it first");
  auto thrown = why_not([](Context&) -> Result<void> { throw std::runtime_error("no idea"); });
  EXPECT_EQ(thrown.message, "the set-up failed: it threw: no idea");
}

TEST(SetUp, WhatTheApplicationConfiguresReachesIt) {
  std::string heard;
  auto set_up = [&](Context& context) -> Result<void> {
    return heard = context.config(), Result<void>();
  };
  opened(set_up, {.storage = Storage::memory, .config = R"({"language": "de"})"});
  EXPECT_EQ(heard, R"({"language": "de"})");
  auto nobody = open("x", {.storage = Storage::memory, .config = "something"});
  ASSERT_FALSE(nobody.ok());
  EXPECT_NE(nobody.error().message.find("no set-up"), std::string::npos);
}

TEST(SetUp, ASetUpFunctionDoesNotTravelToAnotherProcess) {
  auto db = open("x", {.host = Host::process}, with("f", {}, doubled));
  ASSERT_FALSE(db.ok());
  EXPECT_NE(db.error().hint.find("run_if_sidecar"), std::string::npos);
}

TEST(SetUp, ItRunsInlineToo) {
  auto db =
      opened(with("doubled", {}, doubled), {.host = Host::on_caller, .storage = Storage::memory});
  EXPECT_EQ(ask(db, "select doubled(21)"), "42");
}

// ---- Reading ----

Answer count_of(const Call& call) {
  auto rows = call.read({"select count(*) as n from t where a >= ?", {call.value(0)}});
  if (!rows) return rows.error();
  return rows->front().integer("n");
}

TEST(SetUp, AFunctionReadsWhatItsStatementSees) {
  auto db = opened(with("count_of", {.arguments = 1}, count_of));
  ASSERT_TRUE(db.exec("create table t(a); insert into t values (1), (2), (3)").get().ok());
  EXPECT_EQ(ask(db, "select count_of(2)"), "2");
  auto tx = db.begin().get();
  ASSERT_TRUE(tx.ok());
  ASSERT_TRUE(tx->exec("insert into t values (4)").get().ok());
  EXPECT_EQ(ask(*tx, "select count_of(2)"), "3");
  EXPECT_EQ(ask(db, "select count_of(2)"), "2");  // not what others have not committed
  ASSERT_TRUE(tx->commit().get().ok());
  EXPECT_EQ(ask(db, "insert into t select count_of(2) returning a"), "3");
}

TEST(SetUp, AFunctionOnlyReads) {
  std::string sql;
  auto db = opened(with("run", {}, [&](const Call& call) -> Answer {
    auto rows = call.read(sql);
    if (!rows) return rows.error();
    return rows->empty() ? Value() : rows->front().value(0);
  }));
  ASSERT_TRUE(db.exec("create table t(a); insert into t values (7)").get().ok());
  for (auto* refused :
       {"insert into t values (1)", "delete from t", "begin", "commit", "select 1; select 2", "",
        "create table u(a)", "pragma user_version = 3", "attach 'x' as y", "vacuum",
        "select outboard_track('t')", "with x as (select 1) insert into t select * from x"}) {
    sql = refused;
    for (auto* call : {"select run()", "update t set a = run()"})
      EXPECT_EQ(failure(db, call).code, Code::bad_request) << refused;
  }
  ASSERT_TRUE(db.exec("create table kept(id blob primary key not null);"
                      "select outboard_track('kept')")
                  .get()
                  .ok());
  sql = "select * from sqlite_outboard_tracked";
  EXPECT_EQ(failure(db, "select run()").message,
            "the function run failed: the table is the engine's own");
  EXPECT_EQ(failure(db, "update t set a = run()").code, Code::denied);
  sql = "select b from t";
  EXPECT_NE(failure(db, "select run()").message.find("no such column"), std::string::npos);
  sql = "select a from t";
  EXPECT_EQ(ask(db, "select run()"), "7");
}

TEST(SetUp, ADeterministicFunctionDoesNotRead) {
  auto db = opened(with("count_of", {.arguments = 1, .deterministic = true}, count_of));
  ASSERT_TRUE(db.exec("create table t(a)").get().ok());
  EXPECT_NE(failure(db, "select count_of(2)").message.find("deterministic"), std::string::npos);
}

TEST(SetUp, FunctionsThatReadEachOtherStopAtALimit) {
  auto db = opened(with("down", {.arguments = 1}, [](const Call& call) -> Answer {
    if (call.integer(0) <= 1) return 1;
    auto rows = call.read({"select down(?)", {call.integer(0) - 1}});
    if (!rows) return rows.error();
    return rows->front().integer(0) + 1;
  }));
  EXPECT_EQ(ask(db, "select down(8)"), "8");
  EXPECT_EQ(failure(db, "select down(9)").code, Code::too_large);
  EXPECT_EQ(ask(db, "select down(8)"), "8");
}

TEST(SetUp, ARecordedTransactionHoldsWhatAFunctionGave) {
  auto db =
      opened(with("doubled", {.arguments = 1, .deterministic = true, .in_schema = true}, doubled));
  ASSERT_TRUE(db.exec("create table t(id blob primary key not null, a integer)").get().ok());
  ASSERT_TRUE(db.exec("select outboard_track('t')").get().ok());
  ASSERT_TRUE(db.exec("insert into t values (uuid7(), doubled(3))").get().ok());
  EXPECT_EQ(failure(db, "update t set a = doubled(a), id = doubled()").code, Code::bad_request);
  EXPECT_EQ(ask(db, "update t set a = doubled(a) returning a"), "12");
}

// ---- Aggregates ----

class Longest : public Aggregate {
 public:
  Result<void> step(const Call& call) override {
    if (call.is_null(0)) return Error{Code::bad_request, "null has no length", ""};
    if (call.text(0).size() > longest_.size()) longest_ = call.text(0);
    return {};
  }
  Result<Value> finish() override { return longest_; }

 private:
  std::string longest_;
};

TEST(SetUp, AnAggregateGivesOneValueForEachGroup) {
  auto db = opened([](Context& set_up) -> Result<void> {
    set_up.aggregate("longest", {.arguments = 1}, [] { return std::make_unique<Longest>(); });
    return {};
  });
  ASSERT_TRUE(db.exec("create table t(g, a);"
                      "insert into t values (1,'x'), (1,'yyy'), (2,'zz'), (1,'yy')")
                  .get()
                  .ok());
  EXPECT_EQ(ask(db, "select group_concat(l) from (select longest(a) as l from t group by g)"),
            "'yyy,zz'");
  EXPECT_EQ(ask(db, "select longest(a) from t where g = 3"), "''");
  ASSERT_TRUE(db.exec("insert into t values (2, null)").get().ok());
  EXPECT_EQ(failure(db, "select longest(a) from t group by g").message,
            "the function longest failed: null has no length");
  EXPECT_EQ(ask(db, "select longest(a) from t where g = 1"), "'yyy'");
}

}  // namespace
}  // namespace outboard
