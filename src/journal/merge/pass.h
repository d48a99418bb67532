// One pass of the merge: whatever one commit does to merged rows, and what follows from it for the
// application's table.
//
//   Pass pass(world);
//   pass.merge(intent, Origin::acknowledged);
//   Effect effect = std::move(pass).finish();
//
// Local transactions go the same way as those out of the log, with Origin::pending (J11).
//
// Reads `world`, which must outlive it, and changes nothing but itself: the caller stores the
// effect. Used by one thread.
#pragma once

#include "journal/merge/placement.h"
#include "journal/merge/reissue.h"

namespace outboard::journal {

// What really changed in one row (J3), and where it belongs from now on.
struct RowEffect {
  RowKey row = {};
  RowState state = {};  // to be stored; without slots if nothing is left of the row
  RowDelta delta = {};
  bool in_table = false;  // is it in the application's table by now?
  bool lives = false;     // shall it be?
  bool rekeyed = false;   // one of its unique keys is another than before

  bool shadowed() const { return in_table && !lives && delta.alive_after; }
  bool promoted() const { return !in_table && lives && delta.alive_before; }
  bool leaves() const { return in_table && (!lives || rekeyed); }
  bool enters() const { return lives && (!in_table || rekeyed); }
};

// Ascending by row. Whoever writes it to the table lets all rows leave that leave() before any
// enters() or is updated: then no UNIQUE index is ever in the way. (Of a local transaction, whose
// rows are written already, only those move whose `in_table` and `lives` differ.)
using Effect = std::vector<RowEffect>;

class Pass {
 public:
  explicit Pass(const World& world) : world_(world) {}
  Pass(const Pass&) = delete;
  Pass& operator=(const Pass&) = delete;

  // The row as it is by now.
  const RowState& row(const RowKey& key) { return entry(key).state; }

  // Takes a transaction in. Acknowledging an own one is merging it again, as acknowledged.
  void merge(const Intent& intent, Origin origin);

  // Takes in what a snapshot holds of a row.
  void merge(const RowKey& key, const RowState& state);

  // Takes pending transactions back: to discard them, or to issue them again. `kept` are all that
  // stay pending and touch a row of theirs; others may be among them.
  // Counters: whatever was written to the same counter later goes back too, and is issued again,
  // since its totals count what goes. (See take_up for what is acknowledged by then.)
  void drop(std::span<const Intent> dropped, std::span<const Intent> kept);

  // Issues again what was dropped, as pending (see reissue.h for the order). Returns what is to
  // be sent; nothing if all of it was superseded.
  std::optional<Intent> reissue(const Intent& dropped, Stamp stamp);

  // The rows that changed or move. The pass is used up.
  Effect finish() &&;

 private:
  struct Entry {
    RowState before, state;
  };
  Entry& entry(const RowKey& key);

  const World& world_;
  std::map<RowKey, Entry> rows_;
  Restamped restamped_;
};

}  // namespace outboard::journal
