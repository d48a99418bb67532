#include "journal/capture.h"

#include <algorithm>

#include "base/limits.h"
#include "journal/cells.h"
#include "store/errors.h"

namespace outboard::journal {

namespace {

// About what it takes in memory.
std::size_t size_of(const TrackedTable::Row& row) {
  std::size_t bytes = row.size() * sizeof(Value);
  for (const auto& value : row) bytes += value.text().size() + value.blob().size();
  return bytes;
}

// What the merge kernel needs of a row to complete its groups.
RowState state_of(const std::vector<ColumnWrite>& writes) {
  RowState state;
  for (const auto& write : writes) {
    state.slots.push_back({.slot = {.kind = Slot::Kind::column, .column = write.column},
                           .acknowledged = Version{.stamp = {}, .value = write.value}});
  }
  return state;
}

}  // namespace

void Capture::listen(sqlite3* db) { sqlite3_preupdate_hook(db, on_change, this); }

void Capture::on_change(void* self, sqlite3* db, int operation, const char* schema,
                        const char* table, sqlite3_int64, sqlite3_int64) {
  auto& capture = *static_cast<Capture*>(self);
  if (capture.deaf_) return;
  auto tracked = capture.tables_.find(std::string_view(table));
  if (tracked == capture.tables_.end() || std::string_view(schema) != "main") return;
  if (!capture.failure_) capture.take(db, operation, tracked->second);
}

void Capture::take(sqlite3* db, int operation, const TrackedTable& table) {
  if (table.unreadable) return fail_with(*table.unreadable);
  Row before, now;
  bool had = operation != SQLITE_INSERT, has = operation != SQLITE_DELETE;
  if ((had && !read(db, table, Side::before, before)) || (has && !read(db, table, Side::now, now)))
    return;
  Bytes old_key;
  std::optional<Bytes> origin;
  if (had) {
    old_key = table.key_of(before);
    auto [at, is_new] = rows_.try_emplace({table.id, old_key});
    auto& row = at->second;
    if (is_new) {
      row.existed = true;
      put(row.before, std::move(before));
    }
    row.exists = false;
    origin = row.existed ? old_key : row.moved_from;
  }
  if (has) {
    auto key = table.key_of(now);
    auto& row = rows_[{table.id, key}];
    if (!had || old_key != key) row.moved_from = origin;
    row.exists = true;
    put(row.now, std::move(now));
  }
  if (bytes_ > limits::capture_bytes_max) {
    fail_with(fail(Code::too_large,
                   "the transaction changed more of tracked tables than is kept in memory",
                   "split it into several"));
  }
}

bool Capture::read(sqlite3* db, const TrackedTable& table, Side side, Row& row) {
  row.reserve(table.columns.size());
  for (const auto& column : table.columns) {
    sqlite3_value* value = nullptr;
    int code = side == Side::now ? sqlite3_preupdate_new(db, column.index, &value)
                                 : sqlite3_preupdate_old(db, column.index, &value);
    if (code != SQLITE_OK) {
      fail_with(sqlite_error(nullptr, code));
      return false;
    }
    row.push_back(value_of(value, column.is_real));
  }
  return true;
}

void Capture::put(Row& into, Row&& row) {
  bytes_ += size_of(row);
  bytes_ -= size_of(into);
  into = std::move(row);
}

void Capture::fail_with(Error why) {
  failure_ = std::move(why);
  rows_ = {};
}

bool Capture::has_rows_of(TableId table) const {
  return std::ranges::any_of(rows_, [&](const auto& row) { return row.first.table == table; });
}

const TrackedTable::Row* Capture::before(const RowKey& row) const {
  auto at = rows_.find(row);
  return at == rows_.end() ? nullptr : &at->second.before;
}

void Capture::distrust() {
  distrusted_ = distrusted_ || !rows_.empty();
  for (auto& [key, row] : rows_) row.moved_from.reset();  // perhaps it was not moved after all
}

void Capture::clear() {
  if (!rows_.empty()) rows_ = {};  // clear() would keep the buckets, and go through them each time
  bytes_ = 0;
  distrusted_ = false;
  failure_.reset();
}

Result<void> Capture::read_again(Connection& writer) {
  std::map<TableId, StatementLease> readers;
  for (auto& [key, row] : rows_) {
    const TrackedTable* table = table_of(key.table);
    if (!table) continue;
    auto& reader = readers[key.table];
    if (!reader) reader = TRY(writer.prepare_own(table->read_sql));
    const Row& known = row.existed ? row.before : row.now;
    int parameter = 0;
    for (std::size_t place : table->key) bind(*reader, ++parameter, known[place]);
    row.exists = TRY(reader->step());
    if (row.exists) {
      Row now;
      for (std::size_t i = 0; i < table->columns.size(); ++i)
        now.push_back(value_of(*reader, static_cast<int>(i)));
      put(row.now, std::move(now));
    }
    reader->rewind();
  }
  distrusted_ = false;
  return {};
}

Result<Capture::Changes> Capture::changes(Connection& writer, Stamp stamp) {
  if (failure_) return *failure_;
  if (distrusted_) TRY(read_again(writer));
  std::vector<const Rows::value_type*> rows;
  rows.reserve(rows_.size());
  for (const auto& row : rows_)
    if (row.second.existed || row.second.exists) rows.push_back(&row);
  std::ranges::sort(rows, {}, [](auto* row) -> const RowKey& { return row->first; });
  Changes changes{.intent = {.stamp = stamp}};
  const TrackedTable* table = nullptr;
  for (auto* row : rows) {
    if (!table || table->id != row->first.table) table = table_of(row->first.table);
    if (table) add(changes, row->first, row->second, *table);
  }
  return changes;
}

void Capture::add(Changes& to, const RowKey& key, const Touched& row,
                  const TrackedTable& table) const {
  Edit edit{.row = key};
  RowBefore before{.row = key};
  std::vector<ColumnWrite> was;
  if (row.existed) was = table.writes_of(row.before);
  if (!row.exists) {
    edit.verb = Verb::remove;
    before.columns = was;
  } else if (!row.existed) {
    edit.verb = Verb::insert;
    edit.columns = table.writes_of(row.now);
    if (row.moved_from) {
      auto origin = rows_.find({key.table, *row.moved_from});
      bool moved = origin != rows_.end() && origin->second.existed && !origin->second.exists;
      if (moved) edit.moved_from = row.moved_from;
    }
  } else {
    auto is = table.writes_of(row.now);
    for (std::size_t i = 0; i < is.size(); ++i) {
      if (is[i] == was[i]) continue;
      before.columns.push_back(was[i]);
      edit.columns.push_back(std::move(is[i]));
    }
    if (edit.columns.empty()) return;
  }
  bool has_groups = !table.rules.groups.empty();
  to.intent.rows.push_back(
      record(edit, table.rules, has_groups ? state_of(was) : RowState(), to.intent.stamp));
  to.effect.push_back(std::move(before));
}

}  // namespace outboard::journal
