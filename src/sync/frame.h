// The frames of the dialogue between a replica and its hub: `[type, {small integer keys}, bytes?]`,
// one in each message of a WebSocket (docs/sync-protocol.md).
//
// Values. A frame that was read points into the bytes that it was read from.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "sync/ids.h"

namespace outboard::sync {

inline constexpr std::uint64_t protocol_version = 1;

// The numbers reach the wire: do not change them. 8 and 11 to 15 are kept for what is left out for
// a replica, and for snapshots.
enum class FrameType : std::uint8_t {
  hello = 1,
  welcome = 2,
  auth = 3,
  auth_due = 4,
  push = 5,
  verdict = 6,
  entry = 7,
  live = 9,
  ack = 10,
  message = 16,
  ping = 17,
  pong = 18,
  pause = 19,
  resume = 20,
  drain = 21,
  error = 22,
};

// ---- A replica's ----

struct Hello {
  static constexpr FrameType type = FrameType::hello;
  std::uint64_t protocol_min = protocol_version;
  std::uint64_t protocol_max = protocol_version;
  std::uint64_t features = 0;  // bits; none yet
  std::string space = {};
  ReplicaId replica{};
  Instance instance = {};
  std::string token = {};
  std::optional<Epoch> epoch = {};           // none: never connected
  std::vector<Checkpoint> checkpoints = {};  // the newest first
  std::uint64_t acked_seq = 0;               // has a verdict for all up to here, durably
  std::vector<Digest> sent_digests = {};     // of acked_seq + 1 and on: all that may have been sent
  std::uint64_t window = 0;                  // bytes of entries to send ahead of ACK
  std::uint64_t schema_version = 0;          // information only
  std::optional<Digest> schema_hash = {};    // likewise

  friend bool operator==(const Hello&, const Hello&) = default;
};

struct Auth {
  static constexpr FrameType type = FrameType::auth;
  std::string token = {};  // of the same subject

  friend bool operator==(const Auth&, const Auth&) = default;
};

// A piece of a transaction. One that was refused before the hub lost its memory goes without bytes,
// with the reason: it uses up its number, and stays refused.
struct Push {
  static constexpr FrameType type = FrameType::push;
  std::uint64_t seq = 0;
  Digest digest = {};
  std::uint64_t chunk = 0;
  std::uint64_t chunks = 1;
  std::optional<Reason> rejected = {};
  ByteView bytes = {};
};

struct Ack {
  static constexpr FrameType type = FrameType::ack;
  std::uint64_t position = 0;  // committed locally
  std::uint64_t window = 0;
  std::uint64_t acked_seq = 0;  // as in HELLO

  friend bool operator==(const Ack&, const Ack&) = default;
};

// ---- The hub's ----

enum class Mode : std::uint8_t {
  catchup = 1,
  repair = 3,  // the replica has read what this log does not say; 2 is kept for snapshots
};

// Bits.
namespace rights {
inline constexpr std::uint64_t read = 1, write = 2, message = 4, snapshot = 8, admin = 16;
}  // namespace rights

struct Welcome {
  static constexpr FrameType type = FrameType::welcome;
  std::uint64_t protocol = protocol_version;
  Epoch epoch = {};
  Checkpoint head = {};
  Mode mode = Mode::catchup;
  std::uint64_t from_position = 0;  // entries follow from the next one on
  std::uint64_t acked_seq = 0;      // the replica's last that has a verdict
  std::uint64_t match_seq = 0;      // all up to here are the ones that HELLO spoke of
  std::uint64_t server_ms = 0;
  std::uint64_t body_version = 1;
  std::uint64_t rights = 0;
  std::uint64_t expires_in_ms = 0;
  std::uint64_t transaction_bytes_max = 0;
  std::uint64_t push_bytes_max = 0;  // pushed and without verdict

  friend bool operator==(const Welcome&, const Welcome&) = default;
};

struct AuthDue {
  static constexpr FrameType type = FrameType::auth_due;
  std::uint64_t in_ms = 0;

  friend bool operator==(const AuthDue&, const AuthDue&) = default;
};

// What became of a transaction: it is stored at a position, or refused for a reason (Y4).
struct Verdict {
  static constexpr FrameType type = FrameType::verdict;
  std::uint64_t seq = 0;
  std::optional<std::uint64_t> position = {};
  std::optional<Reason> reason = {};
  std::optional<std::string> hint = {};

  friend bool operator==(const Verdict&, const Verdict&) = default;
};

// A piece of an entry of the log: the same bytes for all that follow.
struct EntryChunk {
  static constexpr FrameType type = FrameType::entry;
  std::uint64_t position = 0;
  std::uint64_t accepted_ms = 0;
  std::string subject = {};
  Digest chain = {};
  std::uint64_t chunk = 0;
  std::uint64_t chunks = 1;
  ByteView bytes = {};
};

struct Live {
  static constexpr FrameType type = FrameType::live;
  std::uint64_t position = 0;  // the head, as all is sent

  friend bool operator==(const Live&, const Live&) = default;
};

struct Pause {
  static constexpr FrameType type = FrameType::pause;
  Reason reason = Reason::busy;  // one of the link's
  std::uint64_t retry_after_ms = 0;

  friend bool operator==(const Pause&, const Pause&) = default;
};

struct Resume {
  static constexpr FrameType type = FrameType::resume;

  friend bool operator==(const Resume&, const Resume&) = default;
};

// The hub is about to go: connect again after so long and up to as long again.
struct Drain {
  static constexpr FrameType type = FrameType::drain;
  std::uint64_t reconnect_after_ms = 0;

  friend bool operator==(const Drain&, const Drain&) = default;
};

// ---- Either side's ----

// An application's own: passed on, never stored.
struct Message {
  static constexpr FrameType type = FrameType::message;
  std::string key = {};                  // a newer one of the same key may take its place
  std::optional<ReplicaId> sender = {};  // set by the hub
  ByteView bytes = {};
};

struct Ping {
  static constexpr FrameType type = FrameType::ping;
  std::uint64_t n = 0;

  friend bool operator==(const Ping&, const Ping&) = default;
};

struct Pong {
  static constexpr FrameType type = FrameType::pong;
  std::uint64_t n = 0;

  friend bool operator==(const Pong&, const Pong&) = default;
};

// The last frame of a connection.
struct ErrorFrame {
  static constexpr FrameType type = FrameType::error;
  Reason reason = Reason::internal;
  std::string message = {};
  std::string hint = {};
  bool fatal = false;  // connecting again as before is of no use
  std::uint64_t retry_after_ms = 0;
  std::optional<std::uint64_t> match_seq = {};  // of replica_in_use: as in WELCOME

  friend bool operator==(const ErrorFrame&, const ErrorFrame&) = default;
};

using Frame = std::variant<Hello, Welcome, Auth, AuthDue, Push, Verdict, EntryChunk, Live, Ack,
                           Message, Ping, Pong, Pause, Resume, Drain, ErrorFrame>;

// The frame in these bytes: `bad_request` or `too_large` if they are none, `outdated` for a type
// that is kept for a later version.
Result<Frame> read_frame(ByteView bytes);

// The frame as bytes. REQUIRES: within its limits; sentences are cut to theirs.
Bytes write_frame(const Frame& frame);

// For traces: "PUSH 7 1/2 (245760 bytes)".
std::string describe(const Frame& frame);

}  // namespace outboard::sync
