#include "hub/space/shard.h"

#include <gmock/gmock.h>

#include "hub/space/shard_testing.h"

namespace outboard::hub {
namespace {

using sync::Frame;
using sync::Hello;
using sync::Push;
using sync::trial::transaction;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const ReplicaId ann{1}, bob{2};

class ShardTest : public ::testing::Test {
 protected:
  sync::trial::StandingClock clock;
  MemoryLog log;
  std::int64_t expires_ms = 0;
  std::uint64_t rights = sync::rights::read | sync::rights::write | sync::rights::message;
  std::optional<Error> hook_error;
  Shard shard{clock, log, [this](std::string_view token, std::string_view) -> Result<Claim> {
                if (hook_error) return *hook_error;
                return Claim{std::string(token), rights, expires_ms};
              }};
  std::map<std::uint64_t, std::vector<std::string>> got;  // by connection, described
  std::vector<std::uint64_t> closed;

  void take() {
    got.clear();
    for (auto& action : shard.take_actions()) {
      if (auto* send = std::get_if<SendShared>(&action))
        got[send->connection].push_back(describe(*sync::read_frame(*send->frame)));
      if (auto* close = std::get_if<CloseConnection>(&action)) closed.push_back(close->connection);
    }
  }

  void say(std::uint64_t connection, const Frame& frame) {
    shard.received(connection, sync::write_frame(frame));
    take();
  }

  static Hello hello(ReplicaId replica) {
    return {.space = "notes",
            .replica = replica,
            .instance = {static_cast<std::uint8_t>(replica)},
            .token = "ann",
            .window = 1u << 20};
  }

  void join(std::uint64_t connection, const Hello& said) {
    shard.opened(connection);
    say(connection, said);
  }

  void push(std::uint64_t connection, ReplicaId replica, std::uint64_t seq, std::size_t bytes = 10,
            std::uint64_t time_ms = 1'790'000'000'000) {
    auto frozen = transaction(replica, seq, bytes, time_ms);
    say(connection, Push{.seq = seq, .digest = sync::digest_of(frozen), .bytes = frozen});
  }

  void end_append(Appended outcome = Appended::stored) {
    if (outcome == Appended::stored) log.store();
    log.under_way.reset();
    shard.appended(outcome);
    take();
  }

  void wait(std::int64_t ms) {
    for (auto until = clock.now_ms + ms; clock.now_ms < until;) {
      clock.now_ms += 1'000;
      shard.tick();
    }
    take();
  }
};

TEST_F(ShardTest, Y3_verdict_and_entry_leave_once_the_commit_has_ended) {
  join(1, hello(ann));
  join(2, hello(bob));
  EXPECT_THAT(got[2], ElementsAre("WELCOME catchup from 0 head 0 acked 0 match 0", "LIVE at 0"));
  push(1, ann, 1);
  EXPECT_TRUE(log.under_way);
  EXPECT_TRUE(got.empty());
  end_append();
  EXPECT_THAT(got[1], ElementsAre("VERDICT 1 at 1", HasSubstr("ENTRY 1 1/1")));
  EXPECT_THAT(got[2], ElementsAre(HasSubstr("ENTRY 1 1/1")));
}

TEST_F(ShardTest, Y16_all_that_is_pushed_during_a_commit_becomes_the_next) {
  join(1, hello(ann));
  join(2, hello(bob));
  push(1, ann, 1);
  push(1, ann, 2);
  push(2, bob, 1);
  EXPECT_EQ(log.appends, 1);
  end_append();
  EXPECT_EQ(log.appends, 2);
  EXPECT_EQ(log.under_way->at("notes").entries.size(), 2u);
}

TEST_F(ShardTest, Y1_the_same_number_gets_the_same_verdict_and_another_digest_is_a_fork) {
  join(1, hello(ann));
  push(1, ann, 1);
  end_append();
  push(1, ann, 1);
  EXPECT_THAT(got[1], ElementsAre("VERDICT 1 at 1"));
  EXPECT_EQ(log.appends, 1);
  push(1, ann, 1, 11);
  EXPECT_THAT(got[1], ElementsAre("VERDICT 1 forked"));
  push(1, ann, 2);  // what a copy says after that is not taken for the original's
  EXPECT_TRUE(got.empty());
  EXPECT_EQ(log.appends, 1);
}

TEST_F(ShardTest, Y1_a_number_that_was_left_out_ends_the_connection) {
  join(1, hello(ann));
  push(1, ann, 2);
  EXPECT_THAT(got[1], ElementsAre(HasSubstr("ERR bad_request")));
  EXPECT_THAT(closed, ElementsAre(1));
  EXPECT_EQ(log.appends, 0);
}

TEST_F(ShardTest, J5_hello_is_told_up_to_where_its_transactions_are_the_logs) {
  join(1, hello(ann));
  push(1, ann, 1);
  end_append();
  push(1, ann, 2);
  end_append();
  shard.closed(1);
  auto copy = hello(ann);
  copy.sent_digests = {sync::digest_of(transaction(ann, 1)), sync::digest_of({})};
  join(2, copy);
  EXPECT_THAT(got[2][0], HasSubstr("acked 2 match 1"));
}

TEST_F(ShardTest, Y4_a_rejection_is_durable_repeatable_and_uses_up_its_number) {
  join(1, hello(ann));
  push(1, ann, 1, 10, 1'790'000'000'000 + 3'600'000);  // an hour ahead (Y7)
  EXPECT_TRUE(got.empty());
  EXPECT_EQ(log.under_way->at("notes").entries.size(), 0u);
  end_append();
  EXPECT_THAT(got[1], ElementsAre("VERDICT 1 future_stamp"));
  push(1, ann, 1, 10, 1'790'000'000'000 + 3'600'000);
  EXPECT_THAT(got[1], ElementsAre("VERDICT 1 future_stamp"));
  push(1, ann, 2);
  end_append();
  EXPECT_THAT(got[1][0], HasSubstr("VERDICT 2 at 1"));
}

TEST_F(ShardTest, Y5_stamps_of_one_replica_only_rise_and_envelopes_say_what_push_says) {
  join(1, hello(ann));
  push(1, ann, 1);
  end_append();
  push(1, ann, 2, 10, 1'780'000'000'000);
  end_append();
  EXPECT_THAT(got[1], ElementsAre("VERDICT 2 stale_stamp"));
  push(1, bob, 3);  // in another's name
  end_append();
  EXPECT_THAT(got[1], ElementsAre("VERDICT 3 bad_envelope"));
  say(1, Push{.seq = 4, .bytes = Bytes{0xff}});
  end_append();
  EXPECT_THAT(got[1], ElementsAre("VERDICT 4 bad_envelope"));
}

TEST_F(ShardTest, Y7_the_clock_that_judges_never_goes_back) {
  join(1, hello(ann));
  push(1, ann, 1);
  end_append();
  auto first = log.spaces["notes"].entries[0].facts.accepted_ms;
  clock.wall -= 3'600'000;
  push(1, ann, 2);
  end_append();
  EXPECT_EQ(log.spaces["notes"].entries[1].facts.accepted_ms, first);
}

TEST_F(ShardTest, what_was_refused_before_the_hub_lost_its_memory_stays_refused) {
  join(1, hello(ann));
  say(1, Push{.seq = 1, .digest = {5}, .rejected = Reason::future_stamp});
  end_append();
  EXPECT_THAT(got[1], ElementsAre("VERDICT 1 future_stamp"));
}

TEST_F(ShardTest, Y2_a_replica_that_read_another_log_is_sent_back_to_where_both_agree) {
  join(1, hello(ann));
  for (std::uint64_t seq : {1, 2, 3}) {
    push(1, ann, seq);
    end_append();
  }
  auto& space = log.spaces["notes"];
  auto reader = hello(bob);
  reader.epoch = space.state.epoch;
  reader.checkpoints = {{7, {7}}, {3, {3}}, {2, space.entries[1].chain}};
  join(2, reader);
  EXPECT_THAT(got[2][0], HasSubstr("WELCOME repair from 2 head 3"));
  EXPECT_THAT(got[2][1], HasSubstr("ENTRY 3"));
  shard.closed(2);
  reader.checkpoints = {{3, space.state.head.chain}};
  join(3, reader);
  EXPECT_THAT(got[3][0], HasSubstr("WELCOME catchup from 3"));
}

TEST_F(ShardTest, Y2_a_deleted_space_is_not_made_again_by_who_knew_it) {
  auto old = hello(ann);
  old.epoch = Epoch{9};
  join(1, old);
  EXPECT_THAT(got[1], ElementsAre(HasSubstr("ERR not_found")));
  EXPECT_TRUE(log.spaces.empty());
  join(2, hello(ann));  // one that never knew it makes it
  EXPECT_EQ(log.spaces.size(), 1u);
  join(3, old);
  EXPECT_THAT(got[3], ElementsAre(HasSubstr("ERR not_found")));
}

TEST_F(ShardTest, F5_sends_no_more_than_the_window_ahead_of_ack) {
  join(1, hello(ann));
  for (std::uint64_t seq = 1; seq <= 5; ++seq) {
    push(1, ann, seq, 100);
    end_append();
  }
  auto small = hello(bob);
  small.window = 250;  // two entries are more
  join(2, small);
  EXPECT_EQ(got[2].size(), 3u);
  say(2, sync::Ack{.position = 1, .window = 250});
  EXPECT_THAT(got[2], ElementsAre(HasSubstr("ENTRY 3")));
  say(2, sync::Ack{.position = 9, .window = 250});
  EXPECT_THAT(got[2], ElementsAre(HasSubstr("ERR bad_request")));
}

TEST_F(ShardTest, Y14_who_fell_off_the_ring_reads_the_log) {
  join(1, hello(ann));
  for (std::uint64_t seq = 1; seq <= limits::ring_entries_max + 10; ++seq) {
    push(1, ann, seq, 0);
    end_append();
    say(1, sync::Ack{.position = seq, .window = 1u << 20, .acked_seq = seq});
  }
  log.reads = 0;
  join(2, hello(bob));
  EXPECT_GT(log.reads, 0);
  EXPECT_EQ(got[2].size(), limits::ring_entries_max + 10 + 2);
  EXPECT_THAT(got[2].back(), HasSubstr("LIVE"));
}

TEST_F(ShardTest, F14_a_log_that_is_away_is_not_a_log_that_ends) {
  ASSERT_TRUE(log.create("notes", {}).ok());
  log.spaces["notes"].state.head.position = 1;  // not in the ring of a shard that has just started
  log.is_away = true;
  join(2, hello(bob));
  EXPECT_THAT(got[2], ElementsAre(HasSubstr("WELCOME"), HasSubstr("ERR unavailable")));
}

TEST_F(ShardTest, Y16_an_append_that_stored_nothing_is_tried_again_and_one_nobody_knows_ends_it) {
  join(1, hello(ann));
  push(1, ann, 1);
  end_append(Appended::nothing);
  EXPECT_THAT(got[1], ElementsAre("PAUSE unavailable"));
  wait(2'000);
  EXPECT_EQ(log.appends, 2);
  end_append();
  EXPECT_THAT(got[1], ElementsAre("VERDICT 1 at 1", HasSubstr("ENTRY 1"), "RESUME"));
  push(1, ann, 2);
  end_append(Appended::unknown);
  EXPECT_TRUE(shard.is_broken());
  EXPECT_THAT(got[1], ElementsAre(HasSubstr("ERR unavailable")));
  join(5, hello(bob));
  EXPECT_THAT(got[5], ElementsAre(HasSubstr("ERR unavailable")));
}

TEST_F(ShardTest, the_same_instance_displaces_its_older_connection) {
  join(1, hello(ann));
  join(2, hello(ann));
  EXPECT_THAT(got[1], ElementsAre(HasSubstr("ERR displaced")));
  EXPECT_THAT(closed, ElementsAre(1));
  EXPECT_THAT(got[2][0], HasSubstr("WELCOME"));
  push(1, ann, 1);  // it is not listened to any more
  EXPECT_EQ(log.appends, 0);
}

TEST_F(ShardTest, another_instance_waits_until_the_first_is_known_to_be_alive_or_silent) {
  join(1, hello(ann));
  auto other = hello(ann);
  other.instance = {77};
  join(2, other);
  EXPECT_THAT(got[1], ElementsAre("PING 2"));
  EXPECT_TRUE(got[2].empty());
  say(1, sync::Pong{2});
  EXPECT_THAT(got[2], ElementsAre(HasSubstr("ERR replica_in_use")));
  join(3, other);
  wait(limits::probe_timeout_ms);
  EXPECT_THAT(got[1], ElementsAre(HasSubstr("ERR displaced")));
  EXPECT_THAT(got[3][0], HasSubstr("WELCOME"));
}

TEST_F(ShardTest, Y11_nothing_is_heard_before_hello_nor_without_a_token) {
  shard.opened(1);
  say(1, sync::Ping{1});
  EXPECT_THAT(got[1], ElementsAre(HasSubstr("ERR bad_request")));
  shard.opened(2);
  wait(limits::hello_timeout_ms);
  EXPECT_THAT(got[2], ElementsAre(HasSubstr("ERR timeout")));
  shard.opened(3);
  shard.received(3, Bytes(limits::hello_bytes_max + 1));
  take();
  EXPECT_THAT(got[3], ElementsAre(HasSubstr("ERR too_large")));
  hook_error = fail(Code::denied, "no such token");
  join(4, hello(ann));
  EXPECT_THAT(got[4], ElementsAre(HasSubstr("ERR denied")));
  hook_error = fail(Code::unavailable, "the key set is away");
  join(5, hello(ann));
  EXPECT_THAT(got[5], ElementsAre(HasSubstr("ERR unavailable")));
  EXPECT_EQ(shard.connections(), 0u);
}

TEST_F(ShardTest, Y11_a_token_is_due_before_it_expires_and_renewed_by_the_same_subject) {
  expires_ms = clock.wall + 60'000;
  join(1, hello(ann));
  wait(1'000);
  EXPECT_THAT(got[1], ElementsAre("AUTH_DUE in 60000"));
  expires_ms = clock.wall + 600'000;
  say(1, sync::Auth{"ann"});
  clock.wall += 60'000;
  wait(1'000);
  EXPECT_TRUE(got.empty());
  clock.wall += 600'000;
  wait(1'000);
  EXPECT_THAT(got[1], ElementsAre(HasSubstr("ERR expired")));
  join(2, hello(bob));
  say(2, sync::Auth{"bob"});
  EXPECT_THAT(got[2], ElementsAre(HasSubstr("ERR denied")));
}

TEST_F(ShardTest, Y12_rights_are_asked_for_on_each_path) {
  rights = sync::rights::write;
  join(1, hello(ann));
  EXPECT_THAT(got[1], ElementsAre(HasSubstr("ERR denied")));
  rights = sync::rights::read | sync::rights::write;
  join(2, hello(ann));
  rights = sync::rights::read;
  join(3, hello(bob));
  push(3, bob, 1);
  EXPECT_THAT(got[3], ElementsAre(HasSubstr("ERR read_only")));
  EXPECT_EQ(log.appends, 0);
}

TEST_F(ShardTest, F21_a_replica_belongs_to_the_subject_that_wrote_in_it) {
  join(1, hello(ann));
  push(1, ann, 1);
  end_append();
  shard.closed(1);
  auto thief = hello(ann);
  thief.token = "mallory";
  join(2, thief);
  EXPECT_THAT(got[2], ElementsAre(HasSubstr("ERR other_subject")));
}

TEST_F(ShardTest, who_is_silent_or_takes_nothing_in_is_let_go) {
  join(1, hello(ann));
  join(2, hello(bob));
  push(1, ann, 1);
  end_append();
  for (int i = 0; i < 4; ++i) {
    wait(15'000);
    say(2, sync::Ping{1});  // alive, and takes nothing in
  }
  wait(1'000);
  EXPECT_EQ(shard.connections(), 0u);
}

TEST_F(ShardTest, messages_reach_the_others_with_their_sender_and_are_capped) {
  join(1, hello(ann));
  join(2, hello(bob));
  std::size_t passed_on = 0;
  for (std::uint64_t i = 0; i < 2 * limits::messages_burst_max; ++i) {
    say(1, sync::Message{.key = "cursor"});
    EXPECT_TRUE(got[1].empty());
    passed_on += got[2].size();
  }
  EXPECT_EQ(passed_on, limits::messages_burst_max);
}

TEST_F(ShardTest, L7_pushes_without_verdict_are_bounded) {
  join(1, hello(ann));
  push(1, ann, 1);
  for (std::uint64_t seq = 2; seq <= limits::unanswered_pushes_max; ++seq) push(1, ann, seq, 0);
  EXPECT_TRUE(got.empty());
  push(1, ann, limits::unanswered_pushes_max + 1, 0);
  EXPECT_THAT(got[1], ElementsAre(HasSubstr("ERR bad_request")));
}

TEST_F(ShardTest, drained_all_are_sent_away) {
  join(1, hello(ann));
  join(2, hello(bob));
  shard.drain(5'000);
  take();
  EXPECT_THAT(got[1], ElementsAre("DRAIN 5000"));
  EXPECT_THAT(closed, ElementsAre(1, 2));
  EXPECT_EQ(shard.connections(), 0u);
}

}  // namespace
}  // namespace outboard::hub
