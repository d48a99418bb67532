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

StatementLease& StatementLease::operator=(StatementLease&& other) noexcept {
  give_back();
  statement_ = std::move(other.statement_);
  connection_ = other.connection_;
  key_ = std::move(other.key_);
  return *this;
}

void StatementLease::give_back() {
  if (!statement_) return;
  statement_->reset();
  if (key_.empty()) {
    statement_.reset();
  } else {
    connection_->keep(std::move(key_), std::move(statement_));
  }
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& file,
                                                     const std::string& vfs, Role role,
                                                     Shared& shared) {
  sqlite3* db = nullptr;
  int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  int code = sqlite3_open_v2(file.c_str(), &db, flags, vfs.c_str());
  auto connection = std::unique_ptr<Connection>(new Connection(db, shared));
  if (code != SQLITE_OK) return sqlite_error(db, code);
  TRY(connection->set_up(role));
  return connection;
}

Result<void> Connection::set_up(Role role) {
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_limit(db_, SQLITE_LIMIT_LENGTH, static_cast<int>(limits::value_bytes_max));
  sqlite3_limit(db_, SQLITE_LIMIT_SQL_LENGTH, static_cast<int>(limits::sql_bytes_max));
  sqlite3_limit(db_, SQLITE_LIMIT_WORKER_THREADS, 0);

  TRY(configure("pragma journal_mode = wal"));
  if (role == Role::writer) {
    TRY(configure("pragma synchronous = normal"));
    TRY(configure("pragma cache_size = -16384"));
    TRY(configure("pragma journal_size_limit = 67108864"));
  } else {
    TRY(configure("pragma cache_size = -8192"));
    TRY(configure("pragma query_only = 1"));
  }

  TRY(add_functions(db_, shared_.uuids));
  sqlite3_progress_handler(
      db_, steps_between_questions,
      [](void* shared) -> int { return static_cast<Shared*>(shared)->interrupt.should_stop(); },
      &shared_);
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

Connection::~Connection() {
  forget_statements();
  sqlite3_close(db_);
}

Result<Connection::Prepared> Connection::prepare(std::string_view sql) {
  if (auto found = by_sql_.find(sql); found != by_sql_.end()) {
    auto idle = found->second;
    by_sql_.erase(found);
    Prepared prepared;
    prepared.statement.connection_ = this;
    prepared.statement.statement_ = std::move(idle->statement);
    prepared.statement.key_ = std::move(idle->sql);
    idle_.erase(idle);
    return prepared;
  }

  sqlite3_stmt* handle = nullptr;
  const char* rest = nullptr;
  policy_.watch();
  int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                                SQLITE_PREPARE_PERSISTENT, &handle, &rest);
  if (code == SQLITE_AUTH && policy_.refusal()) return *policy_.refusal();
  if (code != SQLITE_OK) return sqlite_error(db_, code);

  Prepared prepared;
  prepared.rest = skip_blank(sql.substr(static_cast<std::size_t>(rest - sql.data())));
  if (!handle) return prepared;
  auto traits = policy_.seen();
  traits.reads_only = sqlite3_stmt_readonly(handle) != 0 && traits.control == Traits::Control::none;
  prepared.statement.connection_ = this;
  prepared.statement.statement_ = std::make_unique<Statement>(handle, traits, policy_);
  if (prepared.rest.empty()) prepared.statement.key_ = sql;
  return prepared;
}

void Connection::keep(std::string key, std::unique_ptr<Statement> statement) {
  idle_.push_front({std::move(key), std::move(statement)});
  by_sql_.emplace(idle_.front().sql, idle_.begin());
  if (idle_.size() <= limits::statements_cached) return;
  auto oldest = std::prev(idle_.end());
  auto [first, last] = by_sql_.equal_range(std::string_view(oldest->sql));
  for (auto at = first; at != last; ++at) {
    if (at->second != oldest) continue;
    by_sql_.erase(at);
    break;
  }
  idle_.erase(oldest);
}

Result<void> Connection::configure(const char* sql) {
  int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(db_, code);
  return {};
}

Result<void> Connection::run(std::string_view sql) {
  auto prepared = TRY(prepare(sql));
  (void)TRY(prepared.statement->step());
  return {};
}

}  // namespace outboard
