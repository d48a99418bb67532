// Connection: one SQLite connection with its cache of prepared statements, its policy and its
// settings.
//
// Lives on the engine's thread. Statements that it lends must come back before it goes.
#pragma once

#include <sqlite3.h>

#include <list>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "base/uuid.h"
#include "store/interrupt.h"
#include "store/policy.h"
#include "store/statement.h"

namespace outboard {

class Connection;

// A statement on loan. Given back, reset, when this goes.
class StatementLease {
 public:
  StatementLease() = default;
  StatementLease(StatementLease&& other) noexcept { *this = std::move(other); }
  StatementLease& operator=(StatementLease&& other) noexcept;
  ~StatementLease() { give_back(); }

  explicit operator bool() const { return statement_ != nullptr; }
  Statement* operator->() const { return statement_.get(); }
  Statement& operator*() const { return *statement_; }

 private:
  friend class Connection;
  void give_back();

  std::unique_ptr<Statement> statement_;
  Connection* connection_ = nullptr;
  std::string key_;  // empty: not for the cache
};

class Connection {
 public:
  enum class Role { writer, reader };

  // What connections of one database share. Outlives them.
  struct Shared {
    explicit Shared(Platform& platform) : uuids(platform), interrupt(platform) {}

    UuidGenerator uuids;
    Interrupt interrupt;
    std::set<std::string> temp_names;
    std::uint64_t commits = 0;
  };

  static Result<std::unique_ptr<Connection>> open(const std::string& file, const std::string& vfs,
                                                  Role role, Shared& shared);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The first statement of `sql`, and what stands behind it. No statement if there is none (white
  // space, a comment).
  struct Prepared {
    StatementLease statement;
    std::string_view rest;
  };
  Result<Prepared> prepare(std::string_view sql);

  // Runs a statement of our own that returns nothing.
  Result<void> run(std::string_view sql);

  // Is a transaction open?
  bool in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }

  // Rows changed by the last statement that changed any, and all so far (those of triggers too).
  std::int64_t changes() const { return sqlite3_changes64(db_); }
  std::int64_t total_changes() const { return sqlite3_total_changes64(db_); }
  std::int64_t last_insert_rowid() const { return sqlite3_last_insert_rowid(db_); }

  void forget_statements() { idle_.clear(), by_sql_.clear(); }

  sqlite3* handle() const { return db_; }

 private:
  friend class StatementLease;

  struct Idle {
    std::string sql;
    std::unique_ptr<Statement> statement;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  Connection(sqlite3* db, Shared& shared) : db_(db), shared_(shared), policy_(shared.temp_names) {}
  Result<void> set_up(Role role);
  Result<void> configure(const char* sql);
  void keep(std::string key, std::unique_ptr<Statement> statement);

  sqlite3* db_;
  Shared& shared_;
  Policy policy_;
  std::list<Idle> idle_;  // the most recently used first
  std::unordered_multimap<std::string_view, std::list<Idle>::iterator, Hash, std::equal_to<>>
      by_sql_;
};

}  // namespace outboard
