#include "hub/log/query.h"

#include "store/errors.h"

namespace outboard::hub {

Query::Query(sqlite3* db, const char* sql) : db_(db) {
  sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
}

Result<bool> Query::step() {
  if (!statement_) return sqlite_error(db_, sqlite3_extended_errcode(db_));
  int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  auto error = sqlite_error(db_, sqlite3_extended_errcode(db_));
  reset();
  return error;
}

Result<void> Query::run() {
  while (TRY(step())) continue;
  return {};
}

}  // namespace outboard::hub
