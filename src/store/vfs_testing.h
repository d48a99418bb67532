// What the tests of the Vfs share: a platform, and a connection in a few words.
//
// For tests only; not part of the library.
#pragma once

#include <random>
#include <string>

#include <sqlite3.h>

#include "base/platform.h"
#include "store/vfs.h"

namespace outboard {

class TestPlatform final : public Platform {
 public:
  std::int64_t wall_ms() override { return 1'700'000'000'000 + ++ticks_; }
  std::int64_t monotonic_us() override { return ++ticks_; }
  void random(std::span<std::uint8_t> out) override {
    for (auto& byte : out) byte = static_cast<std::uint8_t>(random_());
  }

 private:
  std::int64_t ticks_ = 0;
  std::mt19937 random_{1};
};

class TestConnection {
 public:
  static constexpr int flags_default = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

  TestConnection(const std::string& file, const char* vfs, int flags = flags_default) {
    code_ = sqlite3_open_v2(file.c_str(), &db_, flags, vfs);
  }
  explicit TestConnection(const Vfs& vfs) : TestConnection("db", vfs.name()) {}
  TestConnection(const TestConnection&) = delete;
  TestConnection& operator=(const TestConnection&) = delete;
  ~TestConnection() { sqlite3_close_v2(db_); }

  sqlite3* get() const { return db_; }
  int open_code() const { return code_; }

  // The primary result code.
  int run(const std::string& sql) {
    return sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) & 0xff;
  }

  // All cells of all rows, "1 a|2 b", or "error 5".
  std::string ask(const std::string& sql) {
    std::string text;
    const int code = sqlite3_exec(
        db_, sql.c_str(),
        [](void* to, int columns, char** cells, char**) {
          auto& out = *static_cast<std::string*>(to);
          if (!out.empty()) out += '|';
          for (int i = 0; i < columns; ++i) {
            if (i > 0) out += ' ';
            out += cells[i] != nullptr ? cells[i] : "null";
          }
          return 0;
        },
        &text, nullptr);
    return code == SQLITE_OK ? text : "error " + std::to_string(code & 0xff);
  }

  // Makes the WAL durable, the way the engine does (rule H11).
  int sync_wal() {
    sqlite3_file* wal = nullptr;
    const int code = sqlite3_file_control(db_, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
    if (code != SQLITE_OK || wal == nullptr || wal->pMethods == nullptr) return SQLITE_MISUSE;
    return wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL);
  }

 private:
  sqlite3* db_ = nullptr;
  int code_ = SQLITE_OK;
};

// A statement for the writer or the reader of table item(id, hash, text).
struct RandomAction {
  bool is_reader = false;
  std::string sql;
};

class RandomActions {
 public:
  explicit RandomActions(unsigned seed) : random_(seed) {}

  RandomAction next() {
    const std::string a = std::to_string(below(500));
    const std::string b = std::to_string(below(500));
    switch (below(22)) {
      case 0:
      case 1: return {false, "begin"};
      case 2:
      case 3: return {false, "commit"};
      case 4: return {false, "rollback"};
      case 5: return {false, "savepoint s"};
      case 6: return {false, below(2) == 0 ? "rollback to s" : "release s"};
      case 7:
      case 8:
        return {false, "with recursive n(i) as (select " + a +
                           " union all select i + 1 from n where i < " + b +
                           ") insert or replace into item select i, i * " + a +
                           " % 1009, printf('%0" + std::to_string(below(900)) + "d', i) from n"};
      case 9:
        return {false, "update item set hash = hash + " + a + " where id % 10 = " + b + " % 10"};
      case 10: return {false, "update item set text = text || 'x' where id < " + a};
      case 11: return {false, "delete from item where id between " + a + " and " + b};
      case 12: return {false, "insert into item values (" + a + ", 1, 'one')"};
      case 13: return {true, "begin"};
      case 14: return {true, "commit"};
      case 15: return {true, "insert into item values (" + a + ", 2, 'by the reader')"};
      case 16: return {below(2) == 0, "select id, hash from item order by text, id"};
      case 17: {
        static const char* const modes[] = {"passive", "full", "restart", "truncate"};
        return {below(2) == 0, "pragma wal_checkpoint(" + std::string(modes[below(4)]) + ")"};
      }
      case 18:
        return {false, below(3) == 0 ? "vacuum" : "create table if not exists t" + a + "(x)"};
      case 19: return {below(2) == 0, "pragma integrity_check"};
      case 20:
        return {false,
                below(4) == 0 ? "pragma journal_mode = delete" : "pragma journal_mode = wal"};
      default: return {true, "select count(*), sum(hash), sum(length(text)) from item"};
    }
  }

  bool reopens() { return below(80) == 0; }

 private:
  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }

  std::mt19937 random_;
};

}  // namespace outboard
