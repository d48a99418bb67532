#include "journal/file_world.h"

#include <algorithm>

namespace outboard::journal {

const TrackedTable::Row* FileWorld::row_now(const RowKey& row) const {
  auto [at, is_new] = seen_.try_emplace(row);
  if (is_new) {
    if (const auto* table = find_table(tables_, row.table))
      at->second = value_or_fail(rows_.read(*table, row.key), {});
  }
  return at->second ? &*at->second : nullptr;
}

bool FileWorld::in_table(const RowKey& row) const { return row_now(row) != nullptr; }

RowState FileWorld::load(const RowKey& row) const {
  auto stored = value_or_fail(merged_.read(row), {});
  if (!stored) return {};
  if (stored->shown.empty() || stored->is_concealed) return std::move(stored->state);
  const auto* table = find_table(tables_, row.table);
  const auto* known = before_ ? before_->before(row) : nullptr;
  const auto* shown = known ? known : row_now(row);
  if (!table || !shown || shown->size() != table->columns.size()) {
    if (!failure_) {
      failure_ = fail(Code::corrupt, "a row that the journal knows is not in its table",
                      "check the file; something else has written to it");
    }
    return {};
  }
  for (std::size_t place : table->others) {
    ColumnId column = table->columns[place].id;
    if (!stored->shows(column)) continue;
    Slot slot{.kind = Slot::Kind::column, .column = column};
    auto held = std::ranges::lower_bound(stored->state.slots, slot, {}, &Held::slot);
    (held->pending ? held->pending : held->acknowledged)->value = (*shown)[place];
  }
  return std::move(stored->state);
}

const TableRules& FileWorld::rules(TableId id) const {
  static const TableRules none;
  const auto* table = find_table(tables_, id);
  return table ? table->rules : none;
}

bool FileWorld::fits(const RowKey& row, const RowState& state) const {
  auto& fitted = fitted_[row];
  fitted.reset();
  const auto* table = find_table(tables_, row.table);
  auto values = table ? table->row_of(row.key) : std::nullopt;
  if (!values) return false;
  for (std::size_t place : table->others)
    (*values)[place] = value_of(state, table->columns[place].id, table->rules);
  fitted = value_or_fail(twins_.fit(*table, *values), {});
  // A key that the table would store in another form would be another key.
  if (fitted && table->key_of(fitted->stored) != row.key) fitted.reset();
  return fitted.has_value();
}

std::vector<UniqueKey> FileWorld::unique_keys(const RowKey& row, const RowState& state) const {
  auto known = fitted_.find(row);
  if (known == fitted_.end()) (void)fits(row, state);
  const auto* fit = fitted(row);
  return fit ? fit->keys : std::vector<UniqueKey>();
}

const TableTwins::Fitted* FileWorld::fitted(const RowKey& row) const {
  auto at = fitted_.find(row);
  return at == fitted_.end() || !at->second ? nullptr : &*at->second;
}

std::optional<Claim> FileWorld::next_claim(const UniqueKey& key, const Claim* after) const {
  auto next = value_or_fail(merged_.next_claim(key, after), {});
  const auto* table = find_table(tables_, key.table);
  if (!table) return next;
  auto holder = value_or_fail(rows_.find(*table, key), {});
  if (!holder) return next;
  auto state = value_or_fail(merged_.read({key.table, *holder}), {});
  if (!state || !state->state.added()) return next;  // being changed just now: nobody asks after it
  Claim held{state->state.added()->stamp, *holder};
  if (after && held <= *after) return next;
  return next && *next < held ? next : held;
}

}  // namespace outboard::journal
