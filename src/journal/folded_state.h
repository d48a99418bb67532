// The folded state: all that a replica's transactions together come to, as bytes, for whoever wants
// the outcome instead of the log (a first load, a repair, a comparison).
//
//   piece = [version: 1, [* row]]                        rows ascending by table and key
//   row   = [table-id, key, [* slot]]
//   slot  = [kind, column, replica, time, replica, value]  ascending; only what is acknowledged
//
// Replicas that hold the same entries of the log give the same rows (J16): living ones, shadows and
// dead ones, columns and tables that their schema lacks included. Where a piece ends is the
// writer's choice; the digest does not go by it.
//
// Values; StateReader belongs to the writer's thread.
#pragma once

#include "base/sha256.h"
#include "journal/merge/world.h"

namespace outboard::journal {

class MergedRows;

struct StateRow {
  RowKey row = {};
  RowState state = {};  // acknowledged

  friend bool operator==(const StateRow& left, const StateRow& right) {
    return left.row == right.row &&
           encode(left.state, Layer::acknowledged) == encode(right.state, Layer::acknowledged);
  }
};

// A piece as rows. For hostile bytes: `bad_request`, `too_large`, `outdated`. Other forms of the
// same rows are refused.
Result<std::vector<StateRow>> decode_state(ByteView piece);

// The greatest time of their stamps.
std::uint64_t latest_in(std::span<const StateRow> rows);

// Reads a replica's state out of its file, piece by piece. REQUIRES, as long as it is there: the
// same transaction is open, and all that is local is folded. `merged` and `world` outlive it.
class StateReader {
 public:
  StateReader(MergedRows& merged, const World& world) : merged_(merged), world_(world) {}

  // About limits::state_piece_bytes of rows; nothing behind the last.
  Result<std::optional<Bytes>> next();

  // Of all rows so far.
  Digest digest() const { return Sha256(hash_).finish(); }

 private:
  MergedRows& merged_;
  const World& world_;
  RowKey at_ = {};
  Sha256 hash_;
};

}  // namespace outboard::journal
