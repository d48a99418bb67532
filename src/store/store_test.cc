// One writer and as many readers as are needed (H5).

#include "store/store.h"

#include "base/limits.h"
#include "store/store_testing.h"

namespace outboard {
namespace {

TEST(Stores, H5_AReaderSeesWhatWasCommittedWhenItBegan) {
  for (auto storage : {Storage::memory, Storage::file}) {
    TrialFolder folder;
    StoreTrial trial(folder.file("db"), storage);
    ASSERT_EQ(ask(trial.writer(), "create table t(v)"), "done");
    auto reader = trial.store->reader();
    ASSERT_TRUE(reader.ok());
    ASSERT_TRUE((*reader)->run("begin").ok());
    EXPECT_EQ(ask(**reader, "select count(*) from t"), "0");
    ASSERT_TRUE(trial.writer().run("begin immediate").ok());
    ASSERT_EQ(ask(trial.writer(), "insert into t values (1)"), "done");
    EXPECT_EQ(trial.read("select count(*) from t"), "0");
    ASSERT_TRUE(trial.writer().run("commit").ok());
    EXPECT_EQ(trial.read("select count(*) from t"), "1");
    EXPECT_EQ(ask(**reader, "select count(*) from t"), "0");
  }
}

TEST(Stores, H5_AReaderCannotWrite) {
  StoreTrial trial;
  EXPECT_EQ(trial.read("create table t(v)"), "denied");
  EXPECT_EQ(trial.read("create temp table t(v)"), "denied");
}

TEST(Stores, L7_ReadersAreBoundedAndComeBack) {
  StoreTrial trial;
  std::vector<ReaderLease> leases;
  for (std::size_t i = 0; i < limits::readers_max; ++i) {
    auto reader = trial.store->reader();
    ASSERT_TRUE(reader.ok()) << i;
    leases.push_back(std::move(*reader));
  }
  EXPECT_EQ(trial.store->reader().error().code, Code::busy);
  leases.pop_back();
  EXPECT_TRUE(trial.store->reader().ok());
  leases.clear();
  EXPECT_EQ(trial.store->readers_out(), 0u);
}

TEST(Stores, TheReaderWithTheLargeCacheIsLentFirst) {
  StoreTrial trial;
  auto cache = [](ReaderLease& reader) {
    auto size = reader->prepare("pragma cache_size");
    EXPECT_TRUE(size.ok() && size->statement->step());
    return size->statement->integer(0);
  };
  auto reader = trial.store->reader(), helper = trial.store->reader();
  EXPECT_EQ(cache(*reader), -16'384);
  EXPECT_EQ(cache(*helper), -2'048);
  *reader = {};
  *helper = {};
  auto again = trial.store->reader();
  EXPECT_EQ(cache(*again), -16'384);
}

TEST(Stores, AReaderThatComesBackIsOutOfItsTransaction) {
  StoreTrial trial;
  ask(trial.writer(), "create table t(v)");
  {
    auto reader = trial.store->reader();
    ASSERT_TRUE((*reader)->run("begin").ok());
    EXPECT_EQ(ask(**reader, "select count(*) from t"), "0");
  }
  ask(trial.writer(), "insert into t values (1)");
  EXPECT_EQ(trial.read("select count(*) from t"), "1");
}

TEST(Stores, CommitsAreCounted) {
  StoreTrial trial;
  EXPECT_EQ(trial.store->commits(), 0u);
  ask(trial.writer(), "create table t(v)");
  ask(trial.writer(), "insert into t values (1)");
  EXPECT_EQ(trial.store->commits(), 2u);
  ask(trial.writer(), "insert into t values (1) returning nonsense");
  trial.read("select * from t");
  ASSERT_TRUE(trial.writer().run("begin").ok());
  ask(trial.writer(), "insert into t values (1)");
  ASSERT_TRUE(trial.writer().run("rollback").ok());
  EXPECT_EQ(trial.store->commits(), 2u);
}

TEST(Stores, WhatWasWrittenIsThereNextTimeAndNothingLiesAround) {
  TrialFolder folder;
  {
    StoreTrial trial(folder.file("db"), Storage::file);
    EXPECT_TRUE(trial.store->info().created);
    ask(trial.writer(), "create table t(v)");
    ask(trial.writer(), "insert into t values (1)");
    EXPECT_TRUE(trial.store->flush().ok());
    EXPECT_FALSE(std::filesystem::exists(folder.file("db-shm")));
  }
  EXPECT_FALSE(std::filesystem::exists(folder.file("db-wal")));
  StoreTrial trial(folder.file("db"), Storage::file);
  EXPECT_FALSE(trial.store->info().created);
  EXPECT_EQ(trial.read("select v from t"), "1");
}

TEST(Stores, AFileWithTextsInUtf16CanBeUsed) {
  TrialFolder folder;
  {
    TestConnection raw(folder.file("db"), nullptr);
    EXPECT_EQ(
        raw.run("pragma encoding = 'UTF-16le'; create table t(v); insert into t values ('é')"),
        SQLITE_OK);
  }
  StoreTrial trial(folder.file("db"), Storage::file);
  EXPECT_EQ(trial.read("select v from t"), "é");
  EXPECT_EQ(ask(trial.writer(), "insert into t values ('ü')"), "done");
  EXPECT_EQ(trial.read("select group_concat(v) from t where v > 'a'"), "é,ü");
}

}  // namespace
}  // namespace outboard
