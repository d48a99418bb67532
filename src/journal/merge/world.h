// What the kernel asks about the rows around those that it changes: the one thing that it does not
// know itself. The journal answers out of SQLite, tests out of a map.
//
// The kernel never asks after the claims of a row that it is changing, so it does not matter
// whether the answers are from before or from after the change: a local transaction has made it
// already (J11).
#pragma once

#include "journal/merge/record.h"

namespace outboard::journal {

// A key in a UNIQUE index. Equal bytes are what the index takes for equal (collations).
struct UniqueKey {
  TableId table{};
  std::uint32_t index = 0;
  Bytes key = {};

  friend auto operator<=>(const UniqueKey&, const UniqueKey&) = default;
};

// A row claims the keys that it has while it is alive and fits, whether or not it is in the table.
// The least claim on a key is the first (J10).
struct Claim {
  Stamp added = {};
  Bytes row = {};  // its primary key

  friend auto operator<=>(const Claim&, const Claim&) = default;
};

class World {
 public:
  virtual ~World() = default;

  // The merged state of a row as it was before; empty if it was never heard of.
  virtual RowState load(const RowKey& row) const = 0;

  // The rules of a table; without any, if the schema lacks the table.
  virtual const TableRules& rules(TableId table) const = 0;

  // Would the table hold such a row if it were alone? (Types, NOT NULL, CHECK.)
  virtual bool fits(const RowKey& row, const RowState& state) const = 0;

  // The keys that such a row has in the table's UNIQUE indexes, ascending. None for an index whose
  // predicate leaves the row out, or in which a column is null.
  virtual std::vector<UniqueKey> unique_keys(const RowKey& row, const RowState& state) const = 0;

  // The claim on that key that comes next after `after`, or the first of all if that is null.
  virtual std::optional<Claim> next_claim(const UniqueKey& key, const Claim* after) const = 0;

  // Is the row in the application's table?
  virtual bool in_table(const RowKey& row) const = 0;
};

}  // namespace outboard::journal
