// The golden frames: another encoder wrote them; ours writes each to the same bytes, and reads it.
#include <gtest/gtest.h>

#include "sync/fields.h"
#include "sync/frame.h"
#include "sync/golden_testing.h"

namespace outboard::sync {
namespace {

using trial::counting_up;
using trial::golden;

constexpr std::uint64_t most = limits::wire_integer_max;
constexpr std::uint64_t long_ago = 1'790'000'000'000;
const ReplicaId replica{0x0102030405060708};
const Instance instance = counting_up<16>(32);
const Epoch epoch = counting_up<16>(48);
const Bytes five = counting_up(5, 0), three = counting_up(3, 0), six = counting_up(6, 250);

Digest digest(std::uint8_t from) { return counting_up<32>(from); }

std::map<std::string, Frame> frames() {
  return {
      {"hello_first", Hello{.space = "notes",
                            .replica = replica,
                            .instance = instance,
                            .token = "token",
                            .window = 1u << 20}},
      {"hello_again", Hello{.protocol_max = 2,
                            .space = "team/é",
                            .replica = replica,
                            .instance = instance,
                            .epoch = epoch,
                            .checkpoints = {{most, digest(1)}, {24, digest(2)}},
                            .acked_seq = 300,
                            .sent_digests = {digest(3), digest(4)},
                            .window = 65'536,
                            .schema_version = 3,
                            .schema_hash = digest(5)}},
      {"welcome_catchup", Welcome{.epoch = epoch,
                                  .head = {100, digest(7)},
                                  .from_position = 24,
                                  .acked_seq = 302,
                                  .match_seq = 301,
                                  .server_ms = long_ago,
                                  .rights = rights::read | rights::write | rights::message,
                                  .expires_in_ms = 3'600'000,
                                  .transaction_bytes_max = 4u << 20,
                                  .push_bytes_max = 1u << 20}},
      {"welcome_repair", Welcome{.epoch = epoch,
                                 .head = {0, digest(7)},
                                 .mode = Mode::repair,
                                 .rights = rights::read,
                                 .transaction_bytes_max = 1,
                                 .push_bytes_max = 1}},
      {"auth", Auth{"another token"}},
      {"auth_due", AuthDue{60'000}},
      {"push", Push{.seq = 7, .digest = digest(8), .bytes = five}},
      {"push_last_chunk", Push{.seq = most, .digest = digest(8), .chunk = 1, .chunks = 2}},
      {"push_rejected", Push{.seq = 7, .digest = digest(8), .rejected = Reason::future_stamp}},
      {"verdict_stored", Verdict{.seq = 7, .position = 41}},
      {"verdict_rejected",
       Verdict{.seq = 8, .reason = Reason::future_stamp, .hint = "set the clock"}},
      {"entry", EntryChunk{.position = 41,
                           .accepted_ms = long_ago,
                           .subject = "ann",
                           .chain = digest(9),
                           .bytes = six}},
      {"live", Live{41}},
      {"ack", Ack{.position = 41, .window = 1u << 20, .acked_seq = 7}},
      {"message", Message{.key = "cursor", .bytes = three}},
      {"message_passed_on", Message{.key = "cursor", .sender = replica, .bytes = three}},
      {"ping", Ping{1}},
      {"pong", Pong{1}},
      {"pause", Pause{Reason::quota, 3'600'000}},
      {"resume", Resume{}},
      {"drain", Drain{5'000}},
      {"error_fatal",
       ErrorFrame{
           .reason = Reason::denied, .message = "no such token", .hint = "sign in", .fatal = true}},
      {"error",
       ErrorFrame{
           .reason = Reason::unavailable, .message = "the log is away", .retry_after_ms = 1'000}},
  };
}

TEST(SyncGoldenTest, F4_each_frame_is_written_to_the_bytes_of_another_encoder) {
  auto written = frames();
  EXPECT_EQ(written.size() + 1, golden().size());  // and the header
  for (auto& [name, bytes] : golden()) {
    if (name == "header") continue;
    ASSERT_TRUE(written.contains(name)) << name;
    EXPECT_EQ(to_hex(write_frame(written[name])), to_hex(bytes)) << name;
  }
}

TEST(SyncGoldenTest, F4_what_was_read_is_written_to_the_same_bytes) {
  for (auto& [name, bytes] : golden()) {
    if (name == "header") continue;
    auto frame = read_frame(bytes);
    ASSERT_TRUE(frame.ok()) << name << ": " << to_string(frame.error());
    EXPECT_EQ(to_hex(write_frame(*frame)), to_hex(bytes)) << name;
    EXPECT_FALSE(describe(*frame).empty());
  }
}

TEST(SyncGoldenTest, what_is_read_is_what_was_meant) {
  auto all = golden();
  auto hello = read_frame(all["hello_again"]);
  EXPECT_EQ(std::get<Hello>(*hello), std::get<Hello>(frames()["hello_again"]));
  auto welcome = read_frame(all["welcome_catchup"]);
  EXPECT_EQ(std::get<Welcome>(*welcome), std::get<Welcome>(frames()["welcome_catchup"]));
  auto entry = read_frame(all["entry"]);
  EXPECT_EQ(to_hex(std::get<EntryChunk>(*entry).bytes), to_hex(six));
  EXPECT_EQ(std::get<EntryChunk>(*entry).subject, "ann");
}

// A replica's position is between 0 and 2^53; what names a reason keeps its number.
TEST(SyncGoldenTest, numbers_of_the_wire_are_pinned) {
  EXPECT_EQ(static_cast<int>(FrameType::hello), 1);
  EXPECT_EQ(static_cast<int>(FrameType::entry), 7);
  EXPECT_EQ(static_cast<int>(FrameType::live), 9);
  EXPECT_EQ(static_cast<int>(FrameType::error), 22);
  EXPECT_EQ(static_cast<int>(Reason::denied), 5);
  EXPECT_EQ(static_cast<int>(Reason::unavailable), 20);
  EXPECT_EQ(static_cast<int>(Reason::internal), 40);
  EXPECT_EQ(static_cast<int>(Mode::repair), 3);
  EXPECT_EQ(most, 9'007'199'254'740'991u);
}

}  // namespace
}  // namespace outboard::sync
