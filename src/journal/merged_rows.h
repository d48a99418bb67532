// MergedRows: the hidden table with the merged state of each row of a tracked table, dead ones and
// shadows included (J9, J21); and the claims of those that are alive, fit, and are not in their
// table (J10).
//
// Belongs to the writer's connection: same thread, shorter life. What is written goes with the
// transaction that is open.
#pragma once

#include "journal/merge/world.h"
#include "journal/stored_row.h"

namespace outboard::journal {

class MergedRows {
 public:
  explicit MergedRows(Connection& writer) : writer_(writer), numbers_(writer) {}

  // Nothing if the row was never heard of.
  Result<std::optional<StoredRow>> read(const RowKey& row);

  // A row without slots is forgotten.
  Result<void> write(const RowKey& row, const StoredRow& stored);

  // The same for a row that was never heard of; false, and nothing is written, if it was.
  Result<bool> insert(const RowKey& row, ByteView stored);

  // The next row of any table behind that one, in the order of keys; nothing behind the last.
  struct Entry {
    RowKey row = {};
    StoredRow stored = {};
  };
  Result<std::optional<Entry>> next(const RowKey& behind);

  // The claims that a row has on keys which it has not got.
  Result<void> set_claims(const RowKey& row, Stamp added, std::span<const UniqueKey> keys);
  Result<void> drop_claims(TableId table);
  Result<bool> has_claims(TableId table);
  Result<std::optional<Claim>> next_claim(const UniqueKey& key, const Claim* after);

  Numbers& numbers() { return numbers_; }

  // A transaction was taken back.
  void forget();

 private:
  Result<Statement*> ask(StatementLease& kept, const char* sql);
  Result<std::optional<StoredRow>> row_in(Statement& statement, int column);

  Connection& writer_;
  Numbers numbers_;
  std::map<TableId, bool> claimed_;
  StatementLease read_, write_, insert_, erase_, next_, claim_, unclaim_, next_claim_, has_claims_;
};

}  // namespace outboard::journal
