// The merged state of one row, and how changes go into it.
//
// A row is a set of slots: the stamp that it was inserted at, the stamp up to which inserts are
// covered by deletes, one for each column, one for each counter and replica. In each slot the
// greatest version wins (J2, J7, J8, J12). That is all there is to merging, hence its laws: any
// order, any repetition, any batching of the same changes gives the same state (L6).
//
// Beside a winner that is not yet acknowledged each slot keeps the greatest acknowledged version
// (J15): own changes can be taken back, and the acknowledged part can be compared with that of
// others.
//
// A row is alive iff it was inserted after what deletes cover. Dead rows keep everything (J9).
//
// Values and functions of values. merge() costs the size of the row plus that of the change.
#pragma once

#include <span>

#include "base/cbor.h"
#include "journal/merge/change.h"

namespace outboard::journal {

struct Slot {
  // The numbers are part of encoded states: do not change them.
  enum class Kind : std::uint8_t {
    added = 0,    // greatest insert; its value is the key that the row had before, or null
    covered = 1,  // what deletes cover
    column = 2,
    counter = 3,  // the total of one replica
  };

  Kind kind = Kind::added;
  ColumnId column{};          // of a column or a counter
  std::uint64_t replica = 0;  // of a counter

  friend auto operator<=>(const Slot&, const Slot&) = default;
};

struct Version {
  Stamp stamp = {};
  Value value = {};
};

// Is it greater? By stamp; equal stamps (a copied file before it is noticed) fall to the greater
// encoded value, so that even then all replicas choose alike.
bool beats(Stamp stamp, const ValueView& value, const Version& other);
bool beats(const Version& version, const Version& other);

// The same stamp and the same bytes.
bool operator==(const Version& left, const Version& right);

enum class Origin {
  pending,       // written here, no answer yet
  acknowledged,  // read in the log, one's own included
};

enum class Layer {
  acknowledged,  // as if nothing were pending
  merged,        // what this replica believes
};

// A slot that something was written to. A pending version is there only while it beats the
// acknowledged one.
struct Held {
  Slot slot = {};
  std::optional<Version> acknowledged = {};
  std::optional<Version> pending = {};

  // The greatest version of that layer; null if the layer has none.
  const Version* in(Layer layer) const;
};

struct RowState {
  std::vector<Held> slots = {};  // ascending by slot; none is without a version

  // Null if nothing was written there.
  const Held* find(const Slot& slot) const;
  const Version* winner(const Slot& slot) const;
  const Version* added() const { return winner({.kind = Slot::Kind::added}); }
  const Version* covered() const { return winner({.kind = Slot::Kind::covered}); }

  bool alive() const;
};

struct SlotChange {
  Slot slot = {};
  std::optional<Version> before = {}, after = {};  // winners

  friend bool operator==(const SlotChange&, const SlotChange&) = default;
};

// What a step changed in one row.
struct RowDelta {
  std::vector<SlotChange> slots = {};  // ascending; those whose winner is another
  bool alive_before = false;
  bool alive_after = false;
  bool touched = false;  // something is to be stored, if only what is acknowledged

  friend bool operator==(const RowDelta&, const RowDelta&) = default;
};

// Takes a change in. Acknowledging an own change is merging it once more, as acknowledged.
// REQUIRES: a change that check() let pass.
RowDelta merge(RowState& row, const RowChange& change, Stamp stamp, Origin origin);

// Takes in what is acknowledged of another state of the row: a snapshot's, for example.
RowDelta merge(RowState& row, const RowState& other);

// A change and its stamp, looked at. Must outlive the call that it is given to.
struct StampedChange {
  const RowChange* change = nullptr;
  Stamp stamp = {};
};

// Takes pending changes back. `kept` are those of the row that stay pending: what they wrote and
// lost to a dropped change is theirs again. Of what was acknowledged meanwhile nothing goes.
RowDelta drop(RowState& row, std::span<const StampedChange> dropped,
              std::span<const StampedChange> kept);

// From one state of a row to another.
RowDelta difference(const RowState& before, const RowState& after);

// The layer as canonical CBOR, an array per slot: equal states are equal bytes. Empty for a row
// that has nothing in that layer.
Bytes encode(const RowState& row, Layer layer);

}  // namespace outboard::journal
