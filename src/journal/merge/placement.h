// Who lives in the table (J10, J11).
//
// A row is in the table iff it is alive, fits, and is the first that claims each of its unique
// keys. That is a pure function of merged states, so all replicas of one schema show the same rows.
// A claim counts even while its row is not in the table. So nothing chains: when a claim comes or
// goes, only the two rows can move that were and that are the first.
//
// Values and functions of values. The work is bounded by the claims of the touched rows, before and
// after: for each such key the claims are read up to the first row that is not touched.
#pragma once

#include <span>

#include "journal/merge/world.h"

namespace outboard::journal {

// What a row claims: nothing unless it is alive and fits.
struct Claims {
  bool eligible = false;
  Stamp added = {};
  std::vector<UniqueKey> keys = {};  // ascending

  friend bool operator==(const Claims&, const Claims&) = default;
};

Claims claims_of(const World& world, const RowKey& row, const RowState& state);

// A row that a transaction touched.
struct Touched {
  RowKey row = {};
  Claims before = {}, after = {};
};

// For each touched row, and for each other row that may have to move: shall it be in the table?
struct Placement {
  struct Other {
    RowKey row;
    RowState state;
    bool lives = false;
  };
  std::vector<bool> touched = {};
  std::vector<Other> others = {};  // ascending; none of the touched
};

// REQUIRES: `touched` is ascending by row.
Placement place(const World& world, std::span<const Touched> touched);

}  // namespace outboard::journal
