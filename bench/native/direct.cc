#include "direct.h"

#include <cstdio>
#include <cstdlib>

namespace bench {

void expect(sqlite3* db, int code, int expected) {
  if (code == expected) return;
  std::fprintf(stderr, "bench: SQLite answered %d: %s\n", code, sqlite3_errmsg(db));
  std::exit(1);
}

Direct::Direct(const std::string& path) {
  expect(db_,
         sqlite3_open_v2(path.c_str(), &db_,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                         "unix-excl"),
         SQLITE_OK);
  run("pragma journal_mode = wal");
  run("pragma synchronous = normal");
  run("pragma cache_size = -16384");
}

Direct::~Direct() { sqlite3_close(db_); }

void Direct::run(const char* sql) {
  expect(db_, sqlite3_exec(db_, sql, nullptr, nullptr, nullptr), SQLITE_OK);
}

sqlite3_stmt* Direct::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  expect(db_, sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr), SQLITE_OK);
  return statement;
}

}  // namespace bench
