// From what a transaction did to a row to what it says about it: how a local edit becomes a change
// that can be merged anywhere.
//
// This is where a table's rules have their effect: what a delete covers (J7), which columns are
// written together (J8), what is counted instead of overwritten (J12). Afterwards nobody needs
// them.
//
// Values and functions of values.
#pragma once

#include "journal/merge/row_state.h"

namespace outboard::journal {

// The numbers reach the disk: do not change them.
enum class TableKind : std::uint8_t {
  row = 1,  // a delete beats what it did not see
  set = 2,  // an insert beats a delete that did not see it
};

struct TableRules {
  TableKind kind = TableKind::row;
  std::vector<ColumnId> counters = {};  // 64-bit integers, counted from their DEFAULT
  std::vector<std::vector<ColumnId>> groups =
      {};                                  // columns of one CHECK, key or index; no counters
  std::vector<ColumnWrite> defaults = {};  // constant DEFAULTs other than null
};

// The value of that column that the merged row has. A column that was never written has its
// DEFAULT, else null; a counter is its DEFAULT plus all totals, modulo 2^64.
Value value_of(const RowState& row, ColumnId column, const TableRules& rules);

// What a transaction did to a row, seen from its end.
struct Edit {
  RowKey row = {};
  Verb verb = Verb::update;
  std::optional<Bytes> moved_from = {};  // of an insert
  std::vector<ColumnWrite> columns =
      {};  // ascending: all of an insert, those that an update changed
};

// The change to be merged, as pending, with that stamp. `before` is the row's merged state when
// the transaction began.
// REQUIRES: the stamp is greater than all that is in `before`: a clock that saw them gives none
// else.
RowChange record(const Edit& edit, const TableRules& rules, const RowState& before, Stamp stamp);

// Columns that a change writes (ascending) are joined by the others of their groups, with the
// values that these have in the row (J8).
void complete_groups(std::vector<ColumnWrite>& columns, const TableRules& rules,
                     const RowState& row);

// The total of `replica` that counts `delta` more than the row does by now.
std::int64_t total_after(const RowState& row, ColumnId counter, std::uint64_t replica,
                         std::int64_t delta);

}  // namespace outboard::journal
