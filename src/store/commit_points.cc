#include "store/commit_points.h"

#include "base/assert.h"
#include "store/errors.h"

namespace outboard {

// While one is there the watch writes: nothing stops it, and nobody counts it.
class CommitPoints::Hidden {
 public:
  explicit Hidden(CommitPoints& points)
      : points_(points),
        pause_(points.interrupt_),
        changes_(points.changes()),
        total_changes_(sqlite3_total_changes64(points.db_)),
        rowid_(sqlite3_last_insert_rowid(points.db_)) {}
  ~Hidden() {
    auto written = sqlite3_total_changes64(points_.db_) - total_changes_;
    if (written == 0) return;
    points_.changes_ = changes_;
    points_.hidden_changes_ += written;
    sqlite3_set_last_insert_rowid(points_.db_, rowid_);
  }
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;

 private:
  CommitPoints& points_;
  Interrupt::Pause pause_;
  std::int64_t changes_, total_changes_, rowid_;
};

void CommitPoints::clear() {
  for (auto** statement : {&begin_, &commit_, &rollback_}) {
    sqlite3_finalize(*statement);
    *statement = nullptr;
  }
}

Result<void> CommitPoints::add_functions() {
  auto add = [&](const char* name, void (*function)(sqlite3_context*, int, sqlite3_value**)) {
    return sqlite3_create_function_v2(db_, name, 0, SQLITE_UTF8 | SQLITE_INNOCUOUS, this, function,
                                      nullptr, nullptr, nullptr);
  };
  int code = add("changes", [](sqlite3_context* context, int, sqlite3_value**) {
    auto* self = static_cast<CommitPoints*>(sqlite3_user_data(context));
    sqlite3_result_int64(context, self->changes());
  });
  if (code == SQLITE_OK) {
    code = add("total_changes", [](sqlite3_context* context, int, sqlite3_value**) {
      auto* self = static_cast<CommitPoints*>(sqlite3_user_data(context));
      sqlite3_result_int64(context, self->total_changes());
    });
  }
  if (code != SQLITE_OK) return sqlite_error(db_, code);
  return {};
}

Result<bool> CommitPoints::step(Statement& statement) {
  auto& traits = statement.traits();
  bool was_open = in_transaction();
  if (watch_ && !was_open && traits.changes_rows && !traits.reads_only)
    return step_alone(statement);
  if (watch_ && savepoints_.commits(traits, was_open)) return step_commit(statement);
  auto stepped = statement.step_plainly();
  after(traits, !stepped, was_open);
  return stepped;
}

// What SQLite tells of a statement, before the next one.
void CommitPoints::after(const Traits& traits, bool failed, bool was_open) {
  if (!failed) savepoints_.ran(traits, was_open);
  if (!in_transaction()) savepoints_.clear();
  if (!watch_) return;
  if (traits.changes_rows) changes_.reset();
  if (failed ? traits.changes_rows : traits.control == Traits::Control::rollback_to)
    watch_->partly_undone();
  if (traits.changes_schema) watch_->schema_changed();
  if (!in_transaction()) watch_->ended();
}

Result<bool> CommitPoints::step_commit(Statement& statement) {
  {
    Hidden hidden(*this);
    TRY(watch_->before_commit());
  }
  auto stepped = statement.step_plainly();
  if (stepped) {
    watch_->committed();
  } else if (in_transaction()) {
    Hidden hidden(*this);
    watch_->commit_failed();
  }
  after(statement.traits(), !stepped, true);
  return stepped;
}

// In autocommit the statement is the transaction. What a failing one leaves behind (INSERT OR FAIL)
// stays, as it does without a watch.
Result<bool> CommitPoints::step_alone(Statement& statement) {
  OB_ASSERT(!statement.has_columns());  // whoever reads rows of it puts a savepoint around them
  TRY(run(begin_, "begin"));
  auto changes_before = sqlite3_total_changes64(db_);
  auto stepped = statement.step_plainly();
  after(statement.traits(), !stepped, true);
  if (!in_transaction()) return stepped;
  bool stays = stepped.ok() || sqlite3_total_changes64(db_) != changes_before;
  auto done = stays ? commit_alone() : Result<void>();
  if (in_transaction()) (void)run(rollback_, "rollback");
  watch_->ended();
  if (stepped && !done) return done.error();
  return stepped;
}

Result<void> CommitPoints::commit_alone() {
  Hidden hidden(*this);
  TRY(watch_->before_commit());
  TRY(run(commit_, "commit"));
  watch_->committed();
  return {};
}

Result<void> CommitPoints::run(sqlite3_stmt*& kept, const char* sql) {
  Interrupt::Pause pause(interrupt_);
  int code = SQLITE_OK;
  if (!kept) code = sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &kept, nullptr);
  if (code != SQLITE_OK) return sqlite_error(db_, code);
  code = sqlite3_step(kept);
  if (code == SQLITE_DONE) {
    sqlite3_reset(kept);
    return {};
  }
  auto error = sqlite_error(db_, code);
  sqlite3_reset(kept);
  return error;
}

}  // namespace outboard
