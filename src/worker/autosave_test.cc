// Databases in memory that are saved as a whole, with real files (rule H14).

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include <outboard/outboard.hpp>

#include "store/store_testing.h"

namespace outboard {
namespace {

namespace fs = std::filesystem;

std::string code(const auto& result) {
  return result ? "ok" : std::string(name_of(result.error().code));
}

struct Autosaves : testing::TestWithParam<Host> {
  Result<Database> open(const std::string& path, Storage storage = Storage::autosave) {
    return outboard::open(path, {.host = GetParam(), .storage = storage});
  }
  // What the file holds, as everybody else would see it.
  std::string saved(const std::string& path) {
    auto copy = path + "-copy";
    fs::copy_file(path, copy, fs::copy_options::overwrite_existing);
    auto db = outboard::open(copy);
    if (!db) return std::string(name_of(db.error().code));
    auto rows = db->exec("select count(*) from t").get();
    return rows ? std::to_string(rows->front().integer(0)) : rows.error().message;
  }

  TrialFolder folder;
};

TEST_P(Autosaves, H14_FlushIsThePromise) {
  auto path = folder.file("db");
  auto db = open(path);
  ASSERT_EQ(code(db), "ok");
  EXPECT_EQ(db->info().storage, Storage::autosave);
  EXPECT_TRUE(db->info().created);
  EXPECT_EQ(code(db->exec("create table t(v)").get()), "ok");
  EXPECT_EQ(code(db->exec("insert into t values (1), (2)").get()), "ok");
  EXPECT_EQ(code(db->flush().get()), "ok");
  EXPECT_EQ(saved(path), "2");
  EXPECT_FALSE(fs::exists(path + "-wal"));
  EXPECT_EQ(code(db->flush().get()), "ok");  // nothing to save
}

TEST_P(Autosaves, H14_WhatIsNotFlushedIsSavedWhenItIsClosed) {
  auto path = folder.file("db");
  {
    auto db = open(path);
    ASSERT_EQ(code(db), "ok");
    EXPECT_EQ(code(db->exec("create table t(v)").get()), "ok");
    EXPECT_EQ(code(db->exec("insert into t values (1)").get()), "ok");
    EXPECT_EQ(code(db->close()), "ok");
  }
  EXPECT_EQ(saved(path), "1");
  auto again = open(path);
  ASSERT_EQ(code(again), "ok");
  EXPECT_FALSE(again->info().created);
  EXPECT_EQ(again->exec("select v from t").get()->size(), 1u);
}

TEST_P(Autosaves, H14_ItIsHeldLikeAFile) {
  auto path = folder.file("db");
  auto db = open(path);
  ASSERT_EQ(code(db), "ok");
  EXPECT_EQ(code(db->exec("create table t(v)").get()), "ok");
  for (int round = 0; round < 2; ++round) {
    for (auto storage : {Storage::autosave, Storage::file})
      EXPECT_EQ(code(outboard::open(path, {.storage = storage})), "busy");
    EXPECT_EQ(code(db->flush().get()), "ok");  // and so is the file that took its place
  }
}

// An open transaction of somebody is not in it.
TEST_P(Autosaves, L5_ASaveHoldsWhatIsCommitted) {
  auto path = folder.file("db");
  auto db = open(path);
  ASSERT_EQ(code(db), "ok");
  EXPECT_EQ(code(db->exec("create table t(v)").get()), "ok");
  auto transaction = db->begin().get();
  ASSERT_EQ(code(transaction), "ok");
  EXPECT_EQ(code(transaction->exec("insert into t values (1)").get()), "ok");
  EXPECT_EQ(code(db->flush().get()), "ok");
  EXPECT_EQ(saved(path), "0");
  EXPECT_EQ(code(transaction->commit().get()), "ok");
  EXPECT_EQ(code(db->flush().get()), "ok");
  EXPECT_EQ(saved(path), "1");
}

INSTANTIATE_TEST_SUITE_P(Hosts, Autosaves, testing::Values(Host::thread, Host::on_caller),
                         [](auto& host) {
                           return host.param == Host::thread ? "thread" : "inline";
                         });

TEST(Autosave, H14_ItSavesByItself) {
  TrialFolder folder;
  auto path = folder.file("db");
  auto db = open(path, {.storage = Storage::autosave});
  ASSERT_EQ(code(db), "ok");
  EXPECT_EQ(code(db->exec("create table t(v)").get()), "ok");
  while (fs::file_size(path) == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

TEST(Autosave, H14_ALogThatLiesBesideItIsNotIgnored) {
  TrialFolder folder;
  folder.write("db", "");
  folder.write("db-wal", "frames");
  EXPECT_EQ(code(open(folder.file("db"), {.storage = Storage::autosave})), "conflict");
  EXPECT_EQ(folder.read("db-wal"), "frames");
}

TEST(Autosave, L7_AFileBeyondTheLimitIsRefused) {
  TrialFolder folder;
  folder.write("db", "");
  fs::resize_file(folder.file("db"), 300u << 20);
  EXPECT_EQ(code(open(folder.file("db"), {.storage = Storage::autosave})), "too_large");
}

TEST(Autosave, H14_AFullDiskIsToldAndNothingIsLost) {
  TrialFolder folder;
  if (::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=2m") != 0)
    GTEST_SKIP() << "may not mount";
  {
    auto path = folder.file("db");
    auto db = open(path, {.storage = Storage::autosave});
    ASSERT_EQ(code(db), "ok");
    EXPECT_EQ(code(db->exec("create table t(v)").get()), "ok");
    EXPECT_EQ(code(db->exec("insert into t values (zeroblob(500000))").get()), "ok");
    EXPECT_EQ(code(db->flush().get()), "ok");
    folder.write("filler", std::string(1'000'000, 'x'));
    EXPECT_EQ(code(db->exec("insert into t values (zeroblob(500000))").get()), "ok");
    auto flushed = db->flush().get();
    EXPECT_EQ(code(flushed), "unavailable");
    EXPECT_FALSE(fs::exists(path + "-saving"));
    EXPECT_EQ(fs::file_size(path) / 100'000, 5u);  // the one before
    fs::remove(folder.file("filler"));
    EXPECT_EQ(code(db->flush().get()), "ok");
    EXPECT_EQ(fs::file_size(path) / 100'000, 10u);
  }
  ::umount2(folder.path().c_str(), MNT_DETACH);
}

// Writes, flushes, and says so, for ever.
[[noreturn]] void write_and_flush(const std::string& path, std::int64_t from, int report) {
  auto db = open(path, {.storage = Storage::autosave});
  if (!db) ::_exit(2);
  for (auto next = from;; ++next) {
    if (!db->exec({"insert into t values (?, zeroblob(20000))", {next}}).get()) ::_exit(3);
    if (!db->flush().get()) ::_exit(4);
    if (::write(report, &next, sizeof next) != sizeof next) ::_exit(5);
  }
}

TEST(Autosave, H14_ACrashDuringASaveLeavesTheOneBefore) {
  TrialFolder folder;
  auto path = folder.file("db");
  {
    auto db = open(path, {.storage = Storage::autosave});
    ASSERT_EQ(code(db->exec("create table t(v integer primary key, b)").get()), "ok");
  }
  std::mt19937 random(7);
  std::int64_t flushed = 0;  // all below it
  for (int round = 0; round < 20; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe[0]);
      write_and_flush(path, flushed, pipe[1]);
    }
    ::close(pipe[1]);
    std::this_thread::sleep_for(std::chrono::milliseconds(10 + random() % 60));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
    for (std::int64_t told; ::read(pipe[0], &told, sizeof told) == sizeof told;) flushed = told + 1;
    ::close(pipe[0]);

    auto db = open(path, {.storage = Storage::autosave});
    ASSERT_EQ(code(db), "ok");
    EXPECT_EQ(db->exec("pragma integrity_check").get()->front().text(0), "ok");
    auto there = db->exec("select count(*) from t").get()->front().integer(0);
    EXPECT_GE(there, flushed);
    EXPECT_LE(there, flushed + 1);
    flushed = there;
  }
  EXPECT_GT(flushed, 20);
}

}  // namespace
}  // namespace outboard
