#include "sync/client.h"

#include <gmock/gmock.h>

#include "sync/client_testing.h"

namespace outboard::sync {
namespace {

using ::testing::ElementsAre;
using trial::transaction;

const Epoch epoch{1, 2, 3};
const ReplicaId somebody{99};

// A hub that says what the test makes it say.
class ClientTest : public ::testing::Test {
 protected:
  trial::StandingClock clock;
  trial::MemoryJournal journal;
  Client client{clock, journal, {.space = "notes", .token = "t", .instance = {1}}};
  std::uint64_t connection = 0;
  std::vector<std::string> sent;  // described
  std::vector<Frame> frames;      // and as they are, without their bytes
  std::vector<Reason> told;
  bool closed = false;

  void take() {
    sent.clear();
    frames.clear();
    for (auto& action : client.take_actions()) {
      if (auto* connect = std::get_if<Connect>(&action)) connection = connect->connection;
      if (std::holds_alternative<Close>(action)) closed = true;
      if (auto* tell = std::get_if<Tell>(&action)) told.push_back(tell->reason);
      if (auto* send = std::get_if<Send>(&action)) {
        frames.push_back(*read_frame(send->frame));
        sent.push_back(describe(frames.back()));
      }
    }
  }

  void hear(const Frame& frame) {
    client.received(connection, write_frame(frame));
    take();
  }

  void say_hello() {
    client.start();
    take();
    closed = false;
    client.connected(connection);
    take();
  }

  Welcome welcome(std::uint64_t acked_seq = 0) {
    auto position = journal.checkpoints.all().empty() ? 0 : journal.checkpoints.all()[0].position;
    return {.epoch = epoch,
            .from_position = position,
            .acked_seq = acked_seq,
            .match_seq = acked_seq,
            .rights = rights::read | rights::write,
            .transaction_bytes_max = 4u << 20,
            .push_bytes_max = 1'000};
  }

  Digest chain = chain_start(epoch);
  // The next entry of the log, in one chunk.
  void hear_entry(ByteView frozen) {
    EntryFacts facts{client.status().position + 1, 5, "ann"};
    chain = chain_after(chain, facts, digest_of(frozen));
    hear(EntryChunk{.position = facts.position,
                    .accepted_ms = facts.accepted_ms,
                    .subject = facts.subject,
                    .chain = chain,
                    .bytes = frozen});
  }

  // Lets time pass until the machine asks to be waked.
  std::int64_t wait() {
    auto waited = client.next_tick_ms() - clock.now_ms;
    clock.now_ms = client.next_tick_ms();
    client.tick();
    take();
    return waited;
  }
};

TEST_F(ClientTest, goes_from_idle_to_live) {
  EXPECT_EQ(client.status().phase, Phase::idle);
  say_hello();
  EXPECT_THAT(sent, ElementsAre("HELLO at 0 acked 0 sent 0"));
  EXPECT_EQ(client.status().phase, Phase::hello);
  hear(welcome());
  EXPECT_EQ(client.status().phase, Phase::catchup);
  hear_entry(transaction(somebody, 1));
  hear(Live{1});
  EXPECT_EQ(client.status().phase, Phase::live);
  EXPECT_THAT(journal.calls, ElementsAre("adopted", "applied 1"));
}

TEST_F(ClientTest, Y1_pushes_what_is_durable_in_order_and_nothing_else) {
  journal.write();
  journal.write();
  journal.durable = 1;
  say_hello();
  EXPECT_THAT(sent, ElementsAre("HELLO at 0 acked 0 sent 1"));
  hear(welcome());
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(std::get<Push>(frames[0]).seq, 1u);
  journal.durable = 2;
  client.outbox_changed();
  take();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(std::get<Push>(frames[0]).seq, 2u);
  hear(Verdict{.seq = 1, .position = 4});
  hear(Verdict{.seq = 2, .reason = Reason::future_stamp});
  EXPECT_THAT(journal.calls, ElementsAre("adopted", "stored 1 at 4", "rejected 2 future_stamp"));
}

TEST_F(ClientTest, F9_a_verdict_out_of_order_is_no_verdict) {
  journal.write();
  journal.write();
  say_hello();
  hear(welcome());
  hear(Verdict{.seq = 2, .position = 4});
  EXPECT_TRUE(closed);
  EXPECT_THAT(journal.calls, ElementsAre("adopted"));
}

TEST_F(ClientTest, L7_holds_back_what_goes_beyond_the_bytes_that_may_be_unanswered) {
  for (int i = 0; i < 5; ++i) journal.write(500);
  say_hello();
  hear(welcome());
  EXPECT_EQ(frames.size(), 1u);  // two are more than 1,000 bytes, with their headers
  hear(Verdict{.seq = 1, .position = 1});
  EXPECT_EQ(frames.size(), 1u);
}

TEST_F(ClientTest, L7_holds_back_what_goes_beyond_256_pushes) {
  for (int i = 0; i < 300; ++i) journal.write(0);
  say_hello();
  EXPECT_THAT(sent, ElementsAre("HELLO at 0 acked 0 sent 256"));
  auto much = welcome();
  much.push_bytes_max = 1u << 20;
  hear(much);
  EXPECT_EQ(frames.size(), 256u);
}

TEST_F(ClientTest, cuts_a_large_transaction_into_chunks) {
  journal.write(3 * limits::chunk_bytes_max);
  say_hello();
  hear(welcome());
  ASSERT_EQ(frames.size(), 4u);
  for (std::uint64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(std::get<Push>(frames[i]).chunk, i);
    EXPECT_EQ(std::get<Push>(frames[i]).chunks, 4u);
  }
}

TEST_F(ClientTest, F16_pushes_again_all_that_has_no_verdict_after_a_loss) {
  journal.write();
  journal.write();
  say_hello();
  hear(welcome());
  hear(Verdict{.seq = 1, .position = 1});
  client.lost(connection);
  take();
  EXPECT_EQ(client.status().phase, Phase::waiting);
  wait();
  client.connected(connection);
  take();
  EXPECT_THAT(sent, ElementsAre("HELLO at 0 acked 1 sent 1"));
  hear(welcome(1));
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(std::get<Push>(frames[0]).seq, 2u);
}

TEST_F(ClientTest, F15_connects_for_ever_with_full_jitter_up_to_a_minute) {
  say_hello();
  std::int64_t longest = 0;
  for (int outage = 0; outage < 1'000; ++outage) {
    client.lost(connection);
    take();
    auto before = connection;
    auto waited = wait();
    longest = std::max(longest, waited);
    EXPECT_LE(waited, limits::reconnect_max_ms);
    EXPECT_GT(connection, before);
    clock.last = static_cast<std::uint8_t>(outage * 37);
  }
  EXPECT_GT(longest, limits::reconnect_max_ms / 2);
}

TEST_F(ClientTest, is_there_at_once_when_the_network_is_back_and_only_once) {
  say_hello();
  client.lost(connection);
  take();
  auto before = connection;
  client.online();
  take();
  EXPECT_EQ(connection, before + 2);  // one was given up, one is new
  auto now = connection;
  wait();  // the attempt that had been planned is not made beside it
  EXPECT_NE(client.status().phase, Phase::hello);
  EXPECT_EQ(client.status().why, "the hub did not answer in time");
  EXPECT_EQ(connection, now);
}

TEST_F(ClientTest, F17_does_not_listen_to_a_connection_of_before) {
  say_hello();
  auto old = connection;
  client.lost(connection);
  take();
  wait();
  client.received(old, write_frame(welcome()));
  client.lost(old);
  EXPECT_EQ(client.status().phase, Phase::connecting);
}

TEST_F(ClientTest, half_open_a_connection_is_given_up_after_45_seconds) {
  say_hello();
  hear(welcome());
  hear(Live{0});
  EXPECT_EQ(wait(), limits::ping_after_ms);
  EXPECT_THAT(sent, ElementsAre("PING 1"));
  EXPECT_EQ(client.status().phase, Phase::live);
  wait();
  EXPECT_EQ(client.status().phase, Phase::waiting);
}

TEST_F(ClientTest, Y2_another_chain_than_the_logs_is_not_taken_in) {
  say_hello();
  hear(welcome());
  chain[0] ^= 1;
  hear_entry(transaction(somebody, 1));
  EXPECT_TRUE(closed);
  EXPECT_THAT(journal.calls, ElementsAre("adopted"));
}

TEST_F(ClientTest, Y2_repairs_from_where_both_agree_and_pushes_again_what_the_hub_lost) {
  journal.epoch = epoch;
  journal.checkpoints = Checkpoints({{9, {9}}, {4, {4}}});
  for (int i = 0; i < 3; ++i) journal.write();
  journal.acked = 3;
  journal.own[1].rejected = Reason::future_stamp;
  say_hello();
  auto repair = welcome(1);
  repair.mode = Mode::repair;
  repair.from_position = 4;
  hear(repair);
  EXPECT_THAT(journal.calls, ElementsAre("rewound to 4", "forgot after 1"));
  EXPECT_EQ(client.status().phase, Phase::repair);
  EXPECT_TRUE(frames.empty());  // a crash must not take for answered what is pushed again
  journal.durable = 3;
  client.outbox_changed();
  take();
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(std::get<Push>(frames[0]).seq, 2u);
  EXPECT_EQ(std::get<Push>(frames[0]).rejected, Reason::future_stamp);  // stays refused
  EXPECT_EQ(std::get<Push>(frames[1]).seq, 3u);
}

TEST_F(ClientTest, Y2_another_life_of_the_space_is_for_the_application_to_decide) {
  journal.epoch = Epoch{9};
  journal.write();
  say_hello();
  hear(welcome());
  EXPECT_EQ(client.status().phase, Phase::halted);
  EXPECT_TRUE(frames.empty());
  EXPECT_TRUE(journal.calls.empty());
}

TEST_F(ClientTest, J5_a_hub_that_knows_more_than_was_said_finds_a_copy) {
  journal.epoch = epoch;
  journal.write();
  say_hello();
  hear(welcome(2));
  EXPECT_THAT(journal.calls, ElementsAre("forked after 1"));
  EXPECT_THAT(told, ElementsAre(Reason::forked));
  EXPECT_EQ(client.status().phase, Phase::waiting);
}

TEST_F(ClientTest, J5_an_entry_in_ones_own_name_that_one_did_not_write_finds_a_copy) {
  journal.epoch = epoch;
  journal.write();
  say_hello();
  hear(welcome());
  hear_entry(transaction(journal.replica, 1, 11));
  EXPECT_THAT(journal.calls, ElementsAre("forked after 0"));
}

TEST_F(ClientTest, F20_ones_own_entries_come_back_and_are_taken_in) {
  journal.epoch = epoch;
  journal.write();
  say_hello();
  hear(welcome());
  hear_entry(journal.own[0].frozen);
  EXPECT_THAT(journal.calls, ElementsAre("applied 1"));
}

TEST_F(ClientTest, Y6_what_cannot_be_read_is_quarantined_and_does_not_stop_the_pump) {
  say_hello();
  hear(welcome());
  hear_entry(Bytes{0xff, 1, 2});
  auto other = transaction(somebody, 1);
  other.back() ^= 1;  // another part than its hash
  hear_entry(other);
  hear_entry(transaction(somebody, 2));
  EXPECT_THAT(journal.calls, ElementsAre("adopted", "quarantined 1", "quarantined 2", "applied 3"));
}

TEST_F(ClientTest, F1_F8_what_could_not_be_stored_is_asked_for_again) {
  say_hello();
  hear(welcome());
  journal.disk_is_full = true;
  hear_entry(transaction(somebody, 1));
  EXPECT_EQ(client.status().phase, Phase::waiting);
  EXPECT_EQ(client.status().why, "the disk is full");
  EXPECT_TRUE(journal.checkpoints.all().empty());
}

TEST_F(ClientTest, F12_a_transaction_is_taken_in_whole_or_not_at_all) {
  say_hello();
  hear(welcome());
  auto frozen = transaction(somebody, 1, 100);
  EntryFacts facts{1, 5, "ann"};
  EntryChunk chunk{.position = 1,
                   .accepted_ms = 5,
                   .subject = "ann",
                   .chain = chain_after(chain, facts, digest_of(frozen)),
                   .chunks = 2,
                   .bytes = ByteView(frozen).first(50)};
  hear(chunk);
  EXPECT_THAT(journal.calls, ElementsAre("adopted"));
  client.lost(connection);
  take();
  wait();
  client.connected(connection);
  take();
  hear(welcome());
  chunk.chunk = 1;
  chunk.bytes = ByteView(frozen).subspan(50);
  hear(chunk);  // the first half was of another connection
  EXPECT_THAT(journal.calls, ElementsAre("adopted"));
}

TEST_F(ClientTest, acknowledges_what_it_took_in) {
  say_hello();
  hear(welcome());
  hear_entry(transaction(somebody, 1));
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(wait(), limits::ack_delay_ms);
  EXPECT_THAT(sent, ElementsAre("ACK 1 acked 0"));
  for (std::uint64_t seq : {2, 3}) {
    hear_entry(transaction(somebody, seq, 100'000));
    EXPECT_TRUE(sent.empty());
  }
  hear_entry(transaction(somebody, 4, 100'000));
  EXPECT_THAT(sent, ElementsAre("ACK 4 acked 0"));  // a quarter of the window
}

TEST_F(ClientTest, Y5_pushes_nothing_while_paused) {
  journal.write();
  say_hello();
  hear(welcome());
  hear(Pause{Reason::quota, 3'600'000});
  journal.write();
  client.outbox_changed();
  take();
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(client.status().paused, Reason::quota);
  hear(Resume{});
  EXPECT_EQ(sent.size(), 1u);
  EXPECT_FALSE(client.status().paused);
}

TEST_F(ClientTest, without_the_right_to_write_it_follows_and_pushes_nothing) {
  journal.write();
  say_hello();
  auto reader = welcome();
  reader.rights = rights::read;
  hear(reader);
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(client.status().paused, Reason::read_only);
}

TEST_F(ClientTest, a_refused_token_is_asked_for_once_and_then_tried_every_ten_minutes) {
  say_hello();
  hear(ErrorFrame{.reason = Reason::denied, .message = "no"});
  EXPECT_GE(wait(), limits::refused_retry_ms);
  client.connected(connection);
  take();
  hear(ErrorFrame{.reason = Reason::denied, .message = "no"});
  EXPECT_THAT(told, ElementsAre(Reason::denied));
  auto before = connection;
  client.set_token("another");
  take();
  EXPECT_GT(connection, before);
}

TEST_F(ClientTest, a_token_is_renewed_in_place) {
  say_hello();
  hear(welcome());
  hear(AuthDue{60'000});
  EXPECT_THAT(told, ElementsAre(Reason::expired));
  client.set_token("another");
  take();
  EXPECT_THAT(sent, ElementsAre("AUTH"));
  EXPECT_EQ(client.status().phase, Phase::catchup);
}

TEST_F(ClientTest, drained_it_comes_back_within_twice_the_time) {
  say_hello();
  hear(welcome());
  hear(Live{0});
  hear(Drain{5'000});
  auto waited = wait();
  EXPECT_GE(waited, 5'000);
  EXPECT_LE(waited, 10'000 + limits::reconnect_first_ms);
}

TEST_F(ClientTest, told_twice_that_its_replica_is_in_use_it_is_a_copy) {
  say_hello();
  hear(ErrorFrame{.reason = Reason::replica_in_use, .match_seq = 3});
  EXPECT_TRUE(journal.calls.empty());
  wait();
  client.connected(connection);
  take();
  hear(ErrorFrame{.reason = Reason::replica_in_use, .match_seq = 4});
  EXPECT_THAT(journal.calls, ElementsAre("forked after 4"));
}

TEST_F(ClientTest, frames_out_of_phase_and_of_the_wrong_side_end_the_connection) {
  auto try_one = [&](const Frame& frame) {
    closed = false;
    client.stop();
    say_hello();
    hear(frame);
    EXPECT_TRUE(closed) << describe(frame);
  };
  try_one(Verdict{.seq = 1, .position = 1});
  try_one(EntryChunk{.position = 1, .subject = "ann"});
  try_one(Live{0});
  try_one(Hello{.space = "notes"});
  try_one(Ack{});
  try_one(Message{.key = "without sender"});
}

TEST_F(ClientTest, messages_pass_while_live_and_are_dropped_otherwise) {
  EXPECT_EQ(client.send("cursor", Bytes{1}).error().code, Code::unavailable);
  say_hello();
  hear(welcome());
  hear(Live{0});
  EXPECT_TRUE(client.send("cursor", Bytes{1}).ok());
  EXPECT_EQ(client.send("cursor", Bytes(limits::message_bytes_max + 1)).error().code,
            Code::too_large);
  take();
  EXPECT_THAT(sent, ElementsAre("MSG cursor"));
}

}  // namespace
}  // namespace outboard::sync
