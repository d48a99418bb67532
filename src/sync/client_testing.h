// What the tests of the dialogue share: a clock that stands still until it is told, and the journal
// of a replica in memory that keeps everything and understands nothing.
//
// For tests only; not part of the library.
#pragma once

#include <gtest/gtest.h>

#include "sync/checkpoints.h"
#include "sync/client.h"

namespace outboard::sync::trial {

struct StandingClock : Platform {
  std::int64_t wall_ms() override { return wall; }
  std::int64_t monotonic_us() override { return now_ms * 1'000; }
  void random(std::span<std::uint8_t> out) override {
    for (auto& byte : out) byte = ++last;
  }

  std::int64_t wall = 1'790'000'000'000;
  std::int64_t now_ms = 1'000;
  std::uint8_t last = 0;
};

inline Bytes transaction(ReplicaId replica, std::uint64_t seq, std::size_t bytes = 10,
                         std::uint64_t time_ms = 1'790'000'000'000) {
  Header header{.space = "notes",
                .replica = replica,
                .seq = seq,
                .stamp = {(time_ms << 16) + seq, static_cast<std::uint64_t>(replica)},
                .parts = {{}}};
  Bytes parts[] = {Bytes(bytes, static_cast<std::uint8_t>(seq))};
  return freeze(header, parts);
}

class MemoryJournal : public Journal {
 public:
  ReplicaId replica{7};
  std::optional<Epoch> epoch;
  Checkpoints checkpoints;
  std::vector<Outgoing> own;  // the one with number n is at n - 1
  std::uint64_t acked = 0, durable = 0;
  bool disk_is_full = false;
  std::vector<std::string> calls;  // what was written

  void write(std::size_t bytes = 10) {
    auto frozen = transaction(replica, own.size() + 1, bytes);
    own.push_back({digest_of(frozen), frozen, {}});
    durable = own.size();
  }

  Standing standing() override { return {replica, epoch, checkpoints.all()}; }
  std::uint64_t acked_seq() override { return acked; }
  std::uint64_t durable_seq() override { return durable; }
  std::optional<Outgoing> outgoing(std::uint64_t seq) override {
    return seq > 0 && seq <= own.size() ? std::optional(own[seq - 1]) : std::nullopt;
  }
  Result<void> stored(std::uint64_t seq, std::uint64_t position) override {
    acked = std::max(acked, seq);
    return said("stored " + std::to_string(seq) + " at " + std::to_string(position));
  }
  Result<void> rejected(std::uint64_t seq, Reason reason, std::string_view) override {
    own[seq - 1].rejected = reason;
    acked = std::max(acked, seq);
    return said("rejected " + std::to_string(seq) + " " + std::string(name_of(reason)));
  }
  Result<void> apply(const Incoming& entry) override {
    if (disk_is_full) return fail(Code::unavailable, "the disk is full");
    checkpoints.add({entry.facts.position, entry.chain});
    return said((entry.transaction.ok() ? "applied " : "quarantined ") +
                std::to_string(entry.facts.position));
  }
  Result<void> adopt(const Epoch& one) override {
    epoch = one;
    return said("adopted");
  }
  Result<void> rewind(std::uint64_t position) override {
    checkpoints.cut(position);
    return said("rewound to " + std::to_string(position));
  }
  Result<void> forget_verdicts(std::uint64_t after_seq) override {
    acked = after_seq;
    durable = after_seq;  // until the test flushes
    return said("forgot after " + std::to_string(after_seq));
  }
  Result<void> fork(std::uint64_t match_seq) override {
    replica = ReplicaId{static_cast<std::uint64_t>(replica) + 1};
    return said("forked after " + std::to_string(match_seq));
  }

 private:
  Result<void> said(std::string call) {
    calls.push_back(std::move(call));
    return {};
  }
};

}  // namespace outboard::sync::trial
