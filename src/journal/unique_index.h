// UniqueIndex: what a UNIQUE index takes for the same: its terms as SQL, their collations, and the
// condition of a partial one. Read out of the schema.
//
// A value; made on the engine's thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/connection.h"

namespace outboard::journal {

// SQLite's own. Another one may differ from replica to replica.
enum class Collation : std::uint8_t { binary, nocase, rtrim };

struct UniqueIndex {
  struct Term {
    std::string sql;     // a column or an expression
    std::string column;  // its name, if it is one
    Collation collation = Collation::binary;

    friend bool operator==(const Term&, const Term&) = default;
  };

  std::uint32_t id = 0;  // made of its definition: defined anew in the same way it is the same
  std::vector<Term> terms = {};
  std::string condition = {};  // empty: every row is in it

  friend bool operator==(const UniqueIndex&, const UniqueIndex&) = default;
};

// Those of a table, but for its primary key's. Fails if one compares by a collation that is not
// SQLite's own.
Result<std::vector<UniqueIndex>> unique_indexes(Connection& writer, const std::string& table);

// The terms of a CREATE INDEX, without ASC and DESC, and its condition.
struct IndexText {
  std::vector<std::string> terms = {};
  std::string condition = {};
};
IndexText index_text(std::string_view create_sql);

// Values that such a term takes for equal have one that stands for them.
Value canonical(const Value& value, Collation collation);

// "name", with quotes doubled.
std::string quoted(std::string_view name);

}  // namespace outboard::journal
