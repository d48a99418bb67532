// TableTwins: of each tracked table an empty copy, in a database of its own in memory. There SQLite
// itself says whether a row fits into the table when it is alone, how it would be stored, and which
// keys it has in the UNIQUE indexes (J10): types, STRICT, CHECK, generated columns, expressions and
// collations mean there what they mean in the table.
//
// On the engine's thread; the platform outlives it.
#pragma once

#include <map>

#include "journal/merge/world.h"
#include "journal/tracked_table.h"

namespace outboard::journal {

class TableTwins {
 public:
  // The application's functions may be what an index or a CHECK calls; null: it has none.
  TableTwins(Platform& platform, const ApplicationFunctions* functions)
      : shared_(platform, functions) {}

  struct Fitted {
    TrackedTable::Row stored = {};
    std::vector<UniqueKey> keys = {};  // ascending
  };
  // Nothing if the table cannot hold such a row. Fails if that cannot be found out (memory, a
  // function that is missing).
  Result<std::optional<Fitted>> fit(const TrackedTable& table, const TrackedTable::Row& row);

  // The tables may be others from now on.
  void clear();

 private:
  struct Twin {
    StatementLease insert, read, remove;
    std::vector<StatementLease> keys;
  };
  Result<Twin*> twin_of(const TrackedTable& table);
  Result<Fitted> look(const TrackedTable& table, Twin& twin);

  Connection::Shared shared_;
  std::unique_ptr<Connection> database_;
  std::map<TableId, Twin> twins_;
};

}  // namespace outboard::journal
