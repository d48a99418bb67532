#include "journal/merge/record.h"

#include <algorithm>

#include "base/assert.h"

namespace outboard::journal {

namespace {

std::int64_t sum(std::int64_t left, std::int64_t right) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(left) +
                                   static_cast<std::uint64_t>(right));
}

std::int64_t less(std::int64_t left, std::int64_t right) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(left) -
                                   static_cast<std::uint64_t>(right));
}

bool contains(const std::vector<ColumnId>& columns, ColumnId column) {
  return std::ranges::find(columns, column) != columns.end();
}

Value default_of(ColumnId column, const TableRules& rules) {
  auto at = std::ranges::find(rules.defaults, column, &ColumnWrite::column);
  return at == rules.defaults.end() ? Value() : at->value;
}

}  // namespace

Value value_of(const RowState& row, ColumnId column, const TableRules& rules) {
  if (!contains(rules.counters, column)) {
    const Version* version = row.winner({.kind = Slot::Kind::column, .column = column});
    return version ? version->value : default_of(column, rules);
  }
  auto value = default_of(column, rules).integer();
  auto at = std::ranges::lower_bound(row.slots, Slot{.kind = Slot::Kind::counter, .column = column},
                                     {}, &Held::slot);
  for (; at != row.slots.end() && at->slot.kind == Slot::Kind::counter; ++at) {
    if (at->slot.column != column) break;
    value = sum(value, at->in(Layer::merged)->value.integer());
  }
  return value;
}

void complete_groups(std::vector<ColumnWrite>& columns, const TableRules& rules,
                     const RowState& row) {
  auto written = columns;
  for (const auto& group : rules.groups) {
    bool concerned = std::ranges::any_of(
        written, [&](const ColumnWrite& write) { return contains(group, write.column); });
    if (!concerned) continue;
    for (ColumnId column : group) {
      auto at = std::ranges::lower_bound(columns, column, {}, &ColumnWrite::column);
      if (at != columns.end() && at->column == column) continue;
      columns.insert(at, {column, value_of(row, column, rules)});
    }
  }
}

std::int64_t total_after(const RowState& row, ColumnId counter, std::uint64_t replica,
                         std::int64_t delta) {
  const Version* own =
      row.winner({.kind = Slot::Kind::counter, .column = counter, .replica = replica});
  return sum(own ? own->value.integer() : 0, delta);
}

RowChange record(const Edit& edit, const TableRules& rules, const RowState& before, Stamp stamp) {
  for (const auto& held : before.slots) OB_ASSERT(held.in(Layer::merged)->stamp < stamp);
  RowChange change{.row = edit.row, .verb = edit.verb};
  if (edit.verb == Verb::remove) {
    const Version* added = before.added();
    change.covers = rules.kind == TableKind::row || !added ? stamp : added->stamp;
    return change;
  }
  change.moved_from = edit.moved_from;
  for (const auto& write : edit.columns) {
    if (!contains(rules.counters, write.column)) {
      change.columns.push_back(write);
      continue;
    }
    auto delta = less(write.value.integer(), value_of(before, write.column, rules).integer());
    auto total = total_after(before, write.column, stamp.replica, delta);
    change.counters.push_back({write.column, delta, total});
  }
  complete_groups(change.columns, rules, before);
  return change;
}

}  // namespace outboard::journal
