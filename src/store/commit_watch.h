// CommitWatch: who has the last word before a transaction commits: the journal, once tables are
// tracked (J20).
//
// Called on the engine's thread, by the writer's connection, between statements.
#pragma once

#include "base/result.h"

namespace outboard {

class CommitWatch {
 public:
  virtual ~CommitWatch() = default;

  // A transaction is about to commit, and what is written now commits with it. On failure it does
  // not commit, and what was written must not be there.
  virtual Result<void> before_commit() = 0;

  // It is committed; ended() follows.
  virtual void committed() = 0;

  // It did not commit after all, and is still open (a deferred constraint): what before_commit()
  // wrote has to go.
  virtual void commit_failed() = 0;

  // A statement failed, or ROLLBACK TO was run: SQLite has taken back some of what it reported, and
  // does not say what.
  virtual void partly_undone() = 0;

  // The transaction is over, committed or not.
  virtual void ended() = 0;

  // The schema is, or may be, another than before.
  virtual void schema_changed() = 0;

  // Why a table's schema must stay as it is, or nothing.
  virtual const char* guards(const char* table) const = 0;
};

}  // namespace outboard
