// StatementCache: prepared statements by their SQL, lent out one at a time.
//
// Lives with its connection. Lending and taking back touch no memory but the entry: a statement
// that is used for each request costs a look-up.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "store/statement.h"

namespace outboard {

class StatementCache;

// A statement on loan, or one of its holder's own. Reset and given back, or finalized, when this
// goes. Goes before its connection.
class StatementLease {
 public:
  StatementLease() = default;
  explicit StatementLease(std::unique_ptr<Statement> own)
      : own_(std::move(own)), statement_(own_.get()) {}
  StatementLease(StatementLease&& other) noexcept
      : own_(std::move(other.own_)),
        cache_(other.cache_),
        entry_(std::exchange(other.entry_, nullptr)),
        statement_(std::exchange(other.statement_, nullptr)) {}
  StatementLease& operator=(StatementLease&& other) noexcept;
  ~StatementLease() {
    if (entry_) give_back();
  }

  explicit operator bool() const { return statement_ != nullptr; }
  Statement* operator->() const { return statement_; }
  Statement& operator*() const { return *statement_; }

  // The statement itself, if it is the holder's own.
  std::unique_ptr<Statement> own() && {
    statement_ = nullptr;
    return std::move(own_);
  }

 private:
  friend class StatementCache;
  struct Entry;
  StatementLease(StatementCache* cache, Entry* entry);
  void give_back();

  std::unique_ptr<Statement> own_;
  StatementCache* cache_ = nullptr;
  Entry* entry_ = nullptr;
  Statement* statement_ = nullptr;
};

class StatementCache {
 public:
  StatementCache();
  ~StatementCache();

  // The statement of that SQL, if it is here and nobody has it.
  StatementLease find(std::string_view sql);

  // Keeps a statement and lends it. If one of the same SQL is lent out just now, the new one is its
  // holder's own.
  StatementLease add(std::string_view sql, std::unique_ptr<Statement> statement);

  // Forgets all of them; those that are lent out go when they come back.
  void clear();

 private:
  friend class StatementLease;
  using Entry = StatementLease::Entry;

  void take_back(Entry& entry);

  std::list<Entry> entries_;  // the most recently used first
  std::unordered_map<std::string_view, Entry*> by_sql_;
};

}  // namespace outboard
