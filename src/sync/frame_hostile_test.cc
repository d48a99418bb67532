// Frames that nobody should send: refused with a sentence, and nothing worse (law L10).
#include <gtest/gtest.h>

#include "base/cbor.h"
#include "sync/frame.h"
#include "sync/golden_testing.h"
#include "sync/limits.h"

namespace outboard::sync {
namespace {

// What a codec of frames says about bytes: a code, or none if it reads them.
std::optional<Code> refusal(ByteView bytes) {
  auto frame = read_frame(bytes);
  return frame.ok() ? std::nullopt : std::optional(frame.error().code);
}

template <class Write>
Bytes encoded(Write write) {
  Bytes bytes;
  cbor::Writer out(bytes);
  write(out);
  return bytes;
}

// PING with these keys beside its own.
Bytes ping_with(std::initializer_list<std::uint64_t> keys) {
  return encoded([&](cbor::Writer& out) {
    out.array(2);
    out.count(17);
    out.map(1 + keys.size());
    out.count(0);
    out.count(5);
    for (auto key : keys) {
      out.count(key);
      out.text("?");
    }
  });
}

Bytes ping_of(std::uint64_t n) {
  return encoded([&](cbor::Writer& out) {
    out.array(2);
    out.count(17);
    out.map(1);
    out.count(0);
    out.count(n);
  });
}

TEST(SyncHostileTest, each_golden_frame_cut_anywhere_is_refused) {
  for (auto& [name, bytes] : trial::golden()) {
    if (name == "header") continue;
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_TRUE(refusal(ByteView(bytes).first(size))) << name << " cut at " << size;
  }
}

// Changed bytes may be another frame; then it is written and read again the same.
TEST(SyncHostileTest, each_golden_frame_with_any_byte_changed_is_refused_or_whole) {
  for (auto& [name, golden] : trial::golden()) {
    if (name == "header") continue;
    for (std::size_t at = 0; at < golden.size(); ++at) {
      for (int change : {1, 2, 32, 128, 255}) {
        Bytes bytes = golden;
        bytes[at] ^= static_cast<std::uint8_t>(change);
        auto frame = read_frame(bytes);
        if (!frame.ok()) continue;
        auto again = write_frame(*frame);
        auto reread = read_frame(again);
        ASSERT_TRUE(reread.ok()) << name << " at " << at;
        EXPECT_EQ(write_frame(*reread), again) << name << " at " << at;
      }
    }
  }
}

TEST(SyncHostileTest, keys_below_64_are_refused_and_later_ones_passed_over) {
  EXPECT_FALSE(refusal(ping_with({})));
  EXPECT_EQ(refusal(ping_with({1})), Code::bad_request);
  EXPECT_EQ(refusal(ping_with({63})), Code::bad_request);
  EXPECT_FALSE(refusal(ping_with({64})));
  EXPECT_FALSE(refusal(ping_with({64, 65, ~std::uint64_t{0}})));
}

TEST(SyncHostileTest, a_key_that_comes_twice_is_refused) {
  EXPECT_EQ(refusal(ping_with({0})), Code::bad_request);
  EXPECT_EQ(refusal(ping_with({64, 64})), Code::bad_request);
}

TEST(SyncHostileTest, L7_a_map_has_at_most_64_keys) {
  auto with_keys = [](std::size_t keys) {
    return encoded([&](cbor::Writer& out) {
      out.array(2);
      out.count(17);
      out.map(keys);
      out.count(0);
      out.count(5);
      for (std::size_t i = 1; i < keys; ++i) {
        out.count(64 + i);
        out.null();
      }
    });
  };
  EXPECT_FALSE(refusal(with_keys(limits::frame_keys_max)));
  EXPECT_EQ(refusal(with_keys(limits::frame_keys_max + 1)), Code::too_large);
}

TEST(SyncHostileTest, numbers_end_below_2_to_the_53) {
  EXPECT_FALSE(refusal(ping_of(limits::wire_integer_max)));
  EXPECT_EQ(refusal(ping_of(limits::wire_integer_max + 1)), Code::bad_request);
  EXPECT_EQ(refusal(ping_of(~std::uint64_t{0})), Code::bad_request);
}

TEST(SyncHostileTest, what_is_kept_for_later_versions_is_outdated) {
  for (std::uint64_t type : {0, 8, 11, 15, 23, 1'000'000}) {
    auto bytes = encoded([&](cbor::Writer& out) {
      out.array(2);
      out.count(type);
      out.map(0);
    });
    EXPECT_EQ(refusal(bytes), Code::outdated) << type;
  }
}

TEST(SyncHostileTest, indefinite_lengths_tags_and_deep_nesting_are_refused) {
  EXPECT_TRUE(refusal(trial::from_hex("9f11a10005ff")));      // an array without length
  EXPECT_TRUE(refusal(trial::from_hex("8211bf0005ff")));      // a map without length
  EXPECT_TRUE(refusal(trial::from_hex("c08211a10005")));      // a tag
  EXPECT_TRUE(refusal(trial::from_hex("8211a2000500c105")));  // a tag inside
  Bytes deep = trial::from_hex("8211a200051840");
  for (int i = 0; i < 1'000; ++i) deep.push_back(0x81);
  deep.push_back(0);
  EXPECT_TRUE(refusal(deep));
}

TEST(SyncHostileTest, lengths_beyond_the_frame_take_no_memory) {
  EXPECT_TRUE(refusal(trial::from_hex("9bffffffffffffffff")));
  EXPECT_TRUE(refusal(trial::from_hex("8211bbffffffffffffffff")));
  EXPECT_TRUE(refusal(trial::from_hex("8203a1007affffffff")));
}

TEST(SyncHostileTest, L7_a_frame_is_at_most_256_KiB) {
  Bytes huge(limits::sync_frame_bytes_max + 1, 0x82);
  EXPECT_EQ(refusal(huge), Code::too_large);
  Bytes chunk(limits::chunk_bytes_max, 1);
  auto largest = write_frame(Push{.seq = 1, .bytes = chunk});
  EXPECT_LE(largest.size(), limits::sync_frame_bytes_max);
  EXPECT_FALSE(refusal(largest));
  chunk.push_back(1);
  EXPECT_EQ(refusal(write_frame(Push{.seq = 1, .bytes = chunk})), Code::too_large);
}

TEST(SyncHostileTest, L7_each_list_and_text_has_its_limit) {
  auto hello = [](auto change) {
    Hello one{.space = "notes"};
    change(one);
    return refusal(write_frame(one));
  };
  EXPECT_FALSE(hello([](Hello& one) { one.space = std::string(200, 'x'); }));
  EXPECT_TRUE(hello([](Hello& one) { one.space = std::string(201, 'x'); }));
  EXPECT_TRUE(hello([](Hello& one) { one.space = ""; }));
  EXPECT_TRUE(hello([](Hello& one) { one.space = "\xff"; }));
  EXPECT_FALSE(hello([](Hello& one) { one.token = std::string(4'096, 'x'); }));
  EXPECT_TRUE(hello([](Hello& one) { one.token = std::string(4'097, 'x'); }));
  EXPECT_FALSE(hello([](Hello& one) { one.checkpoints.resize(32); }));
  EXPECT_TRUE(hello([](Hello& one) { one.checkpoints.resize(33); }));
  EXPECT_FALSE(hello([](Hello& one) { one.sent_digests.resize(256); }));
  EXPECT_TRUE(hello([](Hello& one) { one.sent_digests.resize(257); }));
  EXPECT_TRUE(hello([](Hello& one) { one.protocol_max = 0; }));
  Bytes message(4'096, 1);
  EXPECT_FALSE(refusal(write_frame(Message{.bytes = message})));
  message.push_back(1);
  EXPECT_TRUE(refusal(write_frame(Message{.bytes = message})));
}

TEST(SyncHostileTest, the_largest_hello_fits_into_what_is_read_before_a_hello) {
  Hello hello{.space = std::string(limits::space_name_bytes_max, 'x'),
              .token = std::string(limits::token_bytes_max, 'x'),
              .epoch = Epoch{},
              .checkpoints = {},
              .sent_digests = std::vector<Digest>(limits::unanswered_pushes_max),
              .schema_hash = Digest{}};
  hello.checkpoints.assign(limits::checkpoints_max, {limits::wire_integer_max, {}});
  EXPECT_LE(write_frame(hello).size(), limits::hello_bytes_max);
}

TEST(SyncHostileTest, chunks_are_counted_and_verdicts_say_one_thing) {
  constexpr auto most = limits::transaction_chunks_max;
  EXPECT_FALSE(refusal(write_frame(Push{.seq = 1, .chunk = most - 1, .chunks = most})));
  EXPECT_TRUE(refusal(write_frame(Push{.seq = 1, .chunk = 1, .chunks = 1})));
  EXPECT_TRUE(refusal(write_frame(Push{.seq = 1, .chunk = 0, .chunks = most + 1})));
  EXPECT_TRUE(refusal(write_frame(EntryChunk{.position = 1, .chunk = 2, .chunks = 2})));
  EXPECT_TRUE(refusal(write_frame(Verdict{.seq = 1})));
  EXPECT_TRUE(refusal(write_frame(Verdict{.seq = 1, .position = 1, .reason = Reason::denied})));
}

TEST(SyncHostileTest, sentences_are_cut_and_made_well_formed) {
  std::string long_one(5'000, '\xff');
  auto bytes = write_frame(ErrorFrame{.message = long_one, .hint = "h"});
  auto frame = read_frame(bytes);
  ASSERT_TRUE(frame.ok());
  EXPECT_LE(std::get<ErrorFrame>(*frame).message.size(), limits::sentence_bytes_max);
  EXPECT_EQ(name_of(static_cast<Reason>(200)), "unknown");
}

}  // namespace
}  // namespace outboard::sync
