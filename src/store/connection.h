// Connection: one SQLite connection with its cache of prepared statements, its policy and its
// settings.
//
// Lives on the engine's thread. Statements that it lends must come back before it goes.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>

#include "base/uuid.h"
#include "store/application_functions.h"
#include "store/commit_points.h"
#include "store/interrupt.h"
#include "store/policy.h"
#include "store/statement_cache.h"

namespace outboard {

class Connection {
 public:
  // A helper reads while the reader is lent out, mostly from the first row of a table to the last:
  // it has a small cache. The reader's holds what is asked for again and again.
  enum class Role { writer, reader, helper };

  // What connections of one database share. Outlives them.
  struct Shared {
    // `functions` may be null: the application has none.
    Shared(Platform& platform, const ApplicationFunctions* of_application)
        : functions(of_application), uuids(platform), interrupt(platform) {}

    const ApplicationFunctions* functions;

    UuidGenerator uuids;
    Interrupt interrupt;
    Policy::Ahead ahead;
    std::uint64_t commits = 0;
  };

  static Result<std::unique_ptr<Connection>> open(const std::string& file, const std::string& vfs,
                                                  Role role, Shared& shared);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The first statement of `sql`, and what stands behind it. No statement if there is none (white
  // space, a comment). A statement that stands alone, and is not too long, is kept for the next
  // time.
  struct Prepared {
    StatementLease statement;
    std::string_view rest;
  };
  Result<Prepared> prepare(std::string_view sql);

  // The same for the next statement of a script, whose text ends with a zero byte; nothing is kept.
  Result<Prepared> prepare_next(std::string_view rest);

  // A statement of the engine's own, which may use the table that is hidden from others. Not kept.
  Result<StatementLease> prepare_own(std::string_view sql);

  // The same as prepare(), from within a function that a statement of this connection calls.
  Result<Prepared> prepare_inside(std::string_view sql);

  // Does something with handle() as such a statement would.
  template <class Work>
  auto as_own(Work work) {
    policy_.trust();
    auto result = work();
    policy_.end_trust();
    return result;
  }

  // Runs a statement of our own that returns nothing. No deadline stops it.
  Result<void> run(std::string_view sql);

  // Is a transaction open?
  bool in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }

  // Rows changed by the last statement that changed any, and all so far (those of triggers too).
  std::int64_t changes() const { return commit_points_.changes(); }
  std::int64_t total_changes() const { return commit_points_.total_changes(); }
  std::int64_t last_insert_rowid() const { return sqlite3_last_insert_rowid(db_); }

  // For a reader, before it is lent: takes notice of what was done on the writer's since the last
  // time.
  Result<void> catch_up();

  // Asks `watch` before each commit from now on, or nobody. Statements that were prepared before
  // are prepared anew: a pre-update hook may need that. REQUIRES: a writer.
  void set_watch(CommitWatch* watch);

  // For an SQL function: its result. An error keeps its code and its hint.
  void answer(sqlite3_context* context, const Result<bool>& result);
  void fail_call(sqlite3_context* context, const Error& error);

  sqlite3* handle() const { return db_; }
  // Of the application; null: it has none.
  const ApplicationFunctions* functions() const { return shared_.functions; }
  Role role() const { return role_; }
  Interrupt& interrupt() const { return shared_.interrupt; }

 private:
  Connection(sqlite3* db, Role role, Shared& shared)
      : db_(db),
        role_(role),
        shared_(shared),
        policy_(shared.ahead),
        commit_points_(db, shared.interrupt) {}
  Result<void> set_up();
  Result<void> configure(const char* sql);
  Result<Prepared> compile(std::string_view sql, int bytes);
  bool should_stop();

  sqlite3* db_;
  Role role_;
  Shared& shared_;
  Policy policy_;
  CommitPoints commit_points_;
  StatementCache cache_;
  std::size_t temp_names_known_ = 0;
  bool case_sensitive_like_ = false;
};

}  // namespace outboard
