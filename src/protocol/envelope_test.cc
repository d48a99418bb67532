#include "protocol/envelope.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace outboard {
namespace {

struct Read {
  Result<Envelope> envelope = Envelope{};
  std::uint64_t id = 0;
};

// What is made of an envelope that `write` writes.
template <class Write>
Read read_written(Write write) {
  static Bytes bytes;
  bytes.clear();
  cbor::Writer out(bytes);
  write(out);
  Read read;
  read.envelope = read_envelope(bytes, read.id);
  return read;
}

Frame only_frame(const Bytes& message) {
  FrameReader frames(message);
  auto frame = **frames.next();
  EXPECT_FALSE(frames.next()->has_value());
  return frame;
}

TEST(EnvelopeTest, the_numbers_of_the_kinds_reach_the_wire) {
  EXPECT_EQ(static_cast<int>(FrameKind::hello), 0);
  EXPECT_EQ(static_cast<int>(FrameKind::request), 1);
  EXPECT_EQ(static_cast<int>(FrameKind::reply), 2);
  EXPECT_EQ(static_cast<int>(FrameKind::error), 3);
  EXPECT_EQ(static_cast<int>(FrameKind::chunk), 4);
  EXPECT_EQ(static_cast<int>(FrameKind::credit), 5);
  EXPECT_EQ(static_cast<int>(FrameKind::cancel), 6);
  EXPECT_EQ(static_cast<int>(FrameKind::event), 7);
  EXPECT_EQ(static_cast<int>(FrameKind::ping), 8);
  EXPECT_EQ(protocol_version, 1u);
}

TEST(EnvelopeTest, every_part_of_the_head_comes_back) {
  constexpr auto most = ~std::uint64_t{0};
  const Head heads[] = {
      {},
      {.session = 1},
      {.timeout_ms = 1'500},
      {.n = 3},
      {.epoch = most, .commit = 1},
      {.session = most, .timeout_ms = most, .n = most, .epoch = most, .commit = most}};
  for (auto& head : heads) {
    Bytes message;
    write_bare_frame(message, FrameKind::ping, most, head);
    std::uint64_t id = 0;
    auto envelope = read_envelope(only_frame(message).head, id);
    ASSERT_TRUE(envelope);
    EXPECT_EQ(envelope->head, head);
    EXPECT_EQ(envelope->id, most);
    EXPECT_EQ(id, most);
  }
}

TEST(EnvelopeTest, each_kind_has_its_number_of_items) {
  constexpr std::size_t items_of_kind[] = {1, 2, 1, 1, 1, 1, 0, 2, 0};
  for (std::uint8_t kind = 0; kind < 12; ++kind) {
    for (std::size_t items = 0; items < 4; ++items) {
      auto read = read_written([&](cbor::Writer& out) {
        begin_envelope(out, static_cast<FrameKind>(kind), 5, {}, items);
        for (std::size_t i = 0; i < items; ++i) out.map(0);
      });
      EXPECT_EQ(read.envelope.ok(), kind < 9 && items == items_of_kind[kind])
          << int{kind} << " with " << items;
      EXPECT_EQ(read.id, 5u);
    }
  }
}

TEST(EnvelopeTest, items_that_are_counted_but_missing_are_noticed) {
  for (auto kind : {FrameKind::ping, FrameKind::credit}) {
    auto read = read_written([&](cbor::Writer& out) {
      out.array(kind == FrameKind::ping ? 3 : 4);
      out.count(static_cast<std::uint64_t>(kind));
      out.count(500);
      out.map(0);
      if (kind == FrameKind::ping) out.null();
    });
    EXPECT_FALSE(read.envelope);
    EXPECT_EQ(read.id, 500u);
  }
}

TEST(EnvelopeTest, the_id_is_known_as_soon_as_it_was_read) {
  auto unknown_key = read_written([](cbor::Writer& out) {
    out.array(3), out.count(8), out.count(77), out.map(1), out.text("nn"), out.count(1);
  });
  ASSERT_FALSE(unknown_key.envelope);
  EXPECT_EQ(unknown_key.envelope.error().message, "head: unknown key 'nn'");
  EXPECT_EQ(unknown_key.id, 77u);

  auto twice = read_written([](cbor::Writer& out) {
    out.array(3), out.count(8), out.count(77), out.map(2);
    out.text("n"), out.count(1), out.text("n"), out.count(1);
  });
  EXPECT_EQ(twice.envelope.error().message, "head: the key 'n' comes twice");
  EXPECT_EQ(twice.id, 77u);

  auto no_head = read_written([](cbor::Writer& out) { out.array(2), out.count(8), out.count(77); });
  EXPECT_FALSE(no_head.envelope);
  EXPECT_EQ(no_head.id, 77u);

  auto no_id = read_written([](cbor::Writer& out) { out.array(2), out.count(8), out.text("77"); });
  EXPECT_FALSE(no_id.envelope);
  EXPECT_EQ(no_id.id, 0u);

  auto nothing = read_written([](cbor::Writer&) {});
  EXPECT_FALSE(nothing.envelope);
}

TEST(EnvelopeTest, an_error_comes_back) {
  for (auto& error :
       {Error{Code::constraint, "UNIQUE constraint failed: note.id", "use another id"},
        Error{Code::worker_lost, "it is gone", "", Outcome::unknown},
        Error{Code::internal, "", ""}}) {
    Bytes message;
    write_error_frame(message, 9, {.epoch = 4}, error);
    std::uint64_t id = 0;
    auto envelope = read_envelope(only_frame(message).head, id);
    ASSERT_TRUE(envelope);
    EXPECT_EQ(envelope->kind, FrameKind::error);
    EXPECT_EQ(read_error(envelope->body), error);
  }
}

Error sent(const Error& error) {
  Bytes message;
  write_error_frame(message, 9, {}, error);
  std::uint64_t id = 0;
  return read_error(read_envelope(only_frame(message).head, id)->body);
}

TEST(EnvelopeTest, an_error_may_quote_any_bytes) {
  auto error = sent({Code::bad_request, "no such column: \xFF", "write it \xC3"});
  EXPECT_EQ(error.message, "no such column: ?");
  EXPECT_EQ(error.hint, "write it ?");
}

TEST(EnvelopeTest, L7_a_long_error_is_cut_at_the_limit) {
  constexpr auto most = limits::error_text_bytes_max;
  std::string whole(most - 1, 'x');
  EXPECT_EQ(sent({Code::internal, whole + "y", ""}).message, whole + "y");
  auto cut = sent({Code::internal, whole + "\xC3\xBC", std::string(1u << 20, 'h')});
  EXPECT_EQ(cut.message, whole);
  EXPECT_EQ(cut.hint.size(), most);
}

TEST(EnvelopeTest, an_error_of_an_unknown_code_is_internal) {
  Bytes bytes;
  cbor::Writer out(bytes);
  out.map(2), out.text("code"), out.text("new"), out.text("message"), out.text("m");
  EXPECT_EQ(read_error(bytes), (Error{Code::internal, "m", ""}));
  bytes.push_back(0);
  EXPECT_EQ(read_error(bytes).code, Code::bad_request);
}

}  // namespace
}  // namespace outboard
