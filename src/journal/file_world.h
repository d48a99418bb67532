// FileWorld: the kernel's questions (merge/world.h) answered out of the file: merged states, the
// application's tables, and what SQLite says of a row in a twin of its table.
//
// Made for one pass, inside a transaction; all that it borrows outlives it. Answers cannot fail:
// after a failure they are neutral, and failure() says what it was; the transaction is then to be
// taken back.
#pragma once

#include "journal/merged_rows.h"
#include "journal/table_rows.h"
#include "journal/table_twins.h"

namespace outboard::journal {

class FileWorld final : public World {
 public:
  // `before`: what a local transaction has already changed, which is asked for as it was; null if
  // nothing.
  FileWorld(const TrackedTables& tables, MergedRows& merged, TableRows& rows, TableTwins& twins,
            const Capture* before)
      : tables_(tables), merged_(merged), rows_(rows), twins_(twins), before_(before) {}

  RowState load(const RowKey& row) const override;
  const TableRules& rules(TableId table) const override;
  bool fits(const RowKey& row, const RowState& state) const override;
  std::vector<UniqueKey> unique_keys(const RowKey& row, const RowState& state) const override;
  std::optional<Claim> next_claim(const UniqueKey& key, const Claim* after) const override;
  bool in_table(const RowKey& row) const override;

  // What the table has there by now; null if no row.
  const TrackedTable::Row* row_now(const RowKey& row) const;

  // What fits() said last of that row; null: that it does not fit.
  const TableTwins::Fitted* fitted(const RowKey& row) const;

  const std::optional<Error>& failure() const { return failure_; }

 private:
  template <class T>
  T value_or_fail(Result<T> result, T otherwise) const {
    if (result) return std::move(*result);
    if (!failure_) failure_ = result.error();
    return otherwise;
  }

  const TrackedTables& tables_;
  MergedRows& merged_;
  TableRows& rows_;
  TableTwins& twins_;
  const Capture* before_;
  mutable std::map<RowKey, std::optional<TrackedTable::Row>> seen_;
  mutable std::map<RowKey, std::optional<TableTwins::Fitted>> fitted_;
  mutable std::optional<Error> failure_;
};

}  // namespace outboard::journal
