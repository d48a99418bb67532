// Issuing a pending change again under another stamp: what a retry, the repair of a fork and the
// healing of a clock that ran ahead have in common (J5, J14).
//
// The old change is taken back first (drop), then it is said again. Nothing that this replica
// believes may change by that:
//   - what had lost to an acknowledged version stays lost, though its new stamp would win now;
//   - what a delete covered of the own inserts it covers under their new stamps;
//   - counters are said again as deltas upon the author's total, which may be another author's;
//   - if only a part of a group had won (J8), the others of it are said as this replica has them.
//
// Values and functions of values.
#pragma once

#include <map>

#include "journal/merge/record.h"

namespace outboard::journal {

// Old stamps of what was issued again, each with its new one.
using Restamped = std::map<Stamp, Stamp>;

// The change as it is said again, or nothing if all of it has lost already (superseded). `row` is
// the state without the change, those issued again before it included. Issue in the order of the
// old stamps, and note each pair in `restamped`, the change's own before the call.
// REQUIRES: `now` is greater than all that is acknowledged in `row`, or the same as `was`.
std::optional<RowChange> reissue(const RowChange& change, Stamp was, Stamp now,
                                 const Restamped& restamped, const TableRules& rules,
                                 const RowState& row);

// A total counts all that its author counted before, also what was refused. So once `acknowledged`
// is in the log, an older change of the same author that waits, refused, has nothing left to count
// there: sets those deltas to 0 and returns what they were. To discard that change from then on is
// to undo them by a new transaction.
std::vector<CounterWrite> take_up(RowChange& refused, const RowChange& acknowledged);

}  // namespace outboard::journal
