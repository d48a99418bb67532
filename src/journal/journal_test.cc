#include "journal/journal.h"

#include "base/limits.h"
#include "journal/journal_testing.h"

namespace outboard::journal::trial {
namespace {

class JournalTest : public ::testing::Test, protected JournalTrial {
 protected:
  void SetUp() override {
    ASSERT_EQ(run("create table t(id text primary key not null, a, b);"
                  "select outboard_track('t')"),
              "ok");
  }
};

TEST_F(JournalTest, a_transaction_is_one_record_in_its_commit) {
  EXPECT_EQ(run("insert into t values ('1', 1, 'x')"), "ok");
  EXPECT_EQ(last(), "+'1' a=1 b='x'");
  EXPECT_EQ(run("begin; update t set a = 2; insert into t values ('2', null, 1.5); commit"), "ok");
  EXPECT_EQ(last(), "'1' a=2 (a=1); +'2' a=null b=1.5");
  EXPECT_EQ(run("delete from t where id = '1'"), "ok");
  EXPECT_EQ(last(), "-'1' (a=2 b='x')");
  EXPECT_EQ(records().size(), 3u);
}

TEST_F(JournalTest, J19_what_is_changed_and_changed_back_is_nothing) {
  EXPECT_EQ(run("begin; insert into t values ('1', 1, 1); delete from t; commit"), "ok");
  EXPECT_EQ(run("begin; insert into t values ('1', 1, 1); rollback"), "ok");
  EXPECT_EQ(run("update t set a = a"), "ok");
  EXPECT_EQ(last(), "none");
  run("insert into t values ('1', 1, 1)");
  EXPECT_EQ(run("begin; delete from t; insert into t values ('1', 1, 2); commit"), "ok");
  EXPECT_EQ(last(), "'1' b=2 (b=1)");
}

TEST_F(JournalTest, J17_replace_is_an_update_and_a_changed_key_is_a_move) {
  run("insert into t values ('1', 1, 1)");
  EXPECT_EQ(run("replace into t values ('1', 1, 2)"), "ok");
  EXPECT_EQ(last(), "'1' b=2 (b=1)");
  EXPECT_EQ(run("begin; update t set id = '2'; update t set id = '3', a = 5; commit"), "ok");
  EXPECT_EQ(last(), "-'1' (a=1 b=2); +'3' from '1' a=5 b=2");
  EXPECT_EQ(run("begin; update t set id = '4'; insert into t values ('3', 0, 0); commit"), "ok");
  EXPECT_EQ(last(), "'3' a=0 b=0 (a=5 b=2); +'4' a=5 b=2");  // '3' is there: nothing moved away
}

TEST_F(JournalTest, J18_delete_without_where_reports_each_row) {
  run("insert into t values ('1', 1, 1), ('2', 2, 2)");
  run("delete from t");
  EXPECT_EQ(last(), "-'1' (a=1 b=1); -'2' (a=2 b=2)");
}

TEST_F(JournalTest, J18_a_statement_that_was_prepared_before_tracking_reports_all_rows) {
  run("create table u(id text primary key not null); insert into u values ('1')");
  (void)outboard::ask(writer(), "delete from u");
  run("insert into u values ('1'); select outboard_track('u')");
  EXPECT_EQ(outboard::ask(writer(), "delete from u"), "done");
  EXPECT_EQ(last(), "-'1'");
}

TEST_F(JournalTest, J19_what_a_failed_statement_took_back_is_not_recorded) {
  run("insert into t values ('1', 1, 1)");
  EXPECT_EQ(run("begin; update t set a = 2"), "ok");
  EXPECT_NE(run("insert into t values ('2', 0, 0), ('1', 0, 0)"), "ok");
  EXPECT_EQ(run("commit"), "ok");
  EXPECT_EQ(last(), "'1' a=2 (a=1)");
  EXPECT_NE(run("insert or fail into t values ('2', 0, 0), ('1', 0, 0)"), "ok");
  EXPECT_EQ(last(), "+'2' a=0 b=0");
  EXPECT_NE(run("insert into t values ('3', 0, 0), ('1', 0, 0)"), "ok");
  EXPECT_EQ(records().size(), 3u);
}

TEST_F(JournalTest, J19_what_a_savepoint_took_back_is_not_recorded) {
  EXPECT_EQ(run("begin; insert into t values ('1', 1, 1); savepoint s; update t set a = 2;"
                "insert into t values ('2', 2, 2); rollback to s; commit"),
            "ok");
  EXPECT_EQ(last(), "+'1' a=1 b=1");
}

TEST_F(JournalTest, J20_the_outermost_release_commits_and_no_other) {
  EXPECT_EQ(run("savepoint s; insert into t values ('1', 1, 1); savepoint S; savepoint u;"
                "update t set a = 2; release u; release s"),
            "ok");
  EXPECT_EQ(last(), "none");
  EXPECT_EQ(run("release s"), "ok");
  EXPECT_EQ(last(), "+'1' a=2 b=1");
  EXPECT_EQ(run("begin; savepoint s; update t set a = 3; release s; rollback"), "ok");
  EXPECT_EQ(records().size(), 1u);
}

TEST_F(JournalTest, J20_a_commit_that_fails_leaves_no_record) {
  run("create table child(id text primary key not null,"
      "parent references t deferrable initially deferred); select outboard_track('child')");
  EXPECT_EQ(run("begin; insert into child values ('c', 'p'); commit"),
            "constraint: FOREIGN KEY constraint failed");
  EXPECT_TRUE(writer().in_transaction());
  EXPECT_EQ(last(), "none");
  EXPECT_EQ(run("insert into t values ('p', 0, 0); commit"), "ok");
  EXPECT_EQ(records().size(), 1u);
  EXPECT_EQ(records()[0].intent.rows.size(), 2u);
  EXPECT_EQ(run("insert into child values ('d', 'q')"),
            "constraint: FOREIGN KEY constraint failed");
  EXPECT_FALSE(writer().in_transaction());
  EXPECT_EQ(records().size(), 1u);
}

TEST_F(JournalTest, J6_what_is_too_large_does_not_commit) {
  EXPECT_EQ(run("begin; insert into t values ('1', zeroblob(40000000), 0)"), "ok");
  EXPECT_EQ(run("commit").substr(0, 9), "too_large");
  EXPECT_TRUE(writer().in_transaction());
  EXPECT_EQ(run("update t set a = 1; commit"), "ok");
  EXPECT_EQ(last(), "+'1' a=1 b=0");
  EXPECT_EQ(run("update t set a = zeroblob(40000000)").substr(0, 9), "too_large");
  EXPECT_EQ(ask("select a from t"), "1");
}

TEST_F(JournalTest, L7_a_transaction_may_change_as_many_rows_as_the_limit_says) {
  auto insert = [&](std::size_t rows) {
    return run("with recursive n(i) as (select 1 union all select i + 1 from n where i < " +
               std::to_string(rows) + ") insert into t select 'k' || i, null, null from n");
  };
  EXPECT_EQ(insert(limits::transaction_rows_max), "ok");
  EXPECT_EQ(records().back().intent.rows.size(), limits::transaction_rows_max);
  EXPECT_EQ(run("delete from t where id <> 'k1'"), "ok");
  EXPECT_EQ(insert(limits::transaction_rows_max + 2).substr(0, 10), "constraint");
  EXPECT_EQ(run("delete from t"), "ok");
  EXPECT_EQ(insert(limits::transaction_rows_max + 1).substr(0, 9), "too_large");
  EXPECT_EQ(ask("select count(*) from t"), "0");
}

TEST_F(JournalTest, L7_what_is_captured_is_bounded_in_memory) {
  run("begin; insert into t values ('1', zeroblob(60000000), 0)");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(run("update t set b = " + std::to_string(i)), "ok");
  EXPECT_EQ(run("update t set a = 0; commit"), "ok");  // one row, however often
  run("begin");
  for (int i = 2; i < 7; ++i) {
    run("insert into t values ('" + std::to_string(i) + "', zeroblob(60000000), 0)");
  }
  EXPECT_EQ(run("delete from t; commit").substr(0, 9), "too_large");
  EXPECT_EQ(run("rollback; insert into t values ('9', 0, 0)"), "ok");
  EXPECT_EQ(last(), "+'9' a=0 b=0");
}

TEST_F(JournalTest, J2_stamps_only_rise_also_behind_a_reload) {
  run("insert into t values ('1', 1, 1); update t set a = 2; update t set a = 3");
  EXPECT_EQ(journal->replaced().ok(), true);
  run("update t set a = 4");
  auto all = records();
  ASSERT_EQ(all.size(), 4u);
  for (std::size_t i = 1; i < all.size(); ++i)
    EXPECT_GT(all[i].intent.stamp.time, all[i - 1].intent.stamp.time);
  EXPECT_EQ(all[0].intent.stamp.replica, all[2].intent.stamp.replica);
  EXPECT_NE(all[2].intent.stamp.replica, all[3].intent.stamp.replica);  // J5: a copy of its own
}

TEST_F(JournalTest, the_record_is_not_seen_by_who_counts) {
  auto before = writer().total_changes();
  auto total = [&](int more) { return std::to_string(before + more); };
  EXPECT_EQ(run("insert into t values ('1', 1, 1), ('2', 2, 2)"), "ok");
  EXPECT_EQ(writer().changes(), 2);
  EXPECT_EQ(ask("select changes(), total_changes(), last_insert_rowid()"), "2 " + total(2) + " 2");
  EXPECT_EQ(run("update t set a = 1 where id = 'nobody'"), "ok");
  EXPECT_EQ(ask("select changes(), total_changes()"), "0 " + total(2));
  EXPECT_EQ(run("begin; update t set a = 9; insert into t values ('3', changes(), 0); commit"),
            "ok");
  EXPECT_EQ(ask("select a from t where id = '3'"), "2");
}

TEST_F(JournalTest, triggers_and_cascades_are_captured) {
  run("create table child(id text primary key not null, parent references t on delete cascade,"
      "n real); select outboard_track('child');"
      "create trigger r after insert on t begin insert into child values (new.id, new.id, 7); end");
  run("insert into t values ('1', 1, 1)");
  EXPECT_EQ(last(), "+'1' n=7.0 parent='1'; +'1' a=1 b=1");
  run("delete from t");
  EXPECT_EQ(last(), "-'1' (n=7.0 parent='1'); -'1' (a=1 b=1)");
}

TEST_F(JournalTest, J8_columns_of_one_unique_are_written_together) {
  run("create table slot(id blob primary key not null, room, hour, note, unique(room, hour));"
      "select outboard_track('slot'); insert into slot values (x'01', 'a', 1, 'n')");
  run("update slot set hour = 2");
  EXPECT_EQ(last(), "x'01' hour=2 room='a' (hour=1)");
}

TEST_F(JournalTest, generated_columns_are_everybodys_own) {
  run("create table g(id text primary key not null, a, v as (a + 1), s as (a + 2) stored);"
      "select outboard_track('g'); insert into g(id, a) values ('1', 1); update g set a = 2");
  EXPECT_EQ(last(), "'1' a=2 (a=1)");
}

TEST_F(JournalTest, untracked_tables_are_not_recorded) {
  run("create table other(v); insert into other values (1); create temp table t2(v);"
      "insert into t2 values (1)");
  EXPECT_EQ(last(), "none");
}

// ---- Tracking ----

TEST_F(JournalTest, J1_what_cannot_be_tracked_is_refused_with_a_hint) {
  struct Case {
    const char* create;
    const char* why;
  };
  for (auto [create, why] : std::initializer_list<Case>{
           {"create table x(id integer primary key, v)", "SQLite makes its keys"},
           {"create table x(id integer primary key autoincrement, v)", "SQLite makes its keys"},
           {"create table x(v)", "no primary key"},
           {"create table x(id text primary key, v)", "may be null"},
           {"create table x(id text collate nocase primary key not null)", "byte by byte"},
           {"create view x as select 1", "a view or a virtual table"},
           {"create virtual table x using fts5(v)", "a view or a virtual table"}}) {
    EXPECT_EQ(run(create), "ok");
    auto tracked = journal->track("x", Keys::unique);
    ASSERT_FALSE(tracked) << create;
    EXPECT_NE(tracked.error().message.find(why), std::string::npos) << tracked.error().message;
    EXPECT_FALSE(tracked.error().hint.empty());
    EXPECT_EQ(run("select outboard_track('x')"), "bad_request: " + tracked.error().message);
    run("drop table x");
    run("drop view x");
  }
  EXPECT_EQ(run("select outboard_track('nowhere')"), "not_found: there is no table nowhere");
  EXPECT_EQ(run("select outboard_track('sqlite_outboard_record')").substr(0, 11), "bad_request");
  EXPECT_EQ(run("select outboard_track('t', 'color', 'red')").substr(0, 11), "bad_request");
}

TEST_F(JournalTest, J1_integer_keys_are_tracked_if_the_application_makes_them) {
  EXPECT_EQ(run("create table x(id integer primary key, v);"
                "select outboard_track('x', 'keys', 'application');"
                "insert into x values (7, 'a'); update x set v = 'b'; vacuum; update x set id = 8"),
            "ok");
  EXPECT_EQ(last(), "-7 (v='b'); +8 from 7 v='b'");
}

TEST_F(JournalTest, J1_equal_numbers_are_one_key) {
  run("create table x(id primary key not null, v); select outboard_track('x');"
      "insert into x values (1, 'a')");
  EXPECT_EQ(run("update x set id = 1.0, v = 'b'"), "ok");
  EXPECT_EQ(last(), "1 v='b' (v='a')");
  run("create table y(id real primary key not null, v); select outboard_track('y');"
      "insert into y values (1, 'a'); begin; update y set v = 'b'; savepoint s; rollback to s; "
      "commit");
  EXPECT_EQ(last(), "1.0 v='b' (v='a')");
}

TEST_F(JournalTest, names_that_need_quotes_and_other_cases_are_names) {
  EXPECT_EQ(
      run("create table \"or\"\"der\"(\"pri mary\" text primary key not null, \"select\") "
          "without rowid; select outboard_track('OR\"DER');"
          "begin; insert into \"or\"\"der\" values ('1', 1); savepoint s; rollback to s; commit"),
      "ok");
  EXPECT_EQ(last(), "+'1' select=1");
}

TEST_F(JournalTest, tracking_twice_is_tracking_once_and_untracking_stops_it) {
  EXPECT_FALSE(*journal->track("T", Keys::unique));
  run("insert into t values ('1', 1, 1)");
  EXPECT_EQ(run("begin; update t set a = 2; select outboard_untrack('t')").substr(0, 11),
            "bad_request");
  EXPECT_EQ(run("rollback; select outboard_untrack('T'); update t set a = 3"), "ok");
  EXPECT_EQ(records().size(), 1u);
  EXPECT_EQ(run("select outboard_track('t'); update t set a = 4"), "ok");
  EXPECT_EQ(last(), "'1' a=4 (a=3)");
}

TEST_F(JournalTest, what_was_done_to_an_untracked_table_is_recorded_when_it_is_tracked_again) {
  run("insert into t values ('1', 1, 1), ('2', 2, 2), ('3', 3, 3)");
  EXPECT_EQ(run("begin; select outboard_untrack('t'); alter table t drop column b;"
                "alter table t add column c default 7; update t set a = 9 where id = '1';"
                "delete from t where id = '2'; insert into t values ('4', 4, 4);"
                "select outboard_track('t'); commit"),
            "ok");
  EXPECT_EQ(ask("select * from t order by id"), "1 9 7|3 3 7|4 4 4");
  EXPECT_EQ(last(), "'1' a=9 (a=1); -'2' (a=2 c=7)");
  EXPECT_EQ(run("select outboard_untrack('t'); insert into t values ('2', 0, 0);"
                "select outboard_track('t')"),
            "ok");
  EXPECT_EQ(last(), "+'2' a=0 c=0");  // it was there before; what never was is as before all time
}

TEST_F(JournalTest, L5_tracking_goes_with_its_transaction) {
  EXPECT_EQ(run("begin; create table u(id text primary key not null); select outboard_track('u');"
                "rollback; create table u(id text primary key not null);"
                "insert into u values ('1')"),
            "ok");
  EXPECT_EQ(last(), "none");
  EXPECT_EQ(run("begin; savepoint s; select outboard_track('u'); rollback to s;"
                "insert into u values ('2'); commit"),
            "ok");
  EXPECT_EQ(last(), "none");
  EXPECT_EQ(run("begin; select outboard_untrack('t'); rollback; insert into t values ('1', 1, 1)"),
            "ok");
  EXPECT_EQ(records().size(), 1u);
}

TEST_F(JournalTest, J22_a_tracked_table_keeps_its_schema_until_it_is_untracked) {
  for (auto sql : {"drop table t", "alter table t add column c", "alter table t rename to u",
                   "alter table T rename column a to c", "alter table t drop column a"})
    EXPECT_EQ(run(sql), "denied: the table is tracked") << sql;
  EXPECT_EQ(run("insert into t values ('1', 1, 1); select outboard_untrack('t');"
                "alter table t add column c default 5; select outboard_track('t');"
                "update t set c = 6"),
            "ok");
  EXPECT_EQ(last(), "'1' c=6 (c=5)");
}

TEST_F(JournalTest, what_is_tracked_is_tracked_by_the_next_engine) {
  TrialFolder folder;
  {
    JournalTrial first(folder.file("db"), Storage::file);
    first.run(
        "create table t(id text primary key not null, a); select outboard_track('t');"
        "insert into t values ('1', 1)");
  }
  JournalTrial second(folder.file("db"), Storage::file);
  second.run("update t set a = 2");
  EXPECT_EQ(second.last(), "'1' a=2 (a=1)");
  auto all = second.records();
  EXPECT_EQ(all[0].intent.stamp.replica, all[1].intent.stamp.replica);
  EXPECT_GT(all[1].intent.stamp, all[0].intent.stamp);
}

TEST_F(JournalTest, nobody_but_the_engine_sees_the_journals_tables) {
  for (auto sql : {"select * from sqlite_outboard_record", "delete from sqlite_outboard_tracked",
                   "update sqlite_outboard_replica set id = 1"}) {
    EXPECT_EQ(run(sql).substr(0, 6), "denied") << sql;
    EXPECT_EQ(read(sql), "denied") << sql;
  }
  EXPECT_NE(run("drop table sqlite_outboard_record"), "ok");
}

TEST_F(JournalTest, a_file_without_tracked_tables_has_no_journal) {
  JournalTrial plain;
  plain.run("create table t(v); insert into t values (1)");
  EXPECT_EQ(plain.ask("select count(*) from sqlite_schema"), "1");
}

}  // namespace
}  // namespace outboard::journal::trial
