#include "store/statement_cache.h"

#include "base/limits.h"

namespace outboard {

struct StatementLease::Entry {
  std::string sql;
  std::unique_ptr<Statement> statement;
  bool lent = true;
  bool forgotten = false;
  std::list<Entry>::iterator place = {};
};

StatementLease::StatementLease(StatementCache* cache, Entry* entry)
    : cache_(cache), entry_(entry), statement_(entry->statement.get()) {}

StatementLease& StatementLease::operator=(StatementLease&& other) noexcept {
  if (entry_) give_back();
  own_ = std::move(other.own_);
  cache_ = other.cache_;
  entry_ = std::exchange(other.entry_, nullptr);
  statement_ = std::exchange(other.statement_, nullptr);
  return *this;
}

void StatementLease::give_back() {
  statement_->reset();
  cache_->take_back(*entry_);
}

StatementCache::StatementCache() = default;
StatementCache::~StatementCache() = default;

StatementLease StatementCache::find(std::string_view sql) {
  auto found = by_sql_.find(sql);
  if (found == by_sql_.end() || found->second->lent) return {};
  auto* entry = found->second;
  entry->lent = true;
  if (entry->place != entries_.begin()) entries_.splice(entries_.begin(), entries_, entry->place);
  return StatementLease(this, entry);
}

StatementLease StatementCache::add(std::string_view sql, std::unique_ptr<Statement> statement) {
  if (by_sql_.contains(sql)) return StatementLease(std::move(statement));
  entries_.push_front({.sql = std::string(sql), .statement = std::move(statement)});
  auto& entry = entries_.front();
  entry.place = entries_.begin();
  by_sql_.emplace(entry.sql, &entry);

  if (by_sql_.size() > limits::statements_cached) {
    auto oldest = std::prev(entries_.end());
    while (oldest->lent && oldest != entries_.begin()) --oldest;
    if (!oldest->lent) {
      by_sql_.erase(oldest->sql);
      entries_.erase(oldest);
    }
  }
  return StatementLease(this, &entry);
}

void StatementCache::take_back(Entry& entry) {
  entry.lent = false;
  bool one_too_many = by_sql_.size() > limits::statements_cached;
  if (!entry.forgotten && !one_too_many) return;
  if (!entry.forgotten) by_sql_.erase(entry.sql);
  entries_.erase(entry.place);
}

void StatementCache::clear() {
  by_sql_.clear();
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    auto next = std::next(entry);
    if (entry->lent) {
      entry->forgotten = true;
    } else {
      entries_.erase(entry);
    }
    entry = next;
  }
}

}  // namespace outboard
