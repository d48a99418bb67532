// TableRows: the rows of tracked tables as the application sees them, by key. What merging writes
// goes through here (J13): only to that row; without triggers, without the actions of foreign keys,
// and nothing of it is captured.
//
// Belongs to the writer's connection: same thread, shorter life.
#pragma once

#include <map>

#include "journal/capture.h"
#include "journal/merge/world.h"

namespace outboard::journal {

class TableRows {
 public:
  using Row = TrackedTable::Row;

  explicit TableRows(Connection& writer) : writer_(writer) {}

  // Nothing if there is no such row.
  Result<std::optional<Row>> read(const TrackedTable& table, const Bytes& key);

  // Those three write. REQUIRES: a Quiet is there.
  Result<void> insert(const TrackedTable& table, const Row& row);
  Result<void> update(const TrackedTable& table, const Row& row);  // the one with its key
  Result<void> erase(const TrackedTable& table, const Bytes& key);

  // Of which UNIQUE index keys is the row in the table that has that one? Its primary key.
  Result<std::optional<Bytes>> find(const TrackedTable& table, const UniqueKey& key);

  // The tables may be others from now on.
  void clear() { statements_.clear(); }

  // While it is there nothing but the row itself is written, and capture does not listen.
  class Quiet {
   public:
    Quiet(Connection& writer, Capture& capture);
    ~Quiet();
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;

   private:
    Connection& writer_;
    Capture& capture_;
    int triggers_ = 0, foreign_keys_ = 0;
  };

 private:
  struct Statements {
    StatementLease read, insert, update, erase;
    std::map<std::uint32_t, StatementLease> find;
  };
  template <class MakeSql>
  Result<Statement*> ask(StatementLease& kept, MakeSql make_sql) {
    if (!kept) kept = TRY(writer_.prepare_own(make_sql()));
    kept->reset();
    return &*kept;
  }
  static bool bind_key(Statement& to, int parameter, const TrackedTable& table, const Bytes& key);

  Connection& writer_;
  std::map<TableId, Statements> statements_;
};

}  // namespace outboard::journal
