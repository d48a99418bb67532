// exec and batch: which connection they run on, and that nothing is half done.

#include "engine/statements.h"

#include "engine/engine_testing.h"

namespace outboard {
namespace {

struct ExecAndBatch : testing::Test {
  ExecAndBatch() { EXPECT_EQ(a.exec("create table t(v unique)"), "ok 0"); }

  EngineTrial trial;
  TestClient a{trial};
  TestClient b{trial};
};

constexpr Head one{.session = 1};

TEST_F(ExecAndBatch, AScriptGivesTheLastRowsAndCountsAllChanges) {
  EXPECT_EQ(a.exec("insert into t values (1), (2); select v from t; insert into t values (3)"),
            "1|2");
  EXPECT_EQ(a.last().statement.changes, 3);
  EXPECT_EQ(a.exec(""), "ok 0");
  EXPECT_EQ(a.exec(" ; /* nothing */ ; -- at all"), "ok 0");
  EXPECT_EQ(a.exec("insert into t values (4); nonsense"), "bad_request");
  EXPECT_EQ(a.exec("select count(*) from t"), "4");
  EXPECT_EQ(a.exec({"insert into t values (?); select 1", {5}}), "bad_request");
  EXPECT_EQ(a.exec("select count(*) from t"), "4");
}

TEST_F(ExecAndBatch, L7_ALongScriptTakesTimeInStepWithItsLength) {
  auto script = [](int statements) {
    std::string sql;
    for (int i = 0; i < statements; ++i) sql += "select 1;";
    return sql;
  };
  auto seconds = [&](int statements) {
    auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(
        a.exec("insert into t values (" + std::to_string(statements) + ");" + script(statements)),
        "1");
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  seconds(1'000);
  EXPECT_LT(seconds(60'000), 120 * seconds(2'000) + 0.5);
}

TEST_F(ExecAndBatch, L7_TooManyReturnedRowsTakeTheChangesBack) {
  auto returning = "insert into t values (1), (2), (3) returning zeroblob(7000000)";
  EXPECT_EQ(a.exec(returning), "too_large");
  EXPECT_EQ(a.batch({"insert into t values (9)", returning}), "too_large");
  EXPECT_EQ(b.exec("select v from t"), "9");
  EXPECT_EQ(a.batch({"insert into t values (8)", returning}, Atomic::yes), "too_large");
  EXPECT_EQ(b.exec("select v from t"), "9");
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.exec("insert into t values (7)", one), "ok 1");
  EXPECT_EQ(a.exec(returning, one), "too_large");
  EXPECT_EQ(a.plain("commit", 1), "ok 0");
  EXPECT_EQ(b.exec("select v from t"), "9|7");
}

TEST_F(ExecAndBatch, ABatchRunsInOrderAndStopsAtTheFirstFailure) {
  EXPECT_EQ(a.batch({"insert into t values (1)", "select v from t", "insert into t values (1)",
                     "insert into t values (2)"}),
            "constraint");
  EXPECT_EQ(a.last().message().find("statement 3: "), 0u);
  EXPECT_EQ(a.exec("select v from t"), "1");
  EXPECT_EQ(a.batch({"insert into t values (2)", "insert into t values (1)"}, Atomic::yes),
            "constraint");
  EXPECT_EQ(a.exec("select v from t"), "1");
  EXPECT_EQ(a.batch({}), "ok 0");
  for (auto sql : {"", "select 1; select 2", "begin"})
    EXPECT_EQ(a.batch({sql}, Atomic::yes), "bad_request") << sql;
}

TEST_F(ExecAndBatch, L5_ABatchThatReadsIsOneSnapshotAndNeverWaits) {
  EXPECT_EQ(b.plain("begin", 1), "ok 0");
  EXPECT_EQ(b.exec("insert into t values (1)", one), "ok 1");
  EXPECT_EQ(a.batch({"select count(*) from t", "with x as (select 1) select * from x"}), "0|1");
  EXPECT_EQ(a.batch({"select nonsense"}), "…");  // only the writer can say what is wrong
  EXPECT_EQ(b.plain("commit", 1), "ok 0");
}

TEST_F(ExecAndBatch, AnAtomicBatchInATransactionIsPartOfIt) {
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.batch({"insert into t values (1)", "insert into t values (2)"}, Atomic::yes, one),
            "ok 0");
  EXPECT_EQ(a.batch({"insert into t values (3)", "insert into t values (1)"}, Atomic::yes, one),
            "constraint");
  EXPECT_EQ(a.exec("select v from t", one), "1|2");
  EXPECT_EQ(a.plain("rollback", 1), "ok 0");
  EXPECT_EQ(a.exec("select v from t"), "");
}

TEST_F(ExecAndBatch, ATemporaryTableHidesTheMainOneForEverybodyAtOnce) {
  EXPECT_EQ(a.exec("insert into t values ('main')"), "ok 1");
  EXPECT_EQ(a.exec("select v from t"), "main");
  auto stream = b.ask_stream("select v from t union all select v from t", 1);
  trial.run();
  EXPECT_EQ(a.exec("create temp table t(v); insert into t values ('temp')"), "ok 1");
  EXPECT_EQ(a.exec("select v from t"), "temp");
  b.cancel(stream);  // its connection comes back with statements of before
  for (int i = 0; i < 3; ++i) EXPECT_EQ(b.exec("select v from t"), "temp");
  EXPECT_EQ(b.exec("select v from main.t"), "main");
  EXPECT_EQ(a.batch({"select v from t"}), "temp");
  EXPECT_EQ(a.many("select v from t where ?", {{1}}), "0 temp");
  EXPECT_EQ(a.exec("drop table temp.t"), "ok 0");
  EXPECT_EQ(a.exec("select v from t"), "main");
}

TEST_F(ExecAndBatch, EveryKindOfTemporaryThingIsFoundWhereItIs) {
  EXPECT_EQ(a.exec("insert into t values ('main')"), "ok 1");
  EXPECT_EQ(a.exec("select v from t"), "main");
  EXPECT_EQ(a.exec("create temp view t as select 'view' as v"), "ok 0");
  EXPECT_EQ(b.exec("select v from t"), "view");
  EXPECT_EQ(a.exec("drop view temp.t"), "ok 0");
  EXPECT_EQ(b.exec("select v from t"), "main");
  EXPECT_EQ(a.exec("create table f(v)"), "ok 0");
  EXPECT_EQ(b.exec("select v from f"), "");
  a.exec("create virtual table temp.f using fts5(v)");
  EXPECT_EQ(a.exec("insert into f values ('found')"), "ok 1");
  EXPECT_EQ(b.exec("select v from f"), "found");
  EXPECT_EQ(a.many("create temp table m as select 'many' as v", {{}}), "ok 0");
  EXPECT_EQ(b.exec("select v from m"), "many");
  EXPECT_EQ(a.exec("create temp table x(v)"), "ok 0");
  EXPECT_EQ(a.exec("alter table x rename to t"), "denied");
  EXPECT_EQ(b.exec("select v from t"), "main");
}

TEST_F(ExecAndBatch, L10_OtherFilesAndTheEnginesSettingsAreOutOfReach) {
  for (auto sql : {"attach 'other.db' as other",
                   "attach ':memory:' as other",
                   "attach '' as other",
                   "detach main",
                   "vacuum into 'copy.db'",
                   "vacuum into ':memory:'",
                   "pragma journal_mode = delete",
                   "pragma journal_mode('off')",
                   "pragma synchronous = off",
                   "pragma locking_mode = normal",
                   "pragma wal_checkpoint(truncate)",
                   "pragma page_size = 512",
                   "pragma encoding = 'UTF-16'",
                   "pragma writable_schema = on",
                   "pragma query_only = off",
                   "pragma hard_heap_limit = 1",
                   "pragma temp_store_directory = '/tmp'",
                   "pragma ignore_check_constraints = on",
                   "pragma cache_size = 1",
                   "pragma mmap_size = 1",
                   "pragma trusted_schema = on",
                   "pragma threads = 4",
                   "pragma main.journal_mode = off"}) {
    EXPECT_EQ(a.exec(sql), "denied") << sql << ": " << a.last().message();
    if (a.last().error) {
      EXPECT_NE(a.last().error->message, "not authorized") << sql;
    }
    EXPECT_EQ(a.exec(sql, one), "denied") << sql;
  }
  EXPECT_EQ(a.exec("pragma journal_mode"), "wal");
  EXPECT_EQ(a.exec("pragma page_size"), "4096");
  EXPECT_EQ(a.exec("pragma encoding"), "UTF-8");
  EXPECT_EQ(a.exec("vacuum"), "ok 0");
  EXPECT_EQ(a.exec("insert into t values (1)"), "ok 1");
  EXPECT_EQ(a.exec("update sqlite_schema set sql = ''"), "bad_request");
  EXPECT_EQ(a.exec("update sqlite_dbpage set data = zeroblob(4096) where pgno = 2"), "bad_request");
  EXPECT_EQ(a.exec("select load_extension('x')"), "bad_request");
}

TEST_F(ExecAndBatch, APragmaThatWorksKeepsWorking) {
  EXPECT_EQ(a.exec("pragma user_version = 7"), "ok 0");
  EXPECT_EQ(a.exec("pragma user_version"), "7");
  EXPECT_EQ(a.exec("pragma integrity_check"), "ok");
  EXPECT_EQ(a.exec("select count(*) from pragma_table_info('t')"), "1");
  EXPECT_EQ(a.exec("pragma optimize"), "");
  EXPECT_EQ(a.exec("analyze"), "ok 0");
  EXPECT_EQ(a.exec("pragma case_sensitive_like = on"), "ok 0");
  for (auto head : {Head{}, Head{.session = 4}})
    EXPECT_EQ(b.exec("select 'a' like 'A'", head), "0");
  EXPECT_EQ(a.exec("pragma case_sensitive_like = 'o''ff'"), "ok 0");
  EXPECT_EQ(b.exec("select 'a' like 'A'"), "1");
}

TEST_F(ExecAndBatch, TextThatIsNoSqlIsABadRequest) {
  for (std::string sql : {"\xEF\xBB\xBFnonsense", "select", "select 'open", "((((", "\x01"})
    EXPECT_EQ(a.exec(sql), "bad_request") << sql;
  EXPECT_EQ(a.exec(std::string("select 1\0; insert into t values (1)", 35)), "bad_request");
  EXPECT_EQ(a.exec("\xEF\xBB\xBFselect 1"), "1");
  EXPECT_EQ(a.exec("select 1 /* open"), "1");
  std::string deep = "1";
  for (int i = 0; i < 2'000; ++i) deep = "abs(" + deep + ")";
  EXPECT_EQ(a.exec("select " + deep), "bad_request");
}

TEST_F(ExecAndBatch, L7_PatternsThatExplodeEndAtTheirDeadline) {
  std::string pattern;
  for (int i = 0; i < 20'000; ++i) pattern += "%a";
  trial.platform.tick_us = 10;
  auto brief =
      a.exec({"select ? like ?", {std::string(50'000, 'a') + "b", pattern}}, {.timeout_ms = 1'000});
  EXPECT_TRUE(brief == "0" || brief == "bad_request" || brief == "timeout") << brief;
}

TEST_F(ExecAndBatch, ExplainOfATransactionDoesNothing) {
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  a.exec("insert into t values (1)", one);
  a.exec("explain commit", one);
  a.exec("explain rollback", one);
  EXPECT_EQ(b.exec("select count(*) from t"), "0");
  EXPECT_EQ(a.exec("select count(*) from t", one), "1");
  EXPECT_EQ(a.plain("commit", 1), "ok 0");
  EXPECT_EQ(b.exec("select count(*) from t"), "1");
}

TEST_F(ExecAndBatch, MoreStatementsThanTheCacheKeepsAreFine) {
  for (int round = 0; round < 3; ++round)
    for (std::size_t i = 0; i < 2 * limits::statements_cached; ++i) {
      ASSERT_EQ(a.exec("select " + std::to_string(i)), std::to_string(i));
      ASSERT_EQ(a.exec("insert into t values (" + std::to_string(i) + ") on conflict do nothing"),
                round == 0 ? "ok 1" : "ok 0");
    }
}

}  // namespace
}  // namespace outboard
