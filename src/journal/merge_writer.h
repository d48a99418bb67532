// MergeWriter: does to the file what a pass has decided (J13): rows leave and enter the
// application's tables, merged states and claims are stored. The one place where merging writes.
//
// Made for one pass, on the writer's thread, inside a transaction; what it borrows outlives it.
#pragma once

#include "journal/file_world.h"
#include "journal/merge/pass.h"

namespace outboard::journal {

class MergeWriter {
 public:
  MergeWriter(const TrackedTables& tables, MergedRows& merged, TableRows& rows,
              const FileWorld& world)
      : tables_(tables), merged_(merged), rows_(rows), world_(world) {}

  // Of a local transaction (`written`) the touched rows are in their tables already: only those
  // move that are not where they belong.
  enum class Rows { to_be_written, written };

  // Stores it. Returns what the rows that it changed in tables had before; nothing of those that
  // the local transaction wrote itself.
  Result<LocalEffect> store(const Effect& effect, Rows rows);

 private:
  bool erases(const RowEffect& row, Rows rows) const;
  Result<void> put(const RowEffect& row, Rows rows);
  Result<void> keep(const RowEffect& row, Rows rows);
  void note(LocalEffect& to, const RowEffect& row, Rows rows) const;

  const TrackedTables& tables_;
  MergedRows& merged_;
  TableRows& rows_;
  const FileWorld& world_;
};

}  // namespace outboard::journal
