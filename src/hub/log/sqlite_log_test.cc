#include "hub/log/sqlite_log.h"

#include <gmock/gmock.h>

#include <fstream>

#include "hub/log/failing_vfs_testing.h"
#include "hub/log/sqlite_log_testing.h"
#include "hub/log/verify.h"

namespace outboard::hub {
namespace {

using ::testing::HasSubstr;

class SqliteLogTest : public ::testing::Test {
 protected:
  LogInFolder kept;
  LogWords words;

  void SetUp() override { words.start(*kept.log, "notes"); }

  // Something that no hub does.
  void tamper(const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(kept.file.c_str(), &db), SQLITE_OK);
    Database closes(db);
    ASSERT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db);
  }
};

TEST_F(SqliteLogTest, WhatWasStoredIsThereWhenTheHubStartsAgain) {
  ASSERT_EQ(kept.append(words.group("notes", {{ann, 1}, {bob, 1}})), Appended::stored);
  ASSERT_TRUE(kept.reopen().ok());
  EXPECT_EQ(**kept.log->space("notes"), words.state("notes"));
  EXPECT_EQ(kept.log->read("notes", 0, 1u << 20)->size(), 2u);
  EXPECT_EQ(kept.append(words.group("notes", {{ann, 2}})), Appended::stored);
}

TEST_F(SqliteLogTest, AFileServesOneHubAtATime) {
  auto second = kept.open();
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Code::busy);
  EXPECT_THAT(second.error().message, HasSubstr("another hub"));
}

TEST_F(SqliteLogTest, AnotherKindOfFileIsLeftAlone) {
  auto path = kept.folder.file("app.db");
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, "create table t(x)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
  auto opened = SqliteLog::open(path, [] {});
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Code::corrupt);

  std::ofstream(kept.folder.file("poem.txt")) << std::string(5'000, 'x');
  EXPECT_EQ(SqliteLog::open(kept.folder.file("poem.txt"), [] {}).error().code, Code::corrupt);
}

TEST_F(SqliteLogTest, ALogOfANewerHubIsLeftAlone) {
  kept.log.reset();
  tamper("pragma user_version = 2");
  EXPECT_EQ(kept.open().error().code, Code::outdated);
}

TEST_F(SqliteLogTest, AFolderThatIsNotThereIsNamed) {
  auto opened = SqliteLog::open(kept.folder.file("nowhere/hub.db"), [] {});
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Code::not_found);
}

TEST_F(SqliteLogTest, AChangedEntryIsNoticed) {
  ASSERT_EQ(kept.append(words.group("notes", {{ann, 1}, {ann, 2}})), Appended::stored);
  kept.log.reset();
  tamper("update entry set frozen = cast(frozen || x'00' as blob) where position = 2");
  auto opened = kept.open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Code::corrupt);
  EXPECT_THAT(opened.error().message, HasSubstr("entry 2 does not hold the bytes"));
}

TEST_F(SqliteLogTest, AChangedAuthorIsNoticed) {
  ASSERT_EQ(kept.append(words.group("notes", {{ann, 1}, {ann, 2}})), Appended::stored);
  kept.log.reset();
  tamper("update entry set subject = 'mallory' where position = 1");
  EXPECT_THAT(kept.open().error().message, HasSubstr("entry 1 does not continue the chain"));
}

TEST_F(SqliteLogTest, AMissingEntryIsNoticed) {
  ASSERT_EQ(kept.append(words.group("notes", {{ann, 1}, {ann, 2}, {ann, 3}})), Appended::stored);
  kept.log.reset();
  tamper("delete from entry where position = 2");
  EXPECT_THAT(kept.open().error().message, HasSubstr("entry 2 is missing"));
}

TEST_F(SqliteLogTest, AMissingEndIsNoticed) {
  ASSERT_EQ(kept.append(words.group("notes", {{ann, 1}, {ann, 2}})), Appended::stored);
  kept.log.reset();
  tamper("delete from entry where position = 2");
  EXPECT_THAT(kept.open().error().message, HasSubstr("should end at 2 and ends at 1"));
}

TEST_F(SqliteLogTest, OldEntriesAreVerifiedOnRequest) {
  std::vector<std::pair<ReplicaId, std::uint64_t>> numbers;
  for (std::uint64_t seq = 1; seq <= newest_entries + 10; ++seq) numbers.push_back({ann, seq});
  ASSERT_EQ(kept.append(words.group("notes", numbers)), Appended::stored);
  kept.log.reset();
  tamper("update entry set digest = zeroblob(32) where position = 5");
  ASSERT_TRUE(kept.reopen().ok()) << "the newest are sound";
  auto db = *LogFile::connect_reader(kept.file);
  EXPECT_TRUE(verify(db.get(), Extent::newest)->faults.empty());
  auto found = *verify(db.get(), Extent::everything);
  EXPECT_EQ(found.entries, newest_entries + 10);
  EXPECT_THAT(found.faults, ::testing::Contains(HasSubstr("entry 5 does not hold")));
}

TEST_F(SqliteLogTest, ALogThatGrowsIsVerifiedMeanwhile) {
  auto db = *LogFile::connect_reader(kept.file);
  for (std::uint64_t seq = 1; seq <= 20; ++seq) {
    ASSERT_EQ(kept.append(words.group("notes", {{ann, seq}}, 100'000)), Appended::stored);
    auto found = verify(db.get(), Extent::everything);
    ASSERT_TRUE(found.ok()) << to_string(found.error());
    EXPECT_TRUE(found->faults.empty()) << found->faults.front();
    EXPECT_EQ(found->entries, seq);
  }
}

TEST_F(SqliteLogTest, TheWriteAheadLogDoesNotGrowForEver) {
  for (std::uint64_t seq = 1; seq <= 60; ++seq)
    ASSERT_EQ(kept.append(words.group("notes", {{ann, seq}}, 500'000)), Appended::stored);
  EXPECT_LT(std::filesystem::file_size(kept.file + "-wal"), 15'000'000u);
}

TEST_F(SqliteLogTest, AnAppendThatIsUnderWayAtTheEndIsFinished) {
  kept.log->append(words.group("notes", {{ann, 1}}));
  ASSERT_TRUE(kept.reopen().ok());
  EXPECT_EQ((**kept.log->space("notes")).head.position, 1u);
}

class FailingLogTest : public ::testing::Test {
 protected:
  FailingLogTest() { words.start(*kept.log, "notes"); }
  void TearDown() override { FailingVfs::disk_is_full = FailingVfs::flush_fails = false; }

  bool is_installed = (FailingVfs::install(), true);
  LogInFolder kept{FailingVfs::name};
  LogWords words;
};

TEST_F(FailingLogTest, NothingIsStoredOnAFullDiskAndItMayBeTriedAgain) {
  auto before = words.state("notes");
  auto group = words.group("notes", {{ann, 1}}, 100'000);
  FailingVfs::disk_is_full = true;
  EXPECT_EQ(kept.append(group), Appended::nothing);
  EXPECT_EQ(**kept.log->space("notes"), before);
  FailingVfs::disk_is_full = false;
  EXPECT_EQ(kept.append(group), Appended::stored);
  EXPECT_EQ(**kept.log->space("notes"), words.state("notes"));
}

TEST_F(FailingLogTest, Y16AfterAFailedFlushNothingIsBelievedAnyMore) {
  ASSERT_EQ(kept.append(words.group("notes", {{ann, 1}})), Appended::stored);
  FailingVfs::flush_fails = true;
  EXPECT_EQ(kept.append(words.group("notes", {{ann, 2}})), Appended::unknown);
  FailingVfs::flush_fails = false;
  EXPECT_EQ(kept.append(words.group("notes", {{ann, 3}})), Appended::unknown);
  EXPECT_EQ(kept.log->create("more", {}).error().code, Code::unavailable);

  ASSERT_TRUE(kept.reopen().ok());
  EXPECT_GE((**kept.log->space("notes")).head.position, 1u);
}

}  // namespace
}  // namespace outboard::hub
