// Whatever way a transaction takes through the engine, its commit has a record (J20).
#include "journal/journal.h"

#include "engine/engine_testing.h"

namespace outboard {
namespace {

class EngineJournalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(a.exec("create table t(id text primary key not null, v)"), "ok 0");
    ASSERT_EQ(a.exec("select outboard_track('t')"), "1");
  }

  // The first cells of what a copy of the file answers.
  template <class Take>
  void ask_copy(const char* sql, Take take) {
    auto file = a.exported();
    auto size = static_cast<sqlite3_int64>(file.size());
    sqlite3* db = nullptr;
    sqlite3_open(":memory:", &db);
    sqlite3_deserialize(db, "main", file.data(), size, size, SQLITE_DESERIALIZE_READONLY);
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(db, sql, -1, &statement, nullptr);
    while (sqlite3_step(statement) == SQLITE_ROW) {
      auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement, 0));
      take(ByteView(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement, 0))));
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
  }
  std::string ask(const char* sql) {
    std::string answer;
    ask_copy(sql, [&](ByteView cell) {
      answer += (answer.empty() ? "" : "|") + std::string(text_of(cell));
    });
    return answer;
  }
  // How many rows each transaction changed.
  std::string records() {
    std::string answer;
    ask_copy("select intent from sqlite_outboard_record order by n", [&](ByteView cell) {
      auto intent = journal::decode_intent(cell);
      ASSERT_TRUE(intent.ok());
      answer += (answer.empty() ? "" : " ") + std::to_string(intent->rows.size());
    });
    return answer;
  }

  EngineTrial trial;
  TestClient a{trial};
};

TEST_F(EngineJournalTest, J20_statements_scripts_batches_and_many) {
  EXPECT_EQ(a.exec("insert into t values ('1', 1)"), "ok 1");
  EXPECT_EQ(a.exec("insert into t values ('2', 1), ('3', 1) returning id"), "2|3");
  EXPECT_EQ(a.exec("update t set v = 2; select changes()"), "3");
  EXPECT_EQ(a.exec("begin; update t set v = 3; delete from t where id = '3'; commit"), "ok 4");
  EXPECT_EQ(a.batch({{"update t set v = 4"}, {"insert into t values ('4', 4)"}}, Atomic::yes),
            "ok 0");
  EXPECT_EQ(a.batch({{"update t set v = 5"}, {"update t set v = 6"}}), "ok 0");
  EXPECT_EQ(a.many("insert into t values (?, ?)", {{"5", 1}, {"6", 1}, {"7", 1}}), "ok 3");
  EXPECT_EQ(records(), "1 2 3 3 3 3 3 3");
}

TEST_F(EngineJournalTest, J20_transactions_of_sessions) {
  Head in{.session = 1};
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.exec("insert into t values ('1', 1)", in), "ok 1");
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.exec("insert into t values ('2', 1)", in), "ok 1");
  EXPECT_EQ(a.plain("rollback", 1), "ok 0");
  EXPECT_EQ(a.plain("commit", 1), "ok 0");
  EXPECT_EQ(a.exec("begin", in), "ok 0");
  EXPECT_EQ(a.exec("insert into t values ('3', 1)", in), "ok 1");
  EXPECT_EQ(a.exec("commit", in), "ok 0");
  EXPECT_EQ(records(), "1 1");
  EXPECT_EQ(ask("select id from t"), "1|3");
}

TEST_F(EngineJournalTest, J20_what_fails_has_no_record) {
  EXPECT_EQ(a.exec("insert into t values ('1', 1)"), "ok 1");
  EXPECT_EQ(a.exec("insert into t values ('2', 1), ('1', 1)"), "constraint");
  EXPECT_EQ(a.many("insert into t values (?, 1)", {{"2"}, {"1"}}), "constraint");
  EXPECT_EQ(a.batch({{"insert into t values ('2', 1)"}, {"nonsense"}}, Atomic::yes), "bad_request");
  EXPECT_EQ(a.exec("insert into t values ('2', 1); nonsense"), "bad_request");
  EXPECT_EQ(records(), "1 1");  // a script is not a transaction
}

TEST_F(EngineJournalTest, J20_an_interrupted_write_is_rolled_back_whole) {
  Head in{.session = 1};
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.exec("insert into t values ('1', 1)", in), "ok 1");
  trial.platform.tick_us = 1'000;
  EXPECT_EQ(a.exec("insert into t with recursive i(v) as (select 2 union all select v + 1 from i) "
                   "select v, v from i",
                   {.session = 1, .timeout_ms = 50}),
            "timeout");
  trial.platform.tick_us = 1;
  EXPECT_EQ(a.plain("commit", 1), "cancelled");
  EXPECT_EQ(records(), "");
  EXPECT_EQ(a.exec("insert into t values ('2', 1)"), "ok 1");
  EXPECT_EQ(records(), "1");
}

TEST_F(EngineJournalTest, H8_a_numbered_write_has_note_and_record_in_one_commit) {
  TestClient named(trial, Uuid{1});
  EXPECT_EQ(named.exec("insert into t values ('1', 1)", {.n = 1}), "ok 1");
  EXPECT_EQ(named.exec("insert into t values ('1', 1)", {.n = 1}), "ok 1");
  EXPECT_EQ(named.exec("begin; update t set v = 2; commit", {.n = 2}), "ok 1");
  EXPECT_EQ(records(), "1 1");
}

TEST_F(EngineJournalTest, J1_the_functions_are_for_statements_of_their_own_kind) {
  EXPECT_EQ(a.exec("select outboard_track('nowhere')"), "not_found");
  EXPECT_EQ(a.last().error->hint, "create it first");
  EXPECT_EQ(a.exec("create view w as select outboard_track('t')"), "ok 0");
  EXPECT_EQ(a.exec("select * from w"), "bad_request");
  EXPECT_EQ(a.exec("create table u(id text primary key not null)"), "ok 0");
  EXPECT_EQ(a.exec("with x as (select 'u' as name) select outboard_track(name) from x"), "1");
  EXPECT_EQ(a.many("select outboard_untrack(?)", {{"t"}, {"u"}, {"v"}}), "0 1|1 1|2 0");
  EXPECT_EQ(a.exec("insert into t values ('1', 1)"), "ok 1");
  EXPECT_EQ(records(), "");
}

TEST_F(EngineJournalTest, J5_an_imported_copy_is_a_replica_of_its_own) {
  EXPECT_EQ(a.exec("insert into t values ('1', 1)"), "ok 1");
  EXPECT_EQ(a.import(a.exported()), "ok 0");
  EXPECT_EQ(a.exec("insert into t values ('2', 1)"), "ok 1");
  EXPECT_EQ(records(), "1 1");
  EXPECT_EQ(ask("select count(distinct replica) from sqlite_outboard_record"), "2");
}

}  // namespace
}  // namespace outboard
