#include "journal/merger.h"

#include "base/limits.h"
#include "journal/journal_testing.h"

namespace outboard::journal::trial {
namespace {

constexpr const char* schema =
    "create table t(id text primary key not null, a unique, b check (b is null or b <> 13), c "
    "default 5); select outboard_track('t')";

// Two replicas of one schema, with clocks of their own.
class MergerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::uint8_t burnt[3];
    two.platform.random(burnt);
    ASSERT_EQ(one.run(schema), "ok");
    ASSERT_EQ(two.run(schema), "ok");
  }

  // What one says is taken in by the other; "ok", or why not.
  static std::string give(JournalTrial& from, JournalTrial& to) {
    std::vector<Bytes> bodies;
    auto rows = from.writer().prepare_own(
        "select intent from sqlite_outboard_record where replica = ? order by n");
    (*rows)->bind_integer(1, static_cast<std::int64_t>(from.journal->replica()));
    while (*(*rows)->step()) bodies.emplace_back((*rows)->blob(0).begin(), (*rows)->blob(0).end());
    for (const auto& body : bodies) {
      auto done = to.journal->apply(body);
      if (!done) return done.error().message;
    }
    return "ok";
  }

  JournalTrial one{"one"}, two{"two"};
};

TEST_F(MergerTest, J13_what_one_does_the_other_shows) {
  one.run("insert into t values ('1', 1, 'x', 1), ('2', 2, 'y', 2), ('3', 3, 'z', 3)");
  one.run("update t set a = 5 where id = '2'; delete from t where id = '3'");
  one.run("update t set id = '4', b = 2.5 where id = '1'");
  EXPECT_EQ(give(one, two), "ok");
  EXPECT_EQ(two.ask("select * from t order by id"), "2 5 y 2|4 1 2.5 1");
}

TEST_F(MergerTest, J3_the_effect_of_a_merged_transaction_is_what_was_here) {
  two.run("insert into t values ('2', 0, 0, 0)");
  one.run(
      "begin; insert into t values ('1', 1, 'x', 1); insert into t values ('2', 2, 'y', 0); "
      "commit");
  EXPECT_EQ(give(one, two), "ok");
  auto all = two.records();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].intent.stamp.replica, one.journal->replica());
  EXPECT_EQ(two.last().substr(0, 12), "+'1' a=1 b='");
  ASSERT_EQ(all[1].effect.size(), 2u);
  EXPECT_TRUE(all[1].effect[0].columns.empty());
  EXPECT_EQ(all[1].effect[1].columns.size(), 2u);  // a and b; c stayed what it was
}

TEST_F(MergerTest, merging_what_is_known_changes_nothing_and_records_nothing) {
  one.run("insert into t values ('1', 1, 'x', 1)");
  EXPECT_EQ(give(one, two), "ok");
  EXPECT_EQ(give(one, two), "ok");
  EXPECT_EQ(two.records().size(), 1u);
  EXPECT_EQ(give(one, one), "ok");  // its own, out of the log
  EXPECT_EQ(one.records().size(), 1u);
}

TEST_F(MergerTest, what_is_no_record_is_refused_and_changes_nothing) {
  EXPECT_EQ(two.journal->apply(Bytes{0x83, 0x01}).error().code, Code::bad_request);
  EXPECT_FALSE(two.writer().in_transaction());
  EXPECT_EQ(two.run("insert into t values ('1', 1, 1, 1)"), "ok");
}

TEST_F(MergerTest, J10_who_comes_later_waits_until_the_key_is_free) {
  one.run("insert into t values ('1', 'same', 'first', 0)");
  two.run("insert into t values ('2', 'same', 'second', 0)");
  EXPECT_EQ(give(one, two), "ok");
  EXPECT_EQ(give(two, one), "ok");
  EXPECT_EQ(one.ask("select id, b from t"), two.ask("select id, b from t"));
  EXPECT_EQ(one.ask("select count(*) from t"), "1");
  auto winner = one.ask("select id from t");
  EXPECT_EQ(one.run("update t set a = 'other'"), "ok");
  EXPECT_EQ(one.ask("select count(*) from t"), "2");  // J11: in the same commit
  EXPECT_EQ(give(one, two), "ok");
  EXPECT_EQ(two.ask("select * from t order by id"), one.ask("select * from t order by id"));
}

TEST_F(MergerTest, J11_a_local_row_yields_at_once_to_an_older_one_that_waits_for_its_key) {
  one.run("insert into t values ('1', 'same', 'first', 0)");
  two.run("insert into t values ('2', 'same', 'second', 0)");
  give(one, two);
  give(two, one);
  auto older = one.ask("select id from t");
  EXPECT_EQ(one.run("begin; delete from t; insert into t values ('3', 'same', 'third', 0); commit"),
            "ok");
  EXPECT_EQ(one.ask("select id from t"), older == "1" ? "2" : "1");
  EXPECT_EQ(one.run("delete from t"), "ok");
  EXPECT_EQ(one.ask("select id from t"), "3");
}

TEST_F(MergerTest, J10_what_the_table_cannot_hold_waits_and_comes_when_it_fits) {
  ASSERT_EQ(
      two.run("select outboard_untrack('t'); drop table t; create table t(id text primary key "
              "not null, a not null, b, c default 5); select outboard_track('t')"),
      "ok");
  one.run("insert into t values ('1', null, 'x', 1)");
  EXPECT_EQ(give(one, two), "ok");
  EXPECT_EQ(two.ask("select count(*) from t"), "0");
  one.run("update t set a = 1");
  EXPECT_EQ(give(one, two), "ok");
  EXPECT_EQ(two.ask("select * from t"), "1 1 x 1");
}

TEST_F(MergerTest, J17_columns_and_tables_that_a_schema_lacks_are_kept_until_it_has_them) {
  one.run(
      "begin; select outboard_untrack('t'); alter table t add column d;"
      "select outboard_track('t'); commit; create table n(id text primary key not null, x);"
      "select outboard_track('n'); insert into n values ('1', 'later')");
  one.run("insert into t values ('1', 1, 'x', 1, 'new')");
  EXPECT_EQ(give(one, two), "ok");
  EXPECT_EQ(two.ask("select * from t"), "1 1 x 1");
  EXPECT_EQ(two.run("begin; select outboard_untrack('t'); alter table t add column d;"
                    "select outboard_track('t'); commit; create table n(id text primary key not "
                    "null, x); select outboard_track('n')"),
            "ok");
  EXPECT_EQ(two.ask("select * from t"), "1 1 x 1 new");
  EXPECT_EQ(two.ask("select * from n"), "1 later");
}

TEST_F(MergerTest, J13_merging_fires_no_triggers_and_no_actions_of_foreign_keys) {
  for (auto* each : {&one, &two}) {
    each->run(
        "create table child(id text primary key not null, t references t on delete cascade);"
        "create table noted(id); create trigger notes after insert on t begin "
        "insert into noted values (new.id); end; select outboard_track('child')");
  }
  one.run("insert into t values ('1', 1, 1, 1)");
  two.run("insert into t values ('2', 2, 2, 2)");
  give(one, two);
  give(two, one);
  EXPECT_EQ(two.ask("select id from noted"), "2");
  two.run("insert into child values ('c', '1')");
  one.run("delete from t where id = '1'");
  EXPECT_EQ(give(one, two), "ok");
  EXPECT_EQ(two.ask("select * from child"), "c 1");  // it dangles; the other never saw it
  EXPECT_EQ(two.run("pragma foreign_keys"), "ok");
  EXPECT_EQ(two.ask("pragma foreign_keys"), "1");
  EXPECT_EQ(two.run("insert into t values ('3', 3, 3, 3)"), "ok");
  EXPECT_EQ(two.ask("select id from noted"), "2|3");
}

TEST_F(MergerTest, a_value_that_the_column_stores_otherwise_stays_what_it_was_said_to_be) {
  ASSERT_EQ(
      two.run("select outboard_untrack('t'); drop table t; create table t(id text primary key "
              "not null, a int, b text, c default 5); select outboard_track('t')"),
      "ok");
  one.run("insert into t values ('1', '7', 8, 1)");
  EXPECT_EQ(give(one, two), "ok");
  EXPECT_EQ(two.ask("select typeof(a), typeof(b) from t"), "integer text");
  auto state = two.journal->merger().world().load(two.records().back().intent.rows[0].row);
  std::string kinds;
  for (const auto& held : state.slots) {
    if (held.slot.kind == Slot::Kind::column)
      kinds += to_sql_literal(held.in(Layer::merged)->value) + " ";
  }
  EXPECT_NE(kinds.find("'7'"), std::string::npos) << kinds;
}

TEST_F(MergerTest, J20_a_commit_that_fails_moves_no_rows) {
  one.run(
      "create table child(id text primary key not null, t references t deferrable initially "
      "deferred); select outboard_track('child'); insert into t values ('1', 'same', 1, 1)");
  two.run("insert into t values ('2', 'same', 2, 2)");
  give(two, one);
  auto first = one.ask("select id from t");
  EXPECT_EQ(one.run("begin; update t set a = 'other'; insert into child values ('c', 'none'); "
                    "commit"),
            "constraint: FOREIGN KEY constraint failed");
  EXPECT_EQ(one.ask("select count(*) from t"), "1");
  EXPECT_EQ(one.run("delete from child; commit"), "ok");
  EXPECT_EQ(one.ask("select count(*) from t"), "2");
  EXPECT_EQ(one.run("begin; delete from t; rollback"), "ok");
  EXPECT_EQ(one.ask("select count(*) from t"), "2");
}

TEST_F(MergerTest, indexes_stay_as_they_are_while_a_row_waits_for_a_key) {
  one.run("insert into t values ('1', 'same', 1, 1)");
  two.run("insert into t values ('2', 'same', 2, 2)");
  EXPECT_EQ(one.run("create unique index i on t(b)"), "ok");
  give(two, one);
  EXPECT_EQ(one.run("drop index i").substr(0, 11), "bad_request");
  EXPECT_EQ(one.run("begin; select outboard_untrack('t'); drop index i; select outboard_track('t');"
                    "commit"),
            "ok");
  EXPECT_EQ(one.ask("select count(*) from t"), "1");
}

TEST_F(MergerTest, L7_as_many_rows_wait_for_their_stamps_as_the_limit_says) {
  for (std::size_t i = 0; i <= limits::unfolded_rows_max; ++i)
    one.run("insert into t values ('" + std::to_string(i) + "', " + std::to_string(i) + ", 0, 0)");
  auto stored = [&] {
    auto row = one.writer().prepare_own("select count(*) from sqlite_outboard_row");
    EXPECT_TRUE(*(*row)->step());
    return static_cast<std::size_t>((*row)->integer(0));
  };
  EXPECT_EQ(stored(), limits::unfolded_rows_max + 1);
  one.run("insert into t values ('last', 'last', 0, 0)");
  EXPECT_EQ(stored(), limits::unfolded_rows_max + 1);
  give(one, two);
  EXPECT_EQ(two.ask("select count(*) from t"), std::to_string(limits::unfolded_rows_max + 2));
}

TEST(MergerOpenTest, J21_what_was_not_folded_yet_is_there_when_the_file_is_opened_again) {
  TrialFolder folder;
  Bytes body;
  {
    JournalTrial first(folder.file("db"), Storage::file);
    first.run(schema);
    first.run(
        "insert into t values ('1', 1, 'x', 1); update t set b = 'y'; delete from t; insert "
        "into t values ('2', 2, 2, 2)");
    body = *encode(first.records()[1].intent);
  }
  JournalTrial again(folder.file("db"), Storage::file);
  EXPECT_TRUE(again.journal->apply(body).ok());
  EXPECT_EQ(again.ask("select * from t"), "2 2 2 2");
  auto dead = again.records()[1].intent.rows[0].row;
  auto state = again.journal->merger().world().load(dead);
  EXPECT_FALSE(state.alive());
  EXPECT_EQ(state.slots.size(), 5u);  // J9: it keeps what it had
}

}  // namespace
}  // namespace outboard::journal::trial
