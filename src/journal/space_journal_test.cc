#include "journal/space_journal.h"

#include "journal/journal_testing.h"

namespace outboard::journal::trial {
namespace {

using sync::Reason;

struct Member : JournalTrial {
  explicit Member(const std::string& name, int burnt = 0) : JournalTrial(name) {
    std::uint8_t random[1];
    for (int i = 0; i < burnt; ++i) platform.random(random);
    EXPECT_EQ(run("create table t(id text primary key not null, a unique, b);"
                  "select outboard_track('t')"),
              "ok");
    open();
  }

  void open() {
    auto opened = SpaceJournal::open(*journal, writer(), {.space = "notes", .subject = "me"});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    space = std::move(*opened);
    space->flushed();
  }
  void open_again() {
    space.reset();
    journal.reset();
    journal = std::move(*Journal::open(writer(), platform));
    open();
  }

  void number() {
    auto done = space->number();
    ASSERT_TRUE(done.ok()) << done.error().message;
    space->flushed();
  }

  // "1 2! 3": numbers of those that wait, refused ones with a mark; - for those without a number.
  std::string waits() {
    std::string text;
    auto all = *space->waiting();
    for (const auto& one : all)
      text += (text.empty() ? "" : " ") + (one.seq ? std::to_string(*one.seq) : "-") +
              (one.rejected ? "!" : "");
    return text;
  }
  std::int64_t first_refused() {
    auto all = *space->waiting();
    for (const auto& one : all)
      if (one.rejected) return one.record;
    return 0;
  }

  std::unique_ptr<SpaceJournal> space;
};

// A log without a hub: each entry is what somebody froze.
struct Log {
  void add(Member& from, std::uint64_t seq) { frozen.push_back(from.space->outgoing(seq)->frozen); }

  // All that it has not read.
  void give(Member& to) {
    for (;;) {
      auto checkpoints = to.space->standing().checkpoints;
      auto position = checkpoints.empty() ? 0 : checkpoints.front().position;
      if (position == frozen.size()) return;
      const auto& bytes = frozen[position];
      sync::Incoming entry{.facts = {.position = position + 1, .accepted_ms = 1, .subject = "me"},
                           .chain = sha256(bytes),
                           .digest = sync::digest_of(bytes),
                           .frozen = bytes,
                           .transaction = sync::thaw(bytes)};
      ASSERT_TRUE(to.space->apply(entry).ok());
    }
  }

  std::vector<Bytes> frozen;
};

class SpaceJournalTest : public ::testing::Test {
 protected:
  Member one{"one"}, two{"two", 3};
  Log log;
};

TEST_F(SpaceJournalTest, Y1_a_number_is_said_once_a_flush_covers_it) {
  one.run("insert into t values ('1', 1, 1); update t set b = 2");
  EXPECT_EQ(one.waits(), "- -");
  ASSERT_TRUE(one.space->number().ok());
  EXPECT_EQ(one.waits(), "1 2");
  EXPECT_EQ(one.space->durable_seq(), 0u);
  one.space->flushed();
  EXPECT_EQ(one.space->durable_seq(), 2u);
  EXPECT_EQ(one.space->acked_seq(), 0u);
}

TEST_F(SpaceJournalTest, J4_what_was_numbered_is_the_same_bytes_for_ever) {
  one.run("insert into t values ('1', 1, 1)");
  one.number();
  auto before = *one.space->outgoing(1);
  auto thawed = sync::thaw(before.frozen);
  ASSERT_TRUE(thawed.ok());
  EXPECT_EQ(static_cast<std::uint64_t>(thawed->header.replica), one.journal->replica());
  EXPECT_EQ(decode_intent(thawed->parts[0])->stamp, thawed->header.stamp);
  one.open_again();
  EXPECT_EQ(one.space->outgoing(1)->frozen, before.frozen);
  EXPECT_EQ(one.space->outgoing(1)->digest, sync::digest_of(before.frozen));
  EXPECT_FALSE(one.space->outgoing(2));
}

TEST_F(SpaceJournalTest, L5_what_an_entry_says_and_the_position_are_one_commit) {
  one.run("insert into t values ('1', 1, 1)");
  one.number();
  log.add(one, 1);
  ASSERT_TRUE(one.space->stored(1, 1).ok());
  EXPECT_EQ(one.waits(), "");
  for (auto* each : {&one, &two}) {
    log.give(*each);
    EXPECT_EQ(each->ask("select * from t"), "1 1 1");
    each->open_again();
    EXPECT_EQ(each->space->standing().checkpoints.front().position, 1u);
  }
  EXPECT_EQ(one.space->acked_seq(), 1u);
  EXPECT_EQ(one.records().size(), 1u);
}

TEST_F(SpaceJournalTest,
       Y4_what_was_refused_is_parked_with_what_depends_on_it_and_all_else_goes_on) {
  one.run("insert into t values ('1', 1, 1)");
  one.number();
  ASSERT_TRUE(one.space->rejected(1, Reason::denied, "ask for the right to write").ok());
  EXPECT_EQ(one.space->acked_seq(), 0u);  // until a flush covers it
  one.run("update t set b = 2 where id = '1'; insert into t values ('2', 2, 2)");
  one.number();
  EXPECT_EQ(one.waits(), "1! - 2");
  EXPECT_EQ((*one.space->waiting())[0].hint, "ask for the right to write");
  EXPECT_EQ(one.space->acked_seq(), 1u);
  one.open_again();
  EXPECT_EQ(one.waits(), "1! - 2");
  EXPECT_EQ(*one.space->outgoing(1)->rejected, Reason::denied);
}

TEST_F(SpaceJournalTest, Y4_retry_says_it_again_under_a_new_number_and_a_later_stamp) {
  one.run("insert into t values ('1', 1, 1)");
  one.number();
  ASSERT_TRUE(one.space->rejected(1, Reason::denied, "").ok());
  one.run("update t set b = 2 where id = '1'; insert into t values ('2', 2, 2)");
  one.number();
  ASSERT_TRUE(one.space->retry(one.first_refused()).ok());
  EXPECT_EQ(one.ask("select * from t order by id"), "1 1 2|2 2 2");
  one.number();
  EXPECT_EQ(one.waits(), "3 4 2");
  auto stamp = [&](std::uint64_t seq) {
    return sync::thaw(one.space->outgoing(seq)->frozen)->header.stamp;
  };
  EXPECT_LT(stamp(2), stamp(3));
  EXPECT_LT(stamp(3), stamp(4));
  EXPECT_EQ(*one.space->outgoing(1)->rejected, Reason::denied);  // asked again, it is answered
  for (std::uint64_t seq = 2; seq <= 4; ++seq) log.add(one, seq);
  log.give(one);
  log.give(two);
  EXPECT_EQ(two.ask("select * from t order by id"), "1 1 2|2 2 2");
  EXPECT_EQ(one.space->retry(1).error().code, Code::not_found);
}

TEST_F(SpaceJournalTest, J15_discard_brings_back_what_was_acknowledged) {
  two.run("insert into t values ('1', 'theirs', 1)");
  two.number();
  log.add(two, 1);
  log.give(one);
  one.run("update t set a = 'mine' where id = '1'; insert into t values ('2', 2, 2)");
  one.number();
  ASSERT_TRUE(one.space->rejected(1, Reason::denied, "").ok());
  ASSERT_TRUE(one.space->stored(2, 2).ok());
  EXPECT_EQ(one.ask("select a from t where id = '1'"), "mine");
  ASSERT_TRUE(one.space->discard(one.first_refused()).ok());
  EXPECT_EQ(one.ask("select a from t where id = '1'"), "theirs");
  EXPECT_EQ(one.waits(), "");
  EXPECT_EQ(one.space->discard(1).error().code, Code::not_found);
  log.add(one, 2);
  log.give(one);
  log.give(two);
  EXPECT_EQ(one.ask("select * from t order by id"), two.ask("select * from t order by id"));
  one.open_again();
  EXPECT_EQ(one.waits(), "");
}

TEST_F(SpaceJournalTest, Y6_what_cannot_be_read_is_quarantined_and_does_not_stop_the_pump) {
  one.run("insert into t values ('1', 1, 1)");
  one.number();
  log.frozen.push_back({0xff, 0x00});
  sync::Header header{
      .space = "notes", .replica = sync::ReplicaId{9}, .seq = 1, .stamp = {5, 9}, .parts = {{}}};
  Bytes nonsense[] = {{1, 2, 3}};
  log.frozen.push_back(sync::freeze(header, nonsense));
  log.add(one, 1);
  log.give(two);
  EXPECT_EQ(two.ask("select * from t"), "1 1 1");
  auto quarantined = *two.space->quarantined();
  ASSERT_EQ(quarantined.size(), 2u);
  EXPECT_EQ(quarantined[1].position, 2u);
  EXPECT_EQ(quarantined[1].why.code, Code::bad_request);
  ASSERT_TRUE(two.space->rewind(0).ok());
  EXPECT_TRUE(two.space->quarantined()->empty());
  EXPECT_TRUE(two.space->standing().checkpoints.empty());
  log.give(two);
  EXPECT_EQ(two.space->quarantined()->size(), 2u);
  EXPECT_EQ(two.ask("select * from t"), "1 1 1");
}

TEST_F(SpaceJournalTest, Y3_forgotten_verdicts_count_again_once_a_flush_covers_that) {
  one.run("insert into t values ('1', 1, 1); update t set b = 2; update t set b = 3");
  one.number();
  for (std::uint64_t seq = 1; seq <= 3; ++seq) ASSERT_TRUE(one.space->stored(seq, seq).ok());
  one.space->flushed();
  EXPECT_EQ(one.space->acked_seq(), 3u);
  ASSERT_TRUE(one.space->forget_verdicts(1).ok());
  EXPECT_EQ(one.space->acked_seq(), 1u);
  EXPECT_EQ(one.space->durable_seq(), 1u);
  one.space->flushed();
  EXPECT_EQ(one.space->durable_seq(), 3u);
  EXPECT_TRUE(one.space->outgoing(3));
}

TEST_F(SpaceJournalTest, J5_a_fork_says_again_what_the_hub_lacks_and_nothing_changes_here) {
  one.run("insert into t values ('1', 1, 1); insert into t values ('2', 2, 2)");
  one.number();
  log.add(one, 1);
  ASSERT_TRUE(one.space->stored(1, 1).ok());
  one.run("delete from t where id = '2'; insert into t values ('3', 3, 3)");
  one.number();
  auto name = one.space->standing().replica;
  ASSERT_TRUE(one.space->fork(1).ok());
  EXPECT_NE(one.space->standing().replica, name);
  EXPECT_EQ(one.space->durable_seq(), 0u);
  EXPECT_EQ(one.ask("select * from t order by id"), "1 1 1|3 3 3");
  one.number();
  EXPECT_EQ(one.waits(), "1 2 3");
  for (std::uint64_t seq = 1; seq <= 3; ++seq) log.add(one, seq);
  log.give(one);
  log.give(two);
  EXPECT_EQ(one.ask("select * from t order by id"), "1 1 1|3 3 3");
  EXPECT_EQ(two.ask("select * from t order by id"), "1 1 1|3 3 3");
  one.run("insert into t values ('4', 4, 4)");
  EXPECT_EQ(one.records().back().intent.stamp.replica,
            static_cast<std::uint64_t>(one.space->standing().replica));
}

TEST_F(SpaceJournalTest, J5_an_imported_file_says_under_its_own_name_what_nobody_has) {
  one.run("insert into t values ('1', 1, 1); insert into t values ('2', 2, 2)");
  one.number();
  log.add(one, 1);
  ASSERT_TRUE(one.space->stored(1, 1).ok());
  auto name = one.journal->replica();
  ASSERT_TRUE(one.journal->replaced().ok());
  EXPECT_NE(one.journal->replica(), name);
  one.open_again();
  EXPECT_EQ(one.ask("select * from t order by id"), "1 1 1|2 2 2");
  EXPECT_FALSE(one.space->outgoing(1));
  one.number();
  EXPECT_EQ(one.waits(), "1");
  log.add(one, 1);
  log.give(two);
  EXPECT_EQ(two.ask("select * from t order by id"), "1 1 1|2 2 2");
}

TEST_F(SpaceJournalTest, J14_a_clock_that_ran_ahead_is_set_back_and_its_edits_are_said_again) {
  one.run("insert into t values ('1', 1, 1)");
  one.number();
  ASSERT_TRUE(one.space->stored(1, 1).ok());
  std::uint64_t years = std::uint64_t{90'000'000'000} << 16;
  auto ahead = one.records().back().intent.stamp.time + years;
  ASSERT_TRUE(one.journal->in_one_commit([&] { return one.journal->set_clock_back(ahead); }).ok());
  one.run("update t set b = 2; insert into t values ('2', 2, 2)");
  ASSERT_GT(one.records().back().intent.stamp.time, ahead);
  one.number();
  ASSERT_TRUE(one.space->rejected(2, Reason::future_stamp, "").ok());
  EXPECT_EQ(one.space->retry(one.first_refused()).error().code, Code::busy);
  ASSERT_TRUE(one.space->rejected(3, Reason::future_stamp, "").ok());
  ASSERT_TRUE(one.space->retry(one.first_refused()).ok());
  EXPECT_EQ(one.ask("select * from t order by id"), "1 1 2|2 2 2");
  for (const auto& record : one.records()) EXPECT_LT(record.intent.stamp.time, ahead);
  one.run("update t set b = 3 where id = '2'");
  one.open_again();
  one.number();
  EXPECT_EQ(one.waits(), "4 5 6");
  EXPECT_EQ(one.ask("select * from t order by id"), "1 1 2|2 2 3");
}

}  // namespace
}  // namespace outboard::journal::trial
