// StoredRow: the merged state of one row as the file keeps it (J21), beside the row itself. What
// the row in the application's table shows is not kept twice: of such a column there is only the
// stamp.
//
//   stored = [* group]
//   group  = [flags, time, replica, [* (first-column, count)], ? [* value]]   columns of one stamp
//          / [flags, time, replica, key]                                      inserted, moved from
//          there / [flags, time, replica]                                           what deletes
//          cover / [flags, time, replica, column, total]                            a counter
//
// Columns and replicas are numbered in each file (Numbers), so a row that was written at once takes
// some twenty bytes. The bytes never leave the file.
//
// Values and functions of values.
#pragma once

#include "journal/merge/row_state.h"
#include "journal/numbers.h"
#include "journal/record_format.h"

namespace outboard::journal {

struct StoredRow {
  RowState state = {};
  std::vector<ColumnId> shown = {};  // ascending: the winner's value is in the table, and null here
  bool is_concealed = false;  // of a table that is not tracked: the values of `shown` are here

  bool shows(ColumnId column) const;
};

Result<Bytes> encode(const StoredRow& row, Numbers& numbers);
Result<StoredRow> decode_stored(ByteView bytes, Numbers& numbers);

// A row that was there before the table was tracked: written before all time (stamp zero), by
// nobody. `columns` are ascending.
StoredRow row_before_time(std::span<const ColumnId> columns);

// A row that a pending transaction has inserted, and nobody else wrote: its columns are in the
// table.
Result<Bytes> encode_inserted(std::span<const ColumnWrite> columns, Stamp stamp, Numbers& numbers);

// Takes in what a local transaction did to the row, as pending. What the row showed before is in
// the effect, and is kept where it is still wanted.
// REQUIRES: the stamp is greater than all in the row.
void take_in(StoredRow& row, const RowChange& change, const RowBefore& before, Stamp stamp);

}  // namespace outboard::journal
