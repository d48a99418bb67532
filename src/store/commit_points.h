// CommitPoints: every statement of the writer's is stepped through here, so that no transaction
// commits past its CommitWatch (J20).
//
// Without a watch that is a look at a pointer. With one, a statement that would be a transaction of
// its own is put into one, and what the watch writes is hidden from changes() and its like.
//
// Belongs to the writer's connection: same thread, shorter life than SQLite's handle.
#pragma once

#include <sqlite3.h>

#include <optional>

#include "store/commit_watch.h"
#include "store/interrupt.h"
#include "store/savepoints.h"

namespace outboard {

class CommitPoints {
 public:
  CommitPoints(sqlite3* db, Interrupt& interrupt) : db_(db), interrupt_(interrupt) {}
  ~CommitPoints() { clear(); }
  CommitPoints(const CommitPoints&) = delete;
  CommitPoints& operator=(const CommitPoints&) = delete;

  // Lets its statements go, before the connection is closed.
  void clear();

  // From now on; null: nobody any more. It outlives the last statement until then.
  void set_watch(CommitWatch* watch) { watch_ = watch; }

  // Puts SQL's changes() and total_changes() in the place of SQLite's own.
  Result<void> add_functions();

  bool concerns(const Traits& traits) const {
    return (watch_ && !traits.is_own) || traits.control != Traits::Control::none;
  }

  // Steps it, with all that belongs before and behind.
  Result<bool> step(Statement& statement);

  // As SQLite counts, but without what the watch wrote.
  std::int64_t changes() const { return changes_.value_or(sqlite3_changes64(db_)); }
  std::int64_t total_changes() const { return sqlite3_total_changes64(db_) - hidden_changes_; }

 private:
  class Hidden;

  bool in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }
  Result<bool> step_alone(Statement& statement);
  Result<bool> step_commit(Statement& statement);
  Result<void> commit_alone();
  void after(const Traits& traits, bool failed, bool was_open);
  Result<void> run(sqlite3_stmt*& kept, const char* sql);

  sqlite3* db_;
  Interrupt& interrupt_;
  CommitWatch* watch_ = nullptr;
  Savepoints savepoints_;
  std::optional<std::int64_t> changes_;  // of the last statement, if the watch wrote behind it
  std::int64_t hidden_changes_ = 0;
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
  sqlite3_stmt* rollback_ = nullptr;
};

}  // namespace outboard
