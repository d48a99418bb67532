// Connections and their cache of statements.

#include "store/connection.h"

#include "base/limits.h"
#include "store/store_testing.h"

namespace outboard {
namespace {

TEST(Connections, AStatementIsPreparedOnceAndLentToOneAtATime) {
  StoreTrial trial;
  auto& writer = trial.writer();
  const Statement* first;
  {
    auto one = writer.prepare("select 1");
    first = &*one->statement;
    auto two = writer.prepare("select 1");
    EXPECT_NE(&*two->statement, first);
    ASSERT_TRUE(*one->statement->step());
    ASSERT_TRUE(*two->statement->step());
    EXPECT_EQ(one->statement->integer(0) + two->statement->integer(0), 2);
  }
  EXPECT_EQ(&*writer.prepare("select 1")->statement, first);
  EXPECT_FALSE(*writer.prepare("select 1 where 0")->statement->step());
}

TEST(Connections, WhatIsGivenBackIsResetAndKnowsNothingOfItsParameters) {
  StoreTrial trial;
  auto& writer = trial.writer();
  Bytes params;
  cbor::Writer(params).array(1);
  cbor::Writer(params).integer(7);
  {
    auto prepared = writer.prepare("select ?");
    ASSERT_TRUE(prepared->statement->bind(params).ok());
    ASSERT_TRUE(*prepared->statement->step());
    EXPECT_EQ(prepared->statement->integer(0), 7);
  }
  auto again = writer.prepare("select ?");
  ASSERT_TRUE(*again->statement->step());
  EXPECT_EQ(again->statement->kind(0), Kind::null);
}

TEST(Connections, L7_TheCacheIsBoundedAlsoWhileAllAreLent) {
  StoreTrial trial;
  auto& writer = trial.writer();
  std::vector<Connection::Prepared> lent;
  for (std::size_t i = 0; i < 3 * limits::statements_cached; ++i)
    lent.push_back(std::move(*writer.prepare("select " + std::to_string(i))));
  for (std::size_t i = 0; i < lent.size(); ++i) {
    ASSERT_TRUE(*lent[i].statement->step());
    EXPECT_EQ(lent[i].statement->integer(0), static_cast<std::int64_t>(i));
  }
  lent.clear();
  int kept = 0;
  for (auto* at = sqlite3_next_stmt(writer.handle(), nullptr); at;
       at = sqlite3_next_stmt(writer.handle(), at))
    ++kept;
  EXPECT_LE(kept, static_cast<int>(limits::statements_cached));
}

TEST(Connections, AChangedSchemaIsNoticedByKeptStatements) {
  StoreTrial trial;
  auto& writer = trial.writer();
  ask(writer, "create table t(a)");
  ask(writer, "insert into t values (1)");
  EXPECT_EQ(ask(writer, "select * from t"), "1");
  ask(writer, "drop table t");
  EXPECT_EQ(ask(writer, "select * from t"), "bad_request");
  ask(writer, "create table t(b, c)");
  ask(writer, "insert into t values (2, 3)");
  auto prepared = writer.prepare("select * from t");
  ASSERT_TRUE(*prepared->statement->step());
  EXPECT_EQ(prepared->statement->column_names(), (std::vector<std::string>{"b", "c"}));
}

TEST(Connections, WhatStandsBehindAStatementIsHandedBack) {
  StoreTrial trial;
  auto& writer = trial.writer();
  auto prepared = writer.prepare("select 1; -- next\n select 2");
  EXPECT_EQ(prepared->rest, "select 2");
  EXPECT_FALSE(writer.prepare("-- nothing")->statement);
  EXPECT_EQ(writer.prepare("nonsense").error().code, Code::bad_request);
  EXPECT_NE(writer.prepare("select nonsense").error().hint.find("character 8"), std::string::npos);
}

TEST(Connections, L8_WhatIsRunOfOurOwnIsNotStoppedByADeadline) {
  StoreTrial trial;
  ask(trial.writer(), "create table t(v)");
  trial.store->interrupt().watch(1);  // long past
  EXPECT_EQ(ask(trial.writer(),
                "with recursive i(v) as (select 1 union all select v + 1 from i) "
                "select count(*) from i"),
            "cancelled");
  EXPECT_EQ(trial.store->interrupt().explain({}).code, Code::timeout);
  for (int i = 0; i < 5'000; ++i) {
    ASSERT_TRUE(trial.writer().run("savepoint s").ok()) << i;
    ASSERT_TRUE(trial.writer().run("rollback to s").ok()) << i;
    ASSERT_TRUE(trial.writer().run("release s").ok()) << i;
  }
  trial.store->interrupt().rest();
}

TEST(Connections, L4_WhatIsTakenBackBehindItsEndIsDoneAndSaysSo) {
  StoreTrial trial;
  auto& writer = trial.writer();
  ASSERT_EQ(ask(writer, "create table t(v)"), "done");
  auto& interrupt = trial.store->interrupt();
  interrupt.set_cancelled([] { return true; });
  // SQLite counts a kept statement's steps over all its runs: in time it asks at each of them.
  int done = 0, taken_back = 0;
  for (int i = 0; i < 20'000; ++i) {
    interrupt.watch(0);
    auto result = ask(writer, "insert into t values (1)");
    interrupt.rest();
    ++(result == "done" ? done : taken_back);
  }
  EXPECT_GT(taken_back, 0);
  EXPECT_EQ(ask(writer, "select count(*) from t"), std::to_string(done));
}

}  // namespace
}  // namespace outboard
