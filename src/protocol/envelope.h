// Envelopes: `[kind, id, head, …]`, the same for every message (rule H1).
#pragma once

#include <optional>
#include <string>

#include "base/cbor.h"
#include "base/result.h"
#include "protocol/frame.h"

namespace outboard {

inline constexpr std::uint64_t protocol_version = 1;

// The numbers reach the wire: do not change them.
enum class FrameKind : std::uint8_t {
  hello = 0,
  request = 1,
  reply = 2,
  error = 3,
  chunk = 4,
  credit = 5,
  cancel = 6,
  event = 7,
  ping = 8,
};

// Zero means absent.
struct Head {
  std::uint64_t session = 0;
  std::uint64_t timeout_ms = 0;
  std::uint64_t n = 0;
  std::uint64_t epoch = 0;
  std::uint64_t commit = 0;

  friend bool operator==(const Head&, const Head&) = default;
};

struct Envelope {
  FrameKind kind = FrameKind::ping;
  std::uint64_t id = 0;
  Head head;
  ByteView body;  // what follows the head: the items of that kind of frame, not yet looked at
};

// Reads an envelope. If the id could be read, it is in `id` even where the rest is wrong.
Result<Envelope> read_envelope(ByteView head, std::uint64_t& id);

// Begins a frame with its envelope; `items` items of body follow.
void begin_envelope(cbor::Writer& out, FrameKind kind, std::uint64_t id, const Head& head,
                    std::size_t items);

// Whole frames for the kinds that need no more than that.
void write_bare_frame(Bytes& message, FrameKind kind, std::uint64_t id, const Head& head);
void write_credit_frame(Bytes& message, std::uint64_t id, std::uint64_t chunks);
void write_error_frame(Bytes& message, std::uint64_t id, const Head& head, const Error& error);

// The body of an error frame.
Error read_error(ByteView body);

}  // namespace outboard
