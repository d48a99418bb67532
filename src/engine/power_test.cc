// durability: power. Nothing is acknowledged before the log is flushed (L4, H11).

#include "engine/engine_testing.h"
#include "store/files_faulty.h"
#include "store/vfs_place.h"

namespace outboard {
namespace {

using Crash = FaultyFiles::Crash;
using Fault = FaultyFiles::Fault;

// Files that outlive their engine, as a disk does.
class Borrowed final : public Files {
 public:
  explicit Borrowed(Files& files) : files_(files) {}
  FileCount read(FileSlot slot, std::uint64_t offset, std::span<std::uint8_t> out) override {
    return fails_to_read_ ? FileCount{FileOutcome::failed, 0} : files_.read(slot, offset, out);
  }
  FileOutcome write(FileSlot slot, std::uint64_t offset, ByteView bytes) override {
    return files_.write(slot, offset, bytes);
  }
  FileOutcome truncate(FileSlot slot, std::uint64_t size) override {
    return files_.truncate(slot, size);
  }
  FileOutcome flush(FileSlot slot) override { return files_.flush(slot); }
  FileCount size(FileSlot slot) override { return files_.size(slot); }

  static inline bool fails_to_read_ = false;

 private:
  Files& files_;
};

ClaimPlace on(Files& files) {
  return [&files](const std::string& path, Storage, Platform& platform) {
    return Result<std::unique_ptr<Place>>(
        std::make_unique<VfsPlace>(path, std::make_unique<Borrowed>(files), platform));
  };
}

struct Power : testing::Test {
  Power() { EXPECT_EQ(a.exec("create table t(v unique)"), "ok 0"); }

  // What somebody finds who opens the files after that.
  std::string after(Crash crash) {
    FaultyFiles found(disk.after(crash));
    EngineTrial later(Durability::process, on(found));
    return TestClient(later).exec("select v from t order by v");
  }

  FaultyFiles disk;
  EngineTrial trial{Durability::power, on(disk)};
  TestClient a{trial};
  TestClient b{trial};
};

constexpr Head one{.session = 1};

TEST_F(Power, L4_WhatIsAnsweredSurvivesAPowerCut) {
  EXPECT_EQ(a.exec("insert into t values (1)"), "ok 1");
  EXPECT_EQ(after(Crash::power), "1");
  EXPECT_EQ(a.many("insert into t values (?)", {{2}, {3}}), "ok 2");
  EXPECT_EQ(after(Crash::power), "1|2|3");
  EXPECT_EQ(a.batch({"insert into t values (4)", "delete from t where v = 1"}), "ok 0");
  EXPECT_EQ(after(Crash::power), "2|3|4");
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.exec("delete from t", one), "ok 3");
  EXPECT_EQ(after(Crash::power), "2|3|4");
  EXPECT_EQ(a.plain("commit", 1), "ok 0");
  EXPECT_EQ(after(Crash::power), "");
}

TEST_F(Power, L4_TheSameWithoutPowerSurvivesTheEndOfTheProcessOnly) {
  FaultyFiles other;
  EngineTrial process(Durability::process, on(other));
  TestClient c(process);
  c.exec("create table t(v)");
  other.reset_counts();
  EXPECT_EQ(c.exec("insert into t values (1)"), "ok 1");
  EXPECT_EQ(other.counts(FileSlot::wal).flushes, 0);
  FaultyFiles found(other.after(Crash::process));
  EngineTrial later(Durability::process, on(found));
  EXPECT_EQ(TestClient(later).exec("select v from t"), "1");
}

TEST_F(Power, H11_OneFlushForAllClientsOfATurn) {
  disk.reset_counts();
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 10; ++i) {
    ids.push_back(a.ask({"insert into t values (?)", {i}}));
    ids.push_back(b.ask({"insert into t values (?)", {100 + i}}));
  }
  trial.run();
  EXPECT_EQ(disk.counts(FileSlot::wal).flushes, 1);
  EXPECT_EQ(a.exec("select count(*) from t"), "20");
  EXPECT_EQ(disk.counts(FileSlot::wal).flushes, 1);
}

TEST_F(Power, H11_TheFlushComesBeforeTheAnswerLeaves) {
  auto id = a.ask("insert into t values (1)");
  int flushes = 0;
  disk.on_flush = [&](FileSlot) { ++flushes; };
  while (!a.answer(id).ended) {
    EXPECT_EQ(flushes, 0);
    trial.engine.run();
  }
  disk.on_flush = nullptr;
  EXPECT_EQ(flushes, 1);
}

TEST_F(Power, H11_AFlushThatFailsTakesBackTheAcknowledgementsOfItsTurnAndNoOthers) {
  EXPECT_EQ(a.exec("insert into t values (0)"), "ok 1");
  auto stream = b.ask_stream(counting(9), 1);
  trial.run();
  auto first = a.ask("insert into t values (1)");
  auto conflict = b.ask("insert into t values (0)");
  auto read = b.ask("select v from t");
  b.credit(stream, 2);
  auto second = b.ask("insert into t values (2)");
  auto begin = b.ask_plain("begin", one);
  disk.fail_at(3, Fault::failed);  // two commits are a write each, then comes the flush
  trial.engine.run();
  disk.heal();
  EXPECT_EQ(a.brief(first), "unavailable");
  EXPECT_NE(a.answer(first).message().find("flush"), std::string::npos);
  EXPECT_EQ(b.brief(conflict), "constraint");
  EXPECT_EQ(b.brief(read), "0|1");
  EXPECT_EQ(b.brief(second), "unavailable");
  EXPECT_EQ(b.brief(begin), "ok 0");
  EXPECT_EQ(b.brief(stream), "1|2|3…");
  b.credit(stream, 9);
  EXPECT_EQ(b.done(stream), "1|2|3|4|5|6|7|8|9");
  EXPECT_EQ(b.plain("commit", 1), "ok 0");
  EXPECT_EQ(a.exec("insert into t values (3)"), "ok 1");
  EXPECT_EQ(after(Crash::power), "0|1|2|3");
}

TEST_F(Power, H11_CloseFlushesWhatItsTurnCommitted) {
  auto insert = a.ask("insert into t values (1)");
  auto close_a = a.ask_plain("close");
  auto close_b = b.ask_plain("close");
  trial.run();
  EXPECT_EQ(a.brief(insert), "ok 1");
  EXPECT_EQ(a.brief(close_a) + b.brief(close_b), "ok 0ok 0");
  EXPECT_EQ(after(Crash::power), "1");
}

TEST_F(Power, L10_AFullDiskIsToldAndTheSameEngineGoesOn) {
  EXPECT_EQ(a.exec("insert into t values (1)"), "ok 1");
  EXPECT_EQ(a.plain("begin", 1), "ok 0");
  EXPECT_EQ(a.exec("insert into t values (2)", one), "ok 1");
  disk.fail_at(1, Fault::full, 0);
  EXPECT_EQ(a.plain("commit", 1), "unavailable");
  EXPECT_EQ(a.exec("insert into t values (3)"), "unavailable");
  EXPECT_EQ(a.many("insert into t values (?)", {{4}, {5}}), "unavailable");
  EXPECT_EQ(a.exec("select v from t"), "1");
  disk.heal();
  EXPECT_EQ(after(Crash::process), "1");
  EXPECT_EQ(a.plain("commit", 1), "bad_request");
  EXPECT_EQ(a.exec("insert into t values (6)"), "ok 1");
  EXPECT_EQ(after(Crash::power), "1|6");
}

TEST_F(Power, H4_AReadThatFailsLosesTheTransactionAndItsSessionIsTold) {
  EXPECT_EQ(a.exec("create table other(v); create table large(v)"), "ok 0");
  EXPECT_EQ(a.exec("insert into large select randomblob(10000) from (" + counting(2'500) + ")"),
            "ok 2500");  // more than the cache holds
  for (auto how : {"exec", "stream"}) {
    EXPECT_EQ(a.plain("begin", 1), "ok 0");
    EXPECT_EQ(a.exec("insert into other values (1)", one), "ok 1");
    auto stream = a.ask_stream("select hex(v) from large", 1, one);
    trial.run();
    Borrowed::fails_to_read_ = true;
    if (how[0] == 'e') {
      EXPECT_EQ(a.exec("select sum(length(hex(v))) from large", one), "unavailable");
    } else {
      for (int i = 0; i < 10'000 && !a.answer(stream).ended; ++i) a.credit(stream, 64), trial.run();
    }
    Borrowed::fails_to_read_ = false;
    EXPECT_TRUE(a.answer(stream).ended);
    EXPECT_EQ(a.exec("insert into other values (2)", one), "cancelled") << how;
    EXPECT_EQ(a.plain("commit", 1), "cancelled");
    EXPECT_EQ(b.exec("select count(*) from other"), "0");
  }
}

}  // namespace
}  // namespace outboard
