// Log: where a shard keeps its spaces (Y16, Y17). What was appended is there for good, entries one
// behind the other without gaps; what is read is what was published. It understands no transaction.
//
// Used on the shard's thread, which it outlives. Reads answer at once. An append is told of its end
// by Shard::appended(), later or from inside the call; there is one at a time. Meanwhile its
// entries are not read; what replica() and answer() say of it is durable.
//
// An Error of a read says that the log is away at present. It never stands for "there is nothing"
// (F14).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sync/transaction.h"

namespace outboard::hub {

using sync::Checkpoint;
using sync::EntryFacts;
using sync::Epoch;
using sync::Reason;
using sync::ReplicaId;

struct SpaceState {
  Epoch epoch = {};
  Checkpoint head = {};
  std::uint64_t accepted_ms = 0;  // that stamps were last judged by: it never goes back (Y7)

  friend bool operator==(const SpaceState&, const SpaceState&) = default;
};

struct ReplicaState {
  std::string subject = {};  // to whom it belongs; empty: never wrote
  std::uint64_t last_seq = 0;
  std::uint64_t last_stamp_time = 0;  // of what was stored

  friend bool operator==(const ReplicaState&, const ReplicaState&) = default;
};

// What became of a transaction. Of one that was stored it is the entry that tells.
struct Answer {
  Digest digest = {};
  std::optional<std::uint64_t> position = {};
  std::optional<Reason> reason = {};
  std::string hint = {};

  friend bool operator==(const Answer&, const Answer&) = default;
};

struct LogEntry {
  EntryFacts facts = {};
  Digest chain = {};
  ReplicaId replica{};
  std::uint64_t seq = 0;
  Digest digest = {};
  Bytes frozen = {};
};

// What one commit adds to a space.
struct SpaceGroup {
  SpaceState after = {};
  std::vector<LogEntry> entries = {};
  std::map<ReplicaId, ReplicaState> replicas = {};  // as they are afterwards
  std::map<std::pair<ReplicaId, std::uint64_t>, Answer> rejections = {};
  std::map<ReplicaId, std::uint64_t> heard = {};  // rejections up to there need not be kept
};

// All of it or nothing, by name of the space.
using Group = std::map<std::string, SpaceGroup>;

enum class Appended : std::uint8_t {
  stored,   // durably
  nothing,  // for want of space, say: it may be tried again
  unknown,  // nobody knows, and what is said after that is not to be trusted: a failed fsync
};

class Log {
 public:
  virtual ~Log() = default;

  virtual Result<std::optional<SpaceState>> space(const std::string& name) = 0;

  // A new space, durably. REQUIRES: there is none of that name.
  virtual Result<SpaceState> create(const std::string& name, const Epoch& epoch) = 0;

  virtual Result<ReplicaState> replica(const std::string& space, ReplicaId id) = 0;

  // None if it was never given or, of a rejection that was heard, is not kept any more.
  virtual Result<std::optional<Answer>> answer(const std::string& space, ReplicaId id,
                                               std::uint64_t seq) = 0;

  // None beyond the head.
  virtual Result<std::optional<Digest>> chain_at(const std::string& space,
                                                 std::uint64_t position) = 0;

  // The entries after that position, about as many bytes, at least one if there is any.
  virtual Result<std::vector<LogEntry>> read(const std::string& space, std::uint64_t after,
                                             std::size_t bytes) = 0;

  virtual void append(const Group& group) = 0;
};

}  // namespace outboard::hub
