// TrackedTable: what the journal knows of a table that it watches: its ids, its columns in their
// order, its key, its rules. Read out of the schema.
//
// Ids are made of names, so that replicas that track the same tables agree without talking: the
// first 52 bits of the SHA-256 of the name in lower case. A value; made on the engine's thread.
#pragma once

#include <map>

#include "journal/merge/record.h"
#include "journal/unique_index.h"

namespace outboard::journal {

// Who makes the values of a primary key (J1). The numbers reach the disk: do not change them.
enum class Keys : std::uint8_t {
  unique = 1,  // they are new wherever they are made: UUIDs, names
  application =
      2,  // integers, which the application allocates so that no two replicas make the same
};

struct TrackedTable {
  struct Column {
    ColumnId id{};
    std::string name;
    int index = 0;         // in the table
    bool is_real = false;  // whole numbers in it are reals, whatever form SQLite stores
    bool is_key = false;
  };

  TableId id{};
  std::string name;
  Keys keys = Keys::unique;
  std::vector<Column> columns = {};      // as in the table, without generated ones
  std::vector<std::size_t> key = {};     // places in `columns`, in the order of the primary key
  std::vector<std::size_t> others = {};  // the rest of the places, ascending by id
  TableRules rules = {};
  std::optional<Error> unreadable = {};  // why its schema is none that can be tracked any more
  std::string read_sql = {};  // the columns of the row with a key, whose values are its parameters
  std::string create_sql = {};            // as the schema has it
  std::vector<UniqueIndex> uniques = {};  // but for the primary key's

  // Values in the order of `columns`.
  using Row = std::vector<Value>;

  // The primary key in stored form: its values as CBOR, end to end. Equal numbers are equal bytes.
  Bytes key_of(const Row& row) const;

  // A row whose key columns hold that key, all others null; nothing if it is no key of this table.
  std::optional<Row> row_of(const Bytes& key) const;

  // What of a row is not key, ascending by id.
  std::vector<ColumnWrite> writes_of(const Row& row) const;
};

// The tracked tables by name, as the schema spells it.
using TrackedTables = std::map<std::string, TrackedTable, std::less<>>;

inline const TrackedTable* find_table(const TrackedTables& tables, TableId id) {
  for (const auto& [name, table] : tables)
    if (table.id == id) return &table;
  return nullptr;
}

// Reads the schema of a table that is to be tracked, or is. Fails, with a hint, if it cannot be: it
// is none, it has no primary key that can be compared on every replica, or SQLite makes its keys.
Result<TrackedTable> inspect(Connection& writer, std::string_view name, Keys keys);

}  // namespace outboard::journal
