#include "journal/merge_writer.h"

#include <algorithm>

#include "base/assert.h"

namespace outboard::journal {

namespace {

bool same(const Value& left, const Value& right) { return Version{{}, left} == Version{{}, right}; }

}  // namespace

bool MergeWriter::erases(const RowEffect& row, Rows rows) const {
  return rows == Rows::written ? row.in_table && !row.lives : row.leaves();
}

Result<LocalEffect> MergeWriter::store(const Effect& effect, Rows rows) {
  LocalEffect before;
  for (const auto& row : effect) note(before, row, rows);
  for (const auto& row : effect) {
    if (erases(row, rows)) TRY(rows_.erase(*find_table(tables_, row.row.table), row.row.key));
  }
  for (const auto& row : effect) TRY(put(row, rows));
  for (const auto& row : effect) TRY(keep(row, rows));
  return before;
}

Result<void> MergeWriter::put(const RowEffect& row, Rows rows) {
  if (!row.lives) return {};
  const auto* table = find_table(tables_, row.row.table);
  const auto* fitted = world_.fitted(row.row);
  OB_ASSERT(table && fitted);  // else it would not live
  if (!row.in_table || erases(row, rows)) return rows_.insert(*table, fitted->stored);
  if (rows == Rows::written || row.delta.slots.empty()) return {};
  return rows_.update(*table, fitted->stored);
}

// The state, without what the table shows.
Result<void> MergeWriter::keep(const RowEffect& row, Rows rows) {
  StoredRow stored{.state = row.state};
  const auto* table = find_table(tables_, row.row.table);
  const auto* fitted = world_.fitted(row.row);
  if (row.lives) {
    const auto* shown = rows == Rows::written && row.in_table ? world_.row_now(row.row) : nullptr;
    if (!shown) shown = &fitted->stored;
    for (std::size_t place : table->others) {
      Slot slot{.kind = Slot::Kind::column, .column = table->columns[place].id};
      auto held = std::ranges::lower_bound(stored.state.slots, slot, {}, &Held::slot);
      if (held == stored.state.slots.end() || held->slot != slot) continue;
      auto& winner = held->pending ? *held->pending : *held->acknowledged;
      if (!same(winner.value, (*shown)[place])) continue;
      winner.value = {};
      stored.shown.push_back(slot.column);
    }
  }
  TRY(merged_.write(row.row, stored));
  bool waits = table && !row.lives && row.state.alive() && fitted;
  auto claims = waits ? std::span<const UniqueKey>(fitted->keys) : std::span<const UniqueKey>();
  return merged_.set_claims(row.row, waits ? row.state.added()->stamp : Stamp(), claims);
}

void MergeWriter::note(LocalEffect& to, const RowEffect& row, Rows rows) const {
  bool moves = row.in_table != row.lives;
  if (!moves && (rows == Rows::written || !row.lives || row.delta.slots.empty())) return;
  RowBefore before{.row = row.row};
  const auto* now = world_.row_now(row.row);
  const auto* table = find_table(tables_, row.row.table);
  if (!now) return to.push_back(std::move(before));
  const auto* after = row.lives ? world_.fitted(row.row) : nullptr;
  for (std::size_t place : table->others) {
    if (after && same((*now)[place], after->stored[place])) continue;
    before.columns.push_back({table->columns[place].id, (*now)[place]});
  }
  if (moves || !before.columns.empty()) to.push_back(std::move(before));
}

}  // namespace outboard::journal
