// What the tests of the merge kernel share: a schema with every kind of constraint, and a world in
// memory whose table refuses what SQLite's would.
//
// For tests only; not part of the library.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "base/bytes.h"
#include "journal/merge/pass.h"

namespace outboard::journal::trial {

// Two tables with the same columns, which differ in what a delete covers.
inline constexpr TableId notes{1};  // TableKind::row
inline constexpr TableId tags{2};   // TableKind::set

inline constexpr ColumnId title{1};    // NOT NULL
inline constexpr ColumnId email{2};    // UNIQUE COLLATE NOCASE
inline constexpr ColumnId low{3};      // UNIQUE (low, high), CHECK (low <= high)
inline constexpr ColumnId high{4};     //
inline constexpr ColumnId votes{5};    // counter, DEFAULT 10, CHECK (count > -20)
inline constexpr ColumnId slug{6};     // UNIQUE WHERE title <> 2
inline constexpr ColumnId foreign{7};  // not in this schema
inline constexpr ColumnId columns_all[] = {title, email, low, high, votes, slug, foreign};

inline const TableRules& rules_of(TableId table) {
  static const TableRules rows{.kind = TableKind::row,
                               .counters = {votes},
                               .groups = {{low, high}},
                               .defaults = {{votes, 10}}};
  static const TableRules set{.kind = TableKind::set,
                              .counters = {votes},
                              .groups = {{low, high}},
                              .defaults = {{votes, 10}}};
  return table == tags ? set : rows;
}

inline RowKey note(std::uint8_t id) { return {notes, {id}}; }
inline RowKey tag(std::uint8_t id) { return {tags, {id}}; }

inline bool is_integer(const Value& value) { return value.kind() == Kind::integer; }

// The schema, over whatever knows the value of a column.
template <class ValueOf>
bool fits_schema(ValueOf value_of) {
  Value lower = value_of(low), upper = value_of(high);
  bool ordered = !is_integer(lower) || !is_integer(upper) || lower.integer() <= upper.integer();
  return !value_of(title).is_null() && ordered && value_of(votes).integer() > -20;
}

template <class ValueOf>
std::vector<UniqueKey> keys_in_schema(TableId table, ValueOf value_of) {
  std::vector<UniqueKey> keys;
  auto add = [&](std::uint32_t index, std::initializer_list<Value> values) {
    UniqueKey key{.table = table, .index = index};
    cbor::Writer out(key.key);
    for (const auto& value : values) {
      if (value.is_null()) return;
      out.value(value);
    }
    keys.push_back(key);
  };
  Value address = value_of(email);
  if (address.kind() == Kind::text) {
    std::string folded(address.text());
    for (char& letter : folded) letter = static_cast<char>(std::tolower(letter));
    address = folded;
  }
  add(0, {address});
  add(1, {value_of(low), value_of(high)});
  if (value_of(title) != Value(2)) add(2, {value_of(slug)});
  return keys;
}

class MemoryWorld : public World {
 public:
  RowState load(const RowKey& row) const override {
    auto at = rows_.find(row);
    return at == rows_.end() ? RowState() : at->second;
  }
  const TableRules& rules(TableId table) const override { return rules_of(table); }
  bool fits(const RowKey& row, const RowState& state) const override {
    return fits_schema(
        [&](ColumnId column) { return value_of(state, column, rules_of(row.table)); });
  }
  std::vector<UniqueKey> unique_keys(const RowKey& row, const RowState& state) const override {
    return keys_in_schema(
        row.table, [&](ColumnId column) { return value_of(state, column, rules_of(row.table)); });
  }
  std::optional<Claim> next_claim(const UniqueKey& key, const Claim* after) const override {
    ++questions;
    auto at = claims_.find(key);
    if (at == claims_.end()) return std::nullopt;
    auto next = after ? at->second.upper_bound(*after) : at->second.begin();
    return next == at->second.end() ? std::nullopt : std::optional(*next);
  }
  bool in_table(const RowKey& row) const override { return table_.contains(row); }

  // Stores an effect and does to the table what it says, in the order that it asks for. Of a local
  // transaction (`written`) the rows are in the table already.
  enum class Rows { to_be_written, written };
  void store(const Effect& effect, Rows rows = Rows::to_be_written) {
    for (const auto& row : effect) {
      claim_anew(row.row, row.state);
      if (row.state.slots.empty())
        rows_.erase(row.row);
      else
        rows_[row.row] = row.state;
    }
    for (const auto& row : effect) {
      EXPECT_EQ(row.in_table, in_table(row.row));
      if (rows == Rows::written ? row.in_table && !row.lives : row.leaves()) take_out(row.row);
    }
    for (const auto& row : effect) {
      if (!row.lives || in_table(row.row)) continue;
      EXPECT_TRUE(put_in(row.row, row.state));
    }
  }

  // As SQL does it: nothing happens if a constraint refuses the row.
  bool put_in(const RowKey& row, const RowState& state) {
    auto keys = unique_keys(row, state);
    bool refused = !fits(row, state) || std::ranges::any_of(keys, [&](const UniqueKey& key) {
      return index_.contains(key);
    });
    if (refused) return false;
    for (const auto& key : keys) index_.insert(key);
    table_[row] = keys;
    return true;
  }
  void take_out(const RowKey& row) {
    for (const auto& key : table_.at(row)) index_.erase(key);
    table_.erase(row);
  }

  // Puts a row's claims where its state says that they are.
  void claim_anew(const RowKey& row, const RowState& state) {
    for (const auto& [key, claim] : claimed_[row]) claims_[key].erase(claim);
    claimed_[row].clear();
    Claims claims = claims_of(*this, row, state);
    for (const auto& key : claims.keys) {
      Claim claim{claims.added, row.key};
      claims_[key].insert(claim);
      claimed_[row].push_back({key, claim});
    }
  }

  const std::map<RowKey, RowState>& rows() const { return rows_; }
  const std::map<RowKey, std::vector<UniqueKey>>& table() const { return table_; }

  mutable std::size_t questions = 0;  // after claims

 private:
  std::map<RowKey, RowState> rows_;
  std::map<RowKey, std::vector<UniqueKey>> table_;
  std::set<UniqueKey> index_;  // of the table: unique
  std::map<UniqueKey, std::set<Claim>> claims_;
  std::map<RowKey, std::vector<std::pair<UniqueKey, Claim>>> claimed_;
};

class Random {
 public:
  explicit Random(std::uint64_t seed) : generator_(seed) {}

  std::size_t below(std::size_t bound) { return generator_() % bound; }
  bool one_in(std::size_t times) { return below(times) == 0; }

  // Few, so that they meet; some that SQL takes for equal and bytes do not.
  Value value(ColumnId column) {
    static const Value any[] = {1, 2, 3, 1.0, "a", "A", "b", Bytes{0, 1}};
    if (one_in(column == title ? 12 : 3)) return {};
    if (column == low || column == high) return below(4);
    return any[below(std::size(any))];
  }
  std::mt19937_64& generator() { return generator_; }

 private:
  std::mt19937_64 generator_;
};

// How many seeds a property is tried with: `usual`, times OUTBOARD_MERGE_SEEDS if that is set.
inline std::size_t seeds(std::size_t usual) {
  const char* times = std::getenv("OUTBOARD_MERGE_SEEDS");
  return usual * static_cast<std::size_t>(times ? std::max(1, std::atoi(times)) : 1);
}

}  // namespace outboard::journal::trial
