// Merger: the merged state of a file's tracked tables: takes in what local transactions did and
// what others recorded, and keeps table, state and claims in agreement.
//
// Mostly a local transaction needs nobody's state: it is folded in later, with others (J21). Only
// where a shadow waits for a key of its tables must it be resolved in its own commit (J11).
//
// Belongs to the writer's connection, on its thread; `tables` and `capture` outlive it. All that it
// does belongs into a transaction, and goes with it.
#pragma once

#include <functional>

#include "journal/folded_state.h"
#include "journal/merge_writer.h"

namespace outboard::journal {

class Merger {
 public:
  using Changes = Capture::Changes;

  Merger(Connection& writer, Platform& platform, const TrackedTables& tables, Capture& capture)
      : writer_(writer),
        tables_(tables),
        capture_(capture),
        merged_(writer),
        rows_(writer),
        twins_(platform, writer.functions()) {}

  // Has the local transaction to be resolved in its own commit?
  Result<bool> concerns(const Intent& intent);

  // Takes in local transactions, in their order, the rows of which are written already.
  Result<void> fold(std::span<const Changes* const> transactions);

  // Takes in a local transaction, the one that capture has, and moves the rows that yield to others
  // or may enter now. What those had before joins its effect. REQUIRES: all before it are folded.
  Result<void> resolve(Changes& local);

  struct Merged {
    bool touched = false;     // something was new
    LocalEffect before = {};  // what the rows that changed by that had
  };
  // Takes in what was acknowledged: another's transaction, or an own one. REQUIRES: all local ones
  // are folded.
  Result<Merged> merge(const Intent& acknowledged);
  // The same for what another state holds of rows.
  Result<Merged> merge(std::span<const StateRow> rows);

  // Pending transactions are taken back, or said again, in their order, under new stamps: returns
  // what is left of each. `kept` are those that stay pending. REQUIRES: all are folded.
  Result<void> take_back(std::span<const Intent> dropped, std::span<const Intent> kept);
  Result<std::vector<std::optional<Intent>>> say_again(std::span<const Intent> dropped,
                                                       std::span<const Intent> kept,
                                                       const std::function<Stamp()>& next_stamp);

  // A table is tracked from now on: its rows are as if written before all time. If it was tracked
  // before, or its rows were merged, they come into the table as far as they fit; what was done to
  // it meanwhile is done again then, and is part of this transaction.
  Result<void> take_over(const TrackedTable& table);

  // A table is tracked no longer: the journal keeps what it knows of its rows for itself. REQUIRES:
  // all local transactions are folded.
  Result<void> leave(const TrackedTable& table);

  // The schema may be another; a transaction was taken back.
  void schema_changed();
  void forget() { merged_.forget(); }

  MergedRows& merged() { return merged_; }
  FileWorld world(const Capture* before = nullptr) {
    return FileWorld(tables_, merged_, rows_, twins_, before);
  }

 private:
  Result<Merged> store(Pass&& pass, const FileWorld& world, MergeWriter::Rows rows);
  struct Edit {
    Bytes key = {};
    std::optional<TrackedTable::Row> row = {};  // none: it is gone
  };
  Result<void> join_rows(const TrackedTable& table, std::vector<Edit>& edits);
  Result<void> find_gone(const TrackedTable& table, std::vector<Edit>& edits);
  Result<void> do_again(const TrackedTable& table, const std::vector<Edit>& edits);
  Result<void> conceal(const TrackedTable& table);
  Result<void> place_anew(const TrackedTable& table);

  Connection& writer_;
  const TrackedTables& tables_;
  Capture& capture_;
  MergedRows merged_;
  TableRows rows_;
  TableTwins twins_;
};

}  // namespace outboard::journal
