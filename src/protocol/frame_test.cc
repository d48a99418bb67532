#include "protocol/frame.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/bytes.h"
#include "base/limits.h"

namespace outboard {
namespace {

Bytes frame(std::uint32_t frame_bytes, std::uint32_t head_bytes, std::size_t size) {
  Bytes message(size);
  if (size >= 4) store_le(message.data(), frame_bytes);
  if (size >= 8) store_le(message.data() + 4, head_bytes);
  return message;
}

std::string complaint(const Bytes& message) {
  auto frame = FrameReader(message).next();
  return frame ? "none" : frame.error().message;
}

void write(Bytes& message, std::size_t head_bytes, std::size_t tail_bytes, std::uint8_t fill) {
  FrameWriter frame(message);
  frame.out().insert(frame.out().end(), head_bytes, fill);
  frame.end_head();
  frame.out().insert(frame.out().end(), tail_bytes, fill);
  frame.finish();
}

TEST(FrameTest, heads_of_every_length_come_back_and_tails_are_aligned) {
  for (std::size_t head_bytes = 0; head_bytes < 20; ++head_bytes) {
    for (std::size_t tail_bytes : {0u, 8u, 64u}) {
      Bytes message;
      write(message, head_bytes, tail_bytes, 7);
      EXPECT_EQ(message.size(), rounded_up_to_8(8 + head_bytes) + tail_bytes);
      FrameReader frames(message);
      auto frame = frames.next();
      ASSERT_TRUE(frame && *frame);
      EXPECT_EQ((*frame)->head.size(), head_bytes);
      EXPECT_EQ((*frame)->tail.size(), tail_bytes);
      EXPECT_EQ(((*frame)->tail.data() - message.data()) % 8, 0);
      auto end = frames.next();
      EXPECT_TRUE(end && !*end);
    }
  }
}

TEST(FrameTest, several_frames_share_a_message) {
  Bytes message;
  for (std::uint8_t i = 0; i < 10; ++i) write(message, i, i % 3 * 8u, i);
  FrameReader frames(message);
  for (std::uint8_t i = 0; i < 10; ++i) {
    auto frame = frames.next();
    ASSERT_TRUE(frame && *frame);
    EXPECT_EQ(to_hex((*frame)->head), to_hex(Bytes(i, i)));
    EXPECT_EQ(to_hex((*frame)->tail), to_hex(Bytes(i % 3 * 8u, i)));
  }
  EXPECT_FALSE(frames.next()->has_value());
}

TEST(FrameTest, an_empty_message_has_no_frame) { EXPECT_EQ(complaint({}), "none"); }

TEST(FrameTest, an_abandoned_frame_leaves_the_message_as_it_was) {
  Bytes message;
  write(message, 5, 8, 1);
  auto before = message;
  FrameWriter frame(message);
  frame.out().resize(frame.out().size() + 100);
  frame.abandon();
  EXPECT_EQ(message, before);
}

TEST(FrameTest, L10_every_wrong_length_is_told) {
  EXPECT_EQ(complaint(Bytes(7)), "a frame is broken: its header is cut off");
  EXPECT_EQ(complaint(frame(0, 0, 8)), "a frame is broken: its envelope does not fit into it");
  EXPECT_EQ(complaint(frame(16, 9, 16)), "a frame is broken: its envelope does not fit into it");
  EXPECT_EQ(complaint(frame(8, 0xffffffff, 8)),
            "a frame is broken: its envelope does not fit into it");
  EXPECT_EQ(complaint(frame(12, 4, 16)), "a frame is broken: its length is not a multiple of 8");
  EXPECT_EQ(complaint(frame(24, 4, 16)), "a frame is broken: it is cut off");
  EXPECT_EQ(complaint(frame(limits::frame_bytes_max, 4, 16)), "a frame is broken: it is cut off");
}

TEST(FrameTest, L7_a_frame_of_more_than_128_MiB_is_too_large) {
  auto message = frame(limits::frame_bytes_max + 8, 4, 16);
  auto read = FrameReader(message).next();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::too_large);
}

TEST(FrameTest, what_is_good_comes_before_what_is_broken) {
  Bytes message;
  write(message, 3, 0, 1);
  message.resize(message.size() + 5);
  FrameReader frames(message);
  EXPECT_TRUE(frames.next());
  EXPECT_FALSE(frames.next());
  EXPECT_FALSE(frames.next());
}

}  // namespace
}  // namespace outboard
