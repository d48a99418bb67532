#include "store/connection.h"

#include "base/limits.h"
#include "store/errors.h"
#include "store/functions.h"
#include "store/script.h"

namespace outboard {

namespace {
// How often SQLite asks whether it should stop: a few microseconds' worth of its virtual machine.
constexpr int steps_between_questions = 2'000;
}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const std::string& file,
                                                     const std::string& vfs, Role role,
                                                     Shared& shared) {
  sqlite3* db = nullptr;
  int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  int code = sqlite3_open_v2(file.c_str(), &db, flags, vfs.c_str());
  auto connection = std::unique_ptr<Connection>(new Connection(db, role, shared));
  if (code != SQLITE_OK) return sqlite_error(db, code);
  TRY(connection->set_up());
  return connection;
}

Result<void> Connection::set_up() {
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_limit(db_, SQLITE_LIMIT_LENGTH, static_cast<int>(limits::value_bytes_max));
  sqlite3_limit(db_, SQLITE_LIMIT_SQL_LENGTH, static_cast<int>(limits::sql_bytes_max));
  sqlite3_limit(db_, SQLITE_LIMIT_WORKER_THREADS, 0);

  TRY(configure("pragma journal_mode = wal"));
  TRY(configure(role_ == Role::helper ? "pragma cache_size = -2048"
                                      : "pragma cache_size = -16384"));
  if (role_ == Role::writer) {
    TRY(configure("pragma synchronous = normal"));
    TRY(configure("pragma journal_size_limit = 67108864"));
    TRY(commit_points_.add_functions());
  } else {
    TRY(configure("pragma query_only = 1"));
    for (auto* name : writing_functions) sqlite3_overload_function(db_, name, -1);
  }

  TRY(add_functions(db_, shared_.uuids));
  if (shared_.functions) {
    using Names = ApplicationFunctions::Names;
    TRY(shared_.functions->put_on(
        *this, role_ == Role::writer ? Names::looked_at : Names::known_to_be_free));
  }
  sqlite3_progress_handler(
      db_, steps_between_questions,
      [](void* self) -> int { return static_cast<Connection*>(self)->should_stop(); }, this);
  sqlite3_commit_hook(
      db_,
      [](void* shared) -> int {
        ++static_cast<Shared*>(shared)->commits;
        return 0;
      },
      &shared_);
  policy_.install(db_);
  return {};
}

// SQLite asks behind the end of a statement too, where its change is made or committed already: to
// stop there would be to call undone what is done.
bool Connection::should_stop() {
  auto* running = policy_.running();
  bool is_through = running && !sqlite3_stmt_busy(running);
  return !is_through && shared_.interrupt.should_stop();
}

Connection::~Connection() {
  cache_.clear();
  commit_points_.clear();
  sqlite3_close(db_);
}

void Connection::set_watch(CommitWatch* watch) {
  cache_.clear();
  policy_.set_watch(watch);
  commit_points_.set_watch(watch);
}

void Connection::answer(sqlite3_context* context, const Result<bool>& result) {
  if (result) return sqlite3_result_int(context, *result);
  fail_call(context, result.error());
}

void Connection::fail_call(sqlite3_context* context, const Error& error) {
  policy_.fail_running(error);
  sqlite3_result_error(context, error.message.c_str(), -1);
}

Result<Connection::Prepared> Connection::prepare(std::string_view sql) {
  if (sql.size() > limits::cached_sql_bytes_max) return compile(sql, static_cast<int>(sql.size()));
  if (auto kept = cache_.find(sql)) return Prepared{std::move(kept), {}};
  auto prepared = TRY(compile(sql, static_cast<int>(sql.size())));
  if (prepared.statement && prepared.rest.empty() && !prepared.statement->traits().is_pragma)
    prepared.statement = cache_.add(sql, std::move(prepared.statement).own());
  return prepared;
}

Result<Connection::Prepared> Connection::prepare_next(std::string_view rest) {
  return compile(rest, -1);  // told a length, SQLite would copy all of the rest each time
}

Result<Connection::Prepared> Connection::prepare_inside(std::string_view sql) {
  auto* outer = policy_.running();
  policy_.set_running(nullptr);  // it is not SQLite that asks
  auto prepared = prepare(sql);
  policy_.set_running(outer);
  return prepared;
}

Result<StatementLease> Connection::prepare_own(std::string_view sql) {
  auto prepared = as_own([&] { return compile(sql, static_cast<int>(sql.size())); });
  if (!prepared) return std::move(prepared).error();
  return std::move(prepared->statement);
}

Result<Connection::Prepared> Connection::compile(std::string_view sql, int bytes) {
  sqlite3_stmt* handle = nullptr;
  const char* rest = nullptr;
  policy_.watch();
  int code = sqlite3_prepare_v3(db_, sql.data(), bytes, bytes < 0 ? 0 : SQLITE_PREPARE_PERSISTENT,
                                &handle, &rest);
  if (code == SQLITE_AUTH && policy_.refusal()) return *policy_.refusal();
  if (code != SQLITE_OK) return sqlite_error(db_, code);

  Prepared prepared;
  prepared.rest = skip_blank(sql.substr(static_cast<std::size_t>(rest - sql.data())));
  if (!handle) return prepared;
  auto traits = policy_.seen();
  traits.reads_only = sqlite3_stmt_readonly(handle) != 0 &&
                      traits.control == Traits::Control::none && !traits.calls_engine;
  traits.is_own = policy_.is_trusting();
  auto* commit_points = role_ == Role::writer ? &commit_points_ : nullptr;
  prepared.statement =
      StatementLease(std::make_unique<Statement>(handle, traits, policy_, commit_points));
  return prepared;
}

// Statements that were prepared before a temporary table hid another one would still read that.
Result<void> Connection::catch_up() {
  auto& ahead = shared_.ahead;
  if (temp_names_known_ != ahead.temp_names.size()) cache_.clear();
  temp_names_known_ = ahead.temp_names.size();
  if (case_sensitive_like_ == ahead.case_sensitive_like) return {};
  case_sensitive_like_ = ahead.case_sensitive_like;
  return configure(case_sensitive_like_ ? "pragma case_sensitive_like = on"
                                        : "pragma case_sensitive_like = off");
}

Result<void> Connection::configure(const char* sql) {
  int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(db_, code);
  return {};
}

Result<void> Connection::run(std::string_view sql) {
  Interrupt::Pause pause(shared_.interrupt);
  auto prepared = TRY(prepare(sql));
  (void)TRY(prepared.statement->step());
  return {};
}

}  // namespace outboard
