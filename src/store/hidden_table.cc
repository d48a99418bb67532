#include "store/hidden_table.h"

#include <algorithm>
#include <cctype>

#include "store/errors.h"

namespace outboard {

bool is_hidden_name(std::string_view table) {
  constexpr std::string_view prefix = "sqlite_outboard";
  auto same = [](unsigned char left, unsigned char right) { return std::tolower(left) == right; };
  return table.size() >= prefix.size() &&
         std::ranges::equal(table.substr(0, prefix.size()), prefix, same);
}

// Names like these are SQLite's own: to make such a table its schema must be open to writing.
Result<void> create_hidden(sqlite3* db, const char* sql) {
  int was_defensive = 0;
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, -1, &was_defensive);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, nullptr);
  int code = sqlite3_exec(db, sql, nullptr, nullptr, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, was_defensive, nullptr);
  if (code != SQLITE_OK) return sqlite_error(db, code);
  return {};
}

}  // namespace outboard
