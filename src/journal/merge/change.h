// What one transaction says: the intent, the part of a record that is synced and is the same bytes
// on every replica (J3). Per row that it touched: what became of the row, and what was written.
//
// Columns that a replica's schema lacks are here like all others (J17): merging knows no schema.
//
// All values: copyable, comparable, without a thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

#include <outboard/value.hpp>
#include "base/result.h"
#include "base/stamp.h"

namespace outboard::journal {

// Ids that all replicas of a space share; a rename keeps them.
enum class TableId : std::uint64_t {};
enum class ColumnId : std::uint64_t {};

struct RowKey {
  TableId table{};
  Bytes key = {};  // the primary key in stored form, encoded

  friend auto operator<=>(const RowKey&, const RowKey&) = default;
};

// The numbers reach the disk and the wire: do not change them.
enum class Verb : std::uint8_t {
  insert = 1,  // the row was not there
  update = 2,  // it was, and still is
  remove = 3,  // it was
};

struct ColumnWrite {
  ColumnId column{};
  Value value = {};

  friend bool operator==(const ColumnWrite&, const ColumnWrite&) = default;
};

// A counter's merged value is the sum of one total per replica (J12). `total` is the author's, all
// of its earlier deltas included, so that repeating it is harmless; `delta` is this transaction's
// part of it, from which the change can be issued again.
struct CounterWrite {
  ColumnId column{};
  std::int64_t delta = 0;
  std::int64_t total = 0;

  friend bool operator==(const CounterWrite&, const CounterWrite&) = default;
};

// What one transaction did to one row: the difference between its begin and its end. A primary key
// that was changed is a remove of the old row and an insert of the new one.
struct RowChange {
  RowKey row = {};
  Verb verb = Verb::update;
  std::optional<Stamp> covers = {};         // of a remove: the inserts up to this one are gone (J7)
  std::optional<Bytes> moved_from = {};     // of an insert: the key that the row had before (J17)
  std::vector<ColumnWrite> columns = {};    // ascending
  std::vector<CounterWrite> counters = {};  // ascending

  friend bool operator==(const RowChange&, const RowChange&) = default;
};

struct Intent {
  Stamp stamp = {};                  // of everything in it
  std::vector<RowChange> rows = {};  // ascending

  friend bool operator==(const Intent&, const Intent&) = default;
};

// Is that something that a replica can have said? `bad_request` or `too_large` if not. What comes
// from elsewhere is asked before it is merged: merging takes the order of rows and columns for
// granted, and a remove from the future would bury a row for good.
Result<void> check(const Intent& intent);

}  // namespace outboard::journal
