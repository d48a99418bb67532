// The oracle: the rules J2, J7, J8, J9, J10, J12, J15 and J17 as they are written, with no thought
// of cost. It keeps all transactions, and makes everything from them anew each time it is asked.
//
// For tests only; not part of the library.
#pragma once

#include "journal/merge/world_testing.h"

namespace outboard::journal::trial {

struct OracleRow {
  // What each slot says, as text of its own making: (name, what was written there).
  using Written = std::pair<Stamp, Bytes>;
  std::map<std::string, Written> slots;

  std::optional<Stamp> added, covered;
  std::map<ColumnId, std::pair<Written, Value>> columns;
  std::map<std::pair<ColumnId, std::uint64_t>, std::pair<Written, std::int64_t>> totals;

  bool alive() const { return added && (!covered || *covered < *added); }

  Value value_of(ColumnId column) const {
    if (column == votes) {
      std::uint64_t sum = 10;
      for (const auto& [whose, total] : totals)
        if (whose.first == column) sum += static_cast<std::uint64_t>(total.second);
      return static_cast<std::int64_t>(sum);
    }
    auto at = columns.find(column);
    return at == columns.end() ? Value() : at->second.second;
  }
};

inline Bytes encoded(const Value& value) {
  Bytes bytes;
  cbor::Writer(bytes).value(value);
  return bytes;
}

inline std::map<RowKey, OracleRow> oracle_rows(const std::vector<Intent>& transactions) {
  std::map<RowKey, OracleRow> rows;
  for (const auto& intent : transactions) {
    for (const auto& change : intent.rows) {
      auto& row = rows[change.row];
      auto at = [&](const std::string& name, Stamp stamp, const Value& value) {
        auto written = std::pair(stamp, encoded(value));
        auto [slot, is_new] = row.slots.try_emplace(name, written);
        slot->second = std::max(slot->second, written);
        return written;
      };
      if (change.verb == Verb::insert) {
        at("added", intent.stamp, change.moved_from ? Value(*change.moved_from) : Value());
        row.added = std::max(row.added.value_or(Stamp()), intent.stamp);
      }
      if (change.verb == Verb::remove) {
        at("covered", *change.covers, {});
        row.covered = std::max(row.covered.value_or(Stamp()), *change.covers);
      }
      for (const auto& [column, value] : change.columns) {
        auto written =
            at("column " + std::to_string(static_cast<int>(column)), intent.stamp, value);
        auto& known = row.columns[column];
        if (known.first <= written) known = {written, value};
      }
      for (const auto& [column, delta, total] : change.counters) {
        auto written = at("counter " + std::to_string(static_cast<int>(column)) + " of " +
                              std::to_string(intent.stamp.replica),
                          intent.stamp, total);
        auto& known = row.totals[{column, intent.stamp.replica}];
        if (known.first <= written) known = {written, total};
      }
    }
  }
  return rows;
}

// Who lives, by asking every row about every other.
inline std::set<RowKey> oracle_table(const std::map<RowKey, OracleRow>& rows) {
  struct Claimant {
    RowKey row;
    Stamp added;
    std::vector<UniqueKey> keys;
  };
  std::vector<Claimant> claimants;
  for (const auto& [key, row] : rows) {
    auto value_of = [&row = row](ColumnId column) { return row.value_of(column); };
    if (!row.alive() || !fits_schema(value_of)) continue;
    claimants.push_back({key, *row.added, keys_in_schema(key.table, value_of)});
  }
  auto precedes = [](const Claimant& left, const Claimant& right) {
    return std::tie(left.added, left.row.key) < std::tie(right.added, right.row.key);
  };
  std::set<RowKey> table;
  for (const auto& one : claimants) {
    bool first = std::ranges::none_of(claimants, [&](const Claimant& other) {
      return precedes(other, one) && std::ranges::any_of(other.keys, [&](const UniqueKey& key) {
               return std::ranges::find(one.keys, key) != one.keys.end();
             });
    });
    if (first) table.insert(one.row);
  }
  return table;
}

// A layer of the kernel's state in the oracle's words.
inline std::map<std::string, OracleRow::Written> as_oracle(const RowState& row, Layer layer) {
  std::map<std::string, OracleRow::Written> slots;
  for (const auto& held : row.slots) {
    const Version* version = held.in(layer);
    if (!version) continue;
    auto column = std::to_string(static_cast<int>(held.slot.column));
    auto name = held.slot.kind == Slot::Kind::added     ? "added"
                : held.slot.kind == Slot::Kind::covered ? "covered"
                : held.slot.kind == Slot::Kind::column
                    ? "column " + column
                    : "counter " + column + " of " + std::to_string(held.slot.replica);
    slots[name] = {version->stamp, encoded(version->value)};
  }
  return slots;
}

// Is the world what the rules say of those transactions?
inline void expect_as_the_rules_say(const MemoryWorld& world,
                                    const std::vector<Intent>& acknowledged,
                                    const std::vector<Intent>& pending) {
  auto all = acknowledged;
  all.insert(all.end(), pending.begin(), pending.end());
  auto base = oracle_rows(acknowledged);
  auto merged = oracle_rows(all);
  for (const auto& [key, row] : merged) {
    RowState state = world.load(key);
    ASSERT_EQ(as_oracle(state, Layer::merged), row.slots);
    ASSERT_EQ(as_oracle(state, Layer::acknowledged), base[key].slots);
    ASSERT_EQ(state.alive(), row.alive());
    for (ColumnId column : columns_all)
      ASSERT_EQ(value_of(state, column, rules_of(key.table)), row.value_of(column));
  }
  ASSERT_EQ(world.rows().size(), merged.size());
  std::set<RowKey> table;
  for (const auto& [key, keys] : world.table()) table.insert(key);
  ASSERT_EQ(table, oracle_table(merged));
}

}  // namespace outboard::journal::trial
