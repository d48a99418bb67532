// Export and import: a whole database out and in, all or nothing (H13, L5).

#include "engine/import.h"

#include "engine/engine_testing.h"

namespace outboard {
namespace {

// A database of SQLite's own making, as the bytes of its file.
Bytes file_of(const std::vector<std::string>& statements) {
  sqlite3* db = nullptr;
  EXPECT_EQ(sqlite3_open(":memory:", &db), SQLITE_OK);
  for (auto& sql : statements)
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sql;
  sqlite3_int64 size = 0;
  auto* data = sqlite3_serialize(db, "main", &size, 0);
  Bytes file(data, data + size);
  sqlite3_free(data);
  sqlite3_close(db);
  return file;
}

struct Imports : testing::Test {
  Imports() { EXPECT_EQ(a.exec("create table t(v); insert into t values ('old')"), "ok 1"); }

  EngineTrial trial;
  TestClient a{trial};
  TestClient b{trial};
};

const std::string table = "create table t(v)", row = "insert into t values ('new')";
constexpr Head one{.session = 1};

TEST_F(Imports, L5_ReplacesEverythingAndStatementsOfBeforeSeeIt) {
  EXPECT_EQ(b.exec("select * from t"), "old");
  EXPECT_EQ(a.import(file_of({"create table t(v, w)", "insert into t values ('new', 1)"})), "ok 0");
  EXPECT_EQ(b.exec("select * from t"), "new 1");
  EXPECT_EQ(a.exec("insert into t values (2, 3)"), "ok 1");
  EXPECT_EQ(a.exec("pragma integrity_check"), "ok");
}

TEST_F(Imports, L5_WhatIsNoSoundDatabaseChangesNothing) {
  auto good = file_of({table, row, "create index i on t(v)"});
  auto cut = good;
  cut.resize(cut.size() - 4096);
  auto torn = good;
  for (std::size_t at = 4096; at < torn.size(); ++at) torn[at] = 0xaa;
  auto header = good;
  std::fill(header.begin() + 16, header.begin() + 90, std::uint8_t{0xff});
  Bytes junk(10'000, 7), magic = good;
  magic.resize(100);
  for (auto& file : {Bytes(), Bytes(1), junk, cut, torn, header, magic})
    EXPECT_EQ(a.import(file), "corrupt") << file.size();
  EXPECT_EQ(b.exec("select v from t"), "old");
  EXPECT_EQ(a.exec("insert into t values (1)"), "ok 1");
}

TEST_F(Imports, L10_RandomDamageIsFoundOrHarmless) {
  auto good = file_of({table, row, "create table u(a primary key, b) without rowid",
                       "insert into u values (1, zeroblob(9000))"});
  std::mt19937 random(3);
  for (int i = 0; i < 300; ++i) {
    auto damaged = good;
    for (int hits = 0; hits < 1 + i % 5; ++hits)
      damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
    auto brief = a.import(damaged);
    ASSERT_TRUE(brief == "ok 0" || brief == "corrupt" || brief == "bad_request") << brief;
    a.exec("select * from t");
    a.exec("pragma integrity_check");
    EXPECT_EQ(a.exec("create temp table if not exists alive(v)"), "ok 0");
  }
  EXPECT_EQ(a.import(good), "ok 0");
  EXPECT_EQ(a.exec("select v from t"), "new");
}

TEST_F(Imports, APageSizeOrAModeOfItsOwnIsFine) {
  for (auto size : {"512", "4096", "65536"}) {
    EXPECT_EQ(a.import(file_of({std::string("pragma page_size = ") + size, table, row})), "ok 0");
    EXPECT_EQ(b.exec("select v from t"), "new");
    EXPECT_EQ(b.exec("pragma page_size"), "4096");
    EXPECT_EQ(a.exec("insert into t values (zeroblob(100000))"), "ok 1");
    EXPECT_EQ(a.exec("pragma integrity_check"), "ok");
  }
  auto wal = file_of({table, row});
  wal[18] = wal[19] = 2;  // says that it has a log beside it
  EXPECT_EQ(a.import(wal), "ok 0");
  EXPECT_EQ(b.exec("select v from t"), "new");
  EXPECT_EQ(a.import(file_of({"pragma auto_vacuum = full", table, row})), "ok 0");
  EXPECT_EQ(a.exec("delete from t"), "ok 1");
  EXPECT_EQ(a.exec("pragma journal_mode"), "wal");
}

TEST_F(Imports, L8_TextsInUtf16AreRefusedOrWork) {
  auto brief = a.import(file_of({"pragma encoding = 'UTF-16le'", table, row}));
  if (brief == "ok 0") {
    EXPECT_EQ(b.exec("select v from t"), "new");
    EXPECT_EQ(a.exec("insert into t values ('more')"), "ok 1");
  } else {
    EXPECT_EQ(b.exec("select v from t"), "old");
    EXPECT_NE(a.last().message().find("UTF-16"), std::string::npos) << a.last().message();
  }
}

TEST_F(Imports, H4_WaitsForTheWriterHoweverLong) {
  EXPECT_EQ(b.plain("begin", 1), "ok 0");
  auto import = a.ask_import(file_of({table, row}));
  for (int i = 0; i < 10; ++i) {
    trial.pass_ms(4'000);
    EXPECT_EQ(b.exec("insert into t values (1)", one), "ok 1");
  }
  EXPECT_EQ(a.brief(import), "…");
  EXPECT_EQ(b.plain("commit", 1), "ok 0");
  EXPECT_EQ(a.brief(import), "ok 0");
  EXPECT_EQ(b.exec("select v from t"), "new");
}

TEST_F(Imports, IsNotForUseInATransaction) {
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.done(a.ask_import(file_of({table}), false, one)), "bad_request");
  EXPECT_EQ(a.plain("commit", 1), "ok 0");
}

TEST_F(Imports, H5_StreamsThatAreOpenKeepTheirSnapshot) {
  auto stream = b.ask_stream("select v from t union all select 'end'", 1);
  trial.run();
  EXPECT_EQ(a.import(file_of({"create table other(x)"})), "ok 0");
  b.credit(stream, 9);
  EXPECT_EQ(b.done(stream), "old|end");
  EXPECT_EQ(b.exec("select v from t"), "bad_request");
}

TEST_F(Imports, L7_LargerThanTheLimitIsTooLargeAndOneAtATime) {
  Bytes piece(60u << 20);
  auto id = a.ask_import(piece, true);
  trial.run();
  auto other = b.ask_import(file_of({table}), true);
  EXPECT_EQ(b.done(other), "busy");
  for (std::size_t sent = piece.size(); !a.answer(id).ended && sent < (700u << 20);
       sent += piece.size()) {
    a.chunk_of_data(id, piece, true);
    trial.run();
  }
  a.chunk_of_data(id, {}, false);
  EXPECT_EQ(a.done(id), "too_large");
  EXPECT_EQ(b.import(file_of({table, row})), "ok 0");
}

TEST_F(Imports, L8_OneThatIsLeftHalfDoneIsDropped) {
  auto file = file_of({table, row});
  auto id = a.ask_import(ByteView(file).first(100), true);
  trial.run();
  EXPECT_EQ(b.exec("insert into t values (1)"), "ok 1");  // nobody waits for it meanwhile
  trial.pass_ms(31'000);
  EXPECT_EQ(a.brief(id), "cancelled");
  auto cancelled = a.ask_import(ByteView(file).first(100), true);
  trial.run();
  a.cancel(cancelled);
  EXPECT_EQ(a.brief(cancelled), "cancelled");
  (void)a.ask_import(ByteView(file).first(100), true);
  trial.run();
  a.disconnect();
  EXPECT_EQ(b.import(file), "ok 0");
}

TEST_F(Imports, L5_AnExportIsOneSnapshotWhateverIsWrittenMeanwhile) {
  a.exec("insert into t select hex(randomblob(3000)) from (" + counting(1'000) + ")");
  auto sum = a.exec("select count(*), sum(length(v)), min(v) from t");
  auto id = a.ask_plain("export");
  trial.run();
  EXPECT_FALSE(a.answer(id).ended);
  EXPECT_EQ(b.exec("update t set v = 'changed'"), "ok 1001");
  EXPECT_EQ(b.exec("create table later(v)"), "ok 0");
  EXPECT_EQ(b.exec("vacuum"), "ok 0");
  auto file = a.collected(id);
  EXPECT_EQ(a.import(file), "ok 0");
  EXPECT_EQ(b.exec("select count(*), sum(length(v)), min(v) from t"), sum);
  EXPECT_EQ(b.exec("select * from later"), "bad_request");
  EXPECT_EQ(b.exec("pragma integrity_check"), "ok");
}

TEST_F(Imports, AnExportOpensInAnySqlite) {
  auto file = a.exported();
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(":memory:", &db), SQLITE_OK);
  auto size = static_cast<sqlite3_int64>(file.size());
  ASSERT_EQ(sqlite3_deserialize(db, "main", file.data(), size, size, SQLITE_DESERIALIZE_READONLY),
            SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, "select v from t", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
}

}  // namespace
}  // namespace outboard
