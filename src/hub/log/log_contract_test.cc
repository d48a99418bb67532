// What every log keeps (Y17): the one in memory, which the shard's tests use, and SQLite's.

#include <gmock/gmock.h>

#include "hub/log/sqlite_log.h"
#include "hub/log/sqlite_log_testing.h"
#include "hub/space/shard_testing.h"

namespace outboard::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A log, and how an append is brought to its end.
struct Trial {
  virtual ~Trial() = default;
  virtual Log& log() = 0;
  virtual Appended finish() = 0;

  Appended append(const Group& group) {
    log().append(group);
    return finish();
  }
};

struct InMemory : Trial {
  MemoryLog kept;
  Log& log() override { return kept; }
  Appended finish() override {
    kept.store();
    return Appended::stored;
  }
};

struct InSqlite : Trial {
  LogInFolder kept;
  Log& log() override { return *kept.log; }
  Appended finish() override { return kept.finish(); }
};

class LogContract : public ::testing::TestWithParam<std::unique_ptr<Trial> (*)()> {
 protected:
  std::unique_ptr<Trial> trial = GetParam()();
  Log& log = trial->log();
  LogWords words;

  void SetUp() override { words.start(log, "notes"); }
  std::vector<std::uint64_t> positions(std::uint64_t after, std::size_t bytes = 1u << 20) {
    std::vector<std::uint64_t> found;
    auto read = log.read("notes", after, bytes);
    for (auto& entry : *read) found.push_back(entry.facts.position);
    return found;
  }
};

TEST_P(LogContract, ASpaceThatNobodyMadeIsNotThere) {
  EXPECT_FALSE(log.space("others")->has_value());
}

TEST_P(LogContract, ANewSpaceIsEmpty) {
  EXPECT_EQ(**log.space("notes"), words.state("notes"));
  EXPECT_THAT(positions(0), IsEmpty());
  EXPECT_EQ(*log.replica("notes", ann), ReplicaState{});
  EXPECT_FALSE(log.answer("notes", ann, 1)->has_value());
}

TEST_P(LogContract, WhatWasAppendedIsReadBackByteForByte) {
  auto group = words.group("notes", {{ann, 1}, {bob, 1}, {ann, 2}});
  ASSERT_EQ(trial->append(group), Appended::stored);
  auto read = *log.read("notes", 0, 1u << 20);
  ASSERT_EQ(read.size(), 3u);
  for (std::size_t i = 0; i < read.size(); ++i) {
    auto& written = group["notes"].entries[i];
    EXPECT_EQ(read[i].facts, written.facts);
    EXPECT_EQ(read[i].chain, written.chain);
    EXPECT_EQ(read[i].replica, written.replica);
    EXPECT_EQ(read[i].seq, written.seq);
    EXPECT_EQ(read[i].digest, written.digest);
    EXPECT_EQ(read[i].frozen, written.frozen);
  }
  EXPECT_EQ(**log.space("notes"), group["notes"].after);
}

TEST_P(LogContract, EntriesAreNotReadBeforeTheAppendHasEnded) {
  ASSERT_EQ(trial->append(words.group("notes", {{ann, 1}})), Appended::stored);
  auto before = **log.space("notes");
  auto group = words.group("notes", {{ann, 2}});
  log.append(group);
  EXPECT_THAT(positions(0), ElementsAre(1));
  EXPECT_FALSE(log.chain_at("notes", 2)->has_value());
  EXPECT_EQ(**log.space("notes"), before);
  EXPECT_EQ(trial->finish(), Appended::stored);
  EXPECT_THAT(positions(0), ElementsAre(1, 2));
}

TEST_P(LogContract, EntriesAreReadFromAPlaceOnAboutAsManyBytes) {
  ASSERT_EQ(trial->append(words.group("notes", {{ann, 1}, {ann, 2}, {ann, 3}})), Appended::stored);
  EXPECT_THAT(positions(1), ElementsAre(2, 3));
  EXPECT_THAT(positions(1, 1), ElementsAre(2));
  EXPECT_THAT(positions(3), IsEmpty());
}

TEST_P(LogContract, AnEntryIsTheAnswerToItsNumber) {
  auto group = words.group("notes", {{ann, 1}, {bob, 1}});
  ASSERT_EQ(trial->append(group), Appended::stored);
  auto answer = *log.answer("notes", bob, 1);
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, (Answer{.digest = group["notes"].entries[1].digest, .position = 2}));
}

TEST_P(LogContract, ARejectionIsKeptUntilItWasHeard) {
  Answer refused{.digest = {7}, .reason = Reason::future_stamp, .hint = "set the clock"};
  auto group = words.group("notes", {{ann, 1}});
  group["notes"].rejections[{ann, 2}] = refused;
  group["notes"].rejections[{ann, 3}] = refused;
  ASSERT_EQ(trial->append(group), Appended::stored);
  EXPECT_EQ(*log.answer("notes", ann, 2), refused);

  auto heard = words.group("notes", {});
  heard["notes"].heard[ann] = 2;
  ASSERT_EQ(trial->append(heard), Appended::stored);
  EXPECT_FALSE(log.answer("notes", ann, 2)->has_value());
  EXPECT_EQ(*log.answer("notes", ann, 3), refused);
  EXPECT_TRUE(log.answer("notes", ann, 1)->has_value()) << "an entry is not forgotten";
}

TEST_P(LogContract, AReplicaIsAsItWasLeft) {
  auto group = words.group("notes", {{ann, 1}});
  ReplicaState state{.subject = "ann@example.org", .last_seq = 1, .last_stamp_time = ~0ull >> 1};
  group["notes"].replicas[ann] = state;
  ASSERT_EQ(trial->append(group), Appended::stored);
  EXPECT_EQ(*log.replica("notes", ann), state);
  state.last_seq = 2;
  auto next = words.group("notes", {});
  next["notes"].replicas[ann] = state;
  ASSERT_EQ(trial->append(next), Appended::stored);
  EXPECT_EQ(*log.replica("notes", ann), state);
  EXPECT_EQ(*log.replica("notes", bob), ReplicaState{});
}

TEST_P(LogContract, AnyReplicaIdIsItself) {
  ReplicaId greatest{~0ull};
  ASSERT_EQ(trial->append(words.group("notes", {{greatest, 1}})), Appended::stored);
  EXPECT_EQ((*log.read("notes", 0, 1))[0].replica, greatest);
  EXPECT_TRUE(log.answer("notes", greatest, 1)->has_value());
}

TEST_P(LogContract, TheChainIsKnownAtEachPosition) {
  auto group = words.group("notes", {{ann, 1}, {ann, 2}});
  ASSERT_EQ(trial->append(group), Appended::stored);
  EXPECT_EQ(*log.chain_at("notes", 0), sync::chain_start(group["notes"].after.epoch));
  EXPECT_EQ(*log.chain_at("notes", 1), group["notes"].entries[0].chain);
  EXPECT_EQ(*log.chain_at("notes", 2), group["notes"].after.head.chain);
  EXPECT_FALSE(log.chain_at("notes", 3)->has_value());
}

TEST_P(LogContract, OneCommitMayAddToSeveralSpaces) {
  words.start(log, "lists");
  auto group = words.group("notes", {{ann, 1}});
  group.merge(words.group("lists", {{ann, 1}, {bob, 1}}));
  ASSERT_EQ(trial->append(group), Appended::stored);
  EXPECT_EQ((**log.space("notes")).head.position, 1u);
  EXPECT_EQ((**log.space("lists")).head.position, 2u);
  EXPECT_EQ(log.read("lists", 0, 1u << 20)->size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(
    Log, LogContract,
    ::testing::Values([]() -> std::unique_ptr<Trial> { return std::make_unique<InMemory>(); },
                      []() -> std::unique_ptr<Trial> { return std::make_unique<InSqlite>(); }),
    [](auto& trial) { return trial.index == 0 ? "Memory" : "Sqlite"; });

}  // namespace
}  // namespace outboard::hub
