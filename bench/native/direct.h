// Direct: SQLite without anything around it, under the same settings. What ours stands beside.
#pragma once

#include <sqlite3.h>

#include <string>

namespace bench {

class Direct {
 public:
  explicit Direct(const std::string& path);
  ~Direct();
  Direct(const Direct&) = delete;
  Direct& operator=(const Direct&) = delete;

  void run(const char* sql);
  sqlite3_stmt* prepare(const char* sql);
  sqlite3* handle() const { return db_; }

 private:
  sqlite3* db_ = nullptr;
};

// Ends the program with a sentence if `code` is not what was expected.
void expect(sqlite3* db, int code, int expected);

}  // namespace bench
