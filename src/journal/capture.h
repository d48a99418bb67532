// Capture: what a transaction does to the rows of tracked tables, from SQLite's pre-update hook
// (J18, J19).
//
// Per row it keeps the values at the begin of the transaction, and those that the hook has told
// last. The difference is what the transaction did: what was changed and changed back, or inserted
// and deleted, is nothing. SQLite does not tell what it takes back when a statement fails or a
// savepoint is left. After that the rows are read again, before the commit.
//
// Belongs to the writer's connection, on its thread. `tables` outlives it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/bytes.h"
#include "journal/record_format.h"
#include "journal/tracked_table.h"

namespace outboard::journal {

class Capture {
 public:
  explicit Capture(const TrackedTables& tables) : tables_(tables) {}
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  // Listens to that connection from now on.
  void listen(sqlite3* db);

  bool is_empty() const { return rows_.empty() && !failure_; }
  bool has_rows_of(TableId table) const;

  // What the hook told is no longer all: the rows are read again.
  void distrust();

  // Nothing more of this transaction is captured, and changes() fails.
  void fail_with(Error why);

  void clear();

  // The journal itself writes rows between these two.
  void deafen() { deaf_ = true; }
  void listen_again() { deaf_ = false; }

  // The row as it was when the transaction began; null if the transaction has not touched it. An
  // empty one was not there.
  const TrackedTable::Row* before(const RowKey& row) const;

  // What the transaction did: the intent, without a stamp in front of it, and the effect.
  struct Changes {
    Intent intent = {};
    LocalEffect effect = {};
  };
  // Fails with `too_large` if the transaction changed more than capture holds.
  // REQUIRES: `stamp` is greater than all that the journal has.
  Result<Changes> changes(Connection& writer, Stamp stamp);

 private:
  using Row = TrackedTable::Row;

  // A row is the same row as long as its key is. `before` is of the begin of the transaction, `now`
  // stays behind when the row is deleted: it has the key.
  struct Touched {
    bool existed = false, exists = false;
    Row before = {}, now = {};
    std::optional<Bytes> moved_from = {};
  };
  struct Hash {
    std::size_t operator()(const RowKey& row) const {
      return std::hash<std::string_view>()(text_of(row.key)) ^ static_cast<std::size_t>(row.table);
    }
  };
  using Rows = std::unordered_map<RowKey, Touched, Hash>;

  static void on_change(void* self, sqlite3* db, int operation, const char* schema,
                        const char* table, sqlite3_int64, sqlite3_int64);
  void take(sqlite3* db, int operation, const TrackedTable& table);
  enum class Side { before, now };
  bool read(sqlite3* db, const TrackedTable& table, Side side, Row& row);
  void put(Row& into, Row&& row);
  Result<void> read_again(Connection& writer);
  const TrackedTable* table_of(TableId id) const { return find_table(tables_, id); }
  void add(Changes& to, const RowKey& key, const Touched& row, const TrackedTable& table) const;

  const TrackedTables& tables_;
  Rows rows_;
  std::size_t bytes_ = 0;
  bool distrusted_ = false;
  bool deaf_ = false;
  std::optional<Error> failure_;
};

}  // namespace outboard::journal
