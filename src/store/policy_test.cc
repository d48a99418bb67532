// What a statement is, and what it may not do.

#include "store/policy.h"

#include "store/store_testing.h"

namespace outboard {
namespace {

using Control = Traits::Control;

struct Policies : testing::Test {
  Traits traits(std::string_view sql) {
    auto prepared = trial.writer().prepare(sql);
    EXPECT_TRUE(prepared.ok()) << sql << ": " << prepared.error().message;
    return prepared->statement->traits();
  }

  StoreTrial trial;
};

TEST_F(Policies, WhatBeginsAndEndsTransactionsIsSeenInAnySpelling) {
  ask(trial.writer(), "create table t(v)");
  EXPECT_EQ(traits("BEGIN").control, Control::begin);
  EXPECT_EQ(traits("begin exclusive transaction").control, Control::begin);
  EXPECT_EQ(traits("/**/ end").control, Control::commit);
  EXPECT_EQ(traits("commit transaction").control, Control::commit);
  EXPECT_EQ(traits("rollback").control, Control::rollback);
  EXPECT_EQ(traits("savepoint s").control, Control::savepoint);
  EXPECT_EQ(traits("release s").control, Control::release);
  EXPECT_EQ(traits("rollback to s").control, Control::rollback_to);
  EXPECT_EQ(traits("insert into t values (1)").control, Control::none);
}

TEST_F(Policies, WhatOnlyReadsIsSeen) {
  ask(trial.writer(), "create table t(v)");
  for (auto sql : {"select * from t", "with x as (select 1) select * from x", "values (1)",
                   "explain select 1", "pragma table_info(t)", "pragma user_version"})
    EXPECT_TRUE(traits(sql).reads_only) << sql;
  for (auto sql : {"insert into t values (1)", "with x as (select 1) insert into t select * from x",
                   "delete from t returning *", "create table u(v)", "begin", "vacuum",
                   "pragma user_version = 1", "analyze"})
    EXPECT_FALSE(traits(sql).reads_only && !traits(sql).touches_temp) << sql;
}

TEST_F(Policies, WhatNeedsTheWritersConnectionIsSeen) {
  ask(trial.writer(), "create table t(v)");
  EXPECT_FALSE(traits("select * from t").touches_temp);
  EXPECT_TRUE(traits("create temp table x(v)").touches_temp);
  ask(trial.writer(), "create temp table x(v)");
  EXPECT_TRUE(traits("select * from x").touches_temp);
  EXPECT_TRUE(traits("select * from t where v in (select v from X)").touches_temp);
  EXPECT_TRUE(traits("select * from sqlite_temp_schema").touches_temp);
  EXPECT_FALSE(traits("select * from t").touches_temp);
  EXPECT_TRUE(trial.store->has_temporary());
}

// Each pragma of this SQLite, asked and set: what an application must not set stays as it was.
TEST_F(Policies, L10_NoPragmaShakesThePromises) {
  std::vector<std::string> names;
  {
    auto all = trial.writer().prepare("select name from pragma_pragma_list");
    while (*all->statement->step()) names.emplace_back(all->statement->text(0));
  }
  EXPECT_GT(names.size(), 50u);
  for (auto& name : names)
    for (auto& sql : {"pragma " + name, "pragma " + name + " = 1", "pragma " + name + "(off)",
                      "pragma main." + name + " = 'x'", "select * from pragma_" + name,
                      "select * from pragma_" + name + "('delete')"})
      ask(trial.writer(), sql);
  EXPECT_EQ(ask(trial.writer(), "pragma journal_mode"), "wal");
  EXPECT_EQ(ask(trial.writer(), "pragma synchronous"), "1");
  EXPECT_EQ(ask(trial.writer(), "pragma cache_size"), "-16384");
  EXPECT_EQ(ask(trial.writer(), "pragma page_size"), "4096");
  EXPECT_EQ(ask(trial.writer(), "pragma encoding"), "UTF-8");
  EXPECT_EQ(ask(trial.writer(), "pragma query_only"), "0");
  EXPECT_EQ(ask(trial.writer(), "create table t(v)"), "done");
  EXPECT_EQ(ask(trial.writer(), "insert into t values (1)"), "done");
  EXPECT_EQ(trial.read("select v from t"), "1");
  EXPECT_EQ(ask(trial.writer(), "select name from sqlite_schema"), "t");
}

TEST_F(Policies, L10_ARefusalSaysWhyAndWhatToDo) {
  for (auto sql : {"attach 'x' as y", "detach y", "pragma synchronous = off", "pragma nonsense"}) {
    auto prepared = trial.writer().prepare(sql);
    ASSERT_FALSE(prepared.ok()) << sql;
    EXPECT_EQ(prepared.error().code, Code::denied) << sql;
    EXPECT_NE(prepared.error().message, "not authorized") << sql;
  }
  EXPECT_EQ(ask(trial.writer(), "vacuum into 'x.db'"), "denied");
  EXPECT_EQ(ask(trial.writer(), "vacuum"), "done");
}

}  // namespace
}  // namespace outboard
