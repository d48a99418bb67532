// Where a database is, and who has it: what can be wrong with a path (L10).

#include "store/place.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store_testing.h"

namespace outboard {
namespace {

std::string opened(const std::string& path) {
  TestPlatform platform;
  auto store = Store::open({.path = path}, platform);
  return store ? "ok" : std::string(name_of(store.error().code));
}

// The same, by a process that may do no more than anybody.
std::string opened_by_nobody(const std::string& path) {
  int pipe[2];
  EXPECT_EQ(::pipe(pipe), 0);
  auto child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(1);
    auto answer = opened(path);
    auto written = ::write(pipe[1], answer.data(), answer.size());
    ::_exit(written < 0);
  }
  ::close(pipe[1]);
  std::string answer(64, '\0');
  auto size = ::read(pipe[0], answer.data(), answer.size());
  ::close(pipe[0]);
  ::waitpid(child, nullptr, 0);
  answer.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return answer;
}

TEST(Places, L10_WhatIsNoPathToAFileIsSaid) {
  TrialFolder folder;
  EXPECT_EQ(opened(""), "bad_request");
  EXPECT_EQ(opened(folder.path()), "bad_request");
  EXPECT_EQ(opened(folder.path() + "/"), "bad_request");
  EXPECT_EQ(opened(folder.file("missing/db")), "not_found");
  EXPECT_EQ(opened(folder.file(std::string("db\0x", 4))), "bad_request");
  folder.write("file", "");
  EXPECT_EQ(opened(folder.file("file/db")), "not_found");
  EXPECT_EQ(opened(folder.file(std::string(300, 'x'))), "unavailable");
  EXPECT_EQ(opened(folder.file("db")), "ok");
  ASSERT_EQ(::mkfifo(folder.file("fifo").c_str(), 0600), 0);
  EXPECT_NE(opened(folder.file("fifo")), "ok");
  EXPECT_NE(opened("/dev/zero"), "ok");
}

TEST(Places, L10_WhatIsNoDatabaseIsCorruptAndStaysAsItIs) {
  TrialFolder folder;
  {
    StoreTrial trial(folder.file("good"), Storage::file);
    ask(trial.writer(), "create table t(v)");
    ask(trial.writer(), "insert into t values (zeroblob(20000))");
  }
  auto good = folder.read("good");
  auto header = good;
  header.replace(0, 16, "Not a database!!");
  for (auto& bytes : {std::string(5'000, 'x'), std::string("short"), header}) {
    folder.write("db", bytes);
    EXPECT_EQ(opened(folder.file("db")), "corrupt");
    EXPECT_EQ(folder.read("db"), bytes);
  }
}

TEST(Places, L10_ADamagedDatabaseNeverDoesMoreThanFail) {
  TrialFolder folder;
  {
    StoreTrial trial(folder.file("good"), Storage::file);
    ask(trial.writer(), "create table t(v, w unique)");
    for (int i = 0; i < 50; ++i)
      ask(trial.writer(), "insert into t values (hex(randomblob(300)), uuid7())");
  }
  auto good = folder.read("good");
  std::mt19937 random(1);
  for (int i = 0; i < 100; ++i) {
    auto bytes = good;
    if (i % 4 == 0) bytes.resize(random() % bytes.size());
    for (int hits = 0; hits < 20 && !bytes.empty(); ++hits)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    folder.write("db", bytes);
    TestPlatform platform;
    auto store = Store::open({.path = folder.file("db")}, platform);
    if (!store) {
      EXPECT_TRUE(store.error().code == Code::corrupt || store.error().code == Code::unavailable ||
                  store.error().code == Code::bad_request)
          << store.error().message;
    } else {
      for (auto sql : {"select sum(length(v)) from t", "insert into t values (1, 2)",
                       "delete from t", "vacuum", "pragma integrity_check"})
        ask((*store)->writer(), sql);
    }
    store = fail(Code::internal, "");
    std::filesystem::remove(folder.file("db-wal"));
  }
}

TEST(Places, H5_ASecondEngineOfThisProcessIsToldSoUnderAnyNameOfTheFile) {
  TrialFolder folder;
  StoreTrial trial(folder.file("db"), Storage::file);
  ::symlink(folder.file("db").c_str(), folder.file("link").c_str());
  std::filesystem::create_directory(folder.file("sub"));
  for (auto name : {"db", "./db", "link", "sub/../db"})
    EXPECT_EQ(opened(folder.file(name)), "busy");
  trial.store.reset();
  EXPECT_EQ(opened(folder.file("link")), "ok");
}

TEST(Places, L8_LinksInACircleAreRefused) {
  TrialFolder folder;
  ::symlink(folder.file("a").c_str(), folder.file("b").c_str());
  ::symlink(folder.file("b").c_str(), folder.file("a").c_str());
  EXPECT_EQ(opened(folder.file("a")), "bad_request");
}

TEST(Places, ADanglingLinkMakesTheFileItPointsTo) {
  TrialFolder folder;
  ::symlink(folder.file("db").c_str(), folder.file("link").c_str());
  StoreTrial trial(folder.file("link"), Storage::file);
  EXPECT_TRUE(std::filesystem::exists(folder.file("db")));
  EXPECT_EQ(opened(folder.file("db")), "busy");
}

TEST(Places, H5_AFileThatAnotherProcessHoldsIsBusyAndItsHolderIsNamed) {
  TrialFolder folder;
  int ready[2], done[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(done), 0);
  auto child = ::fork();
  if (child == 0) {
    TestPlatform platform;
    auto store = Store::open({.path = folder.file("db")}, platform);
    char byte = store.ok();
    if (::write(ready[1], &byte, 1) < 0 || ::read(done[0], &byte, 1) < 0) ::_exit(1);
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(byte, 1);
  TestPlatform platform;
  auto store = Store::open({.path = folder.file("db")}, platform);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, Code::busy);
  EXPECT_NE(store.error().message.find(std::to_string(child)), std::string::npos)
      << store.error().message;
  EXPECT_EQ(::write(done[1], "x", 1), 1);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(opened(folder.file("db")), "ok");
  for (int end : {ready[0], ready[1], done[0], done[1]}) ::close(end);
}

TEST(Places, L10_WhatMayNotBeWrittenIsDenied) {
  TrialFolder folder;
  EXPECT_EQ(opened(folder.file("db")), "ok");
  EXPECT_EQ(opened(folder.file("empty/../db")), "not_found");
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(folder.file("db").c_str(), 0444), 0);
  EXPECT_EQ(opened_by_nobody(folder.file("db")), "denied");
  EXPECT_EQ(opened_by_nobody(folder.file("new")), "denied");
  ASSERT_EQ(::chmod(folder.file("db").c_str(), 0666), 0);
  auto beside = opened_by_nobody(folder.file("db"));  // its log cannot be made beside it
  EXPECT_TRUE(beside == "denied" || beside == "unavailable") << beside;
  ASSERT_EQ(::chmod(folder.path().c_str(), 0700), 0);
  EXPECT_NE(opened_by_nobody(folder.file("db")), "ok");
  EXPECT_EQ(opened(folder.file("db")), "ok");
}

}  // namespace
}  // namespace outboard
