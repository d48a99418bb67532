#include "journal/merger.h"

#include <algorithm>
#include <tuple>

#include "journal/cells.h"

namespace outboard::journal {

namespace {

std::vector<ColumnId> columns_of(const TrackedTable& table) {
  std::vector<ColumnId> columns;
  for (std::size_t place : table.others) columns.push_back(table.columns[place].id);
  return columns;
}

// Mostly rows are new, and many of a transaction have the same state: it is encoded once.
class Inserted {
 public:
  explicit Inserted(MergedRows& merged) : merged_(merged) {}

  // False if the row is not new.
  Result<bool> take(const RowChange& change, Stamp stamp) {
    if (change.verb != Verb::insert || change.moved_from || !change.counters.empty()) return false;
    bool is_known =
        stamp == stamp_ && std::ranges::equal(change.columns, columns_, {}, &ColumnWrite::column);
    if (!is_known) {
      state_ = TRY(encode_inserted(change.columns, stamp, merged_.numbers()));
      stamp_ = stamp;
      columns_.clear();
      for (const auto& write : change.columns) columns_.push_back(write.column);
    }
    return merged_.insert(change.row, state_);
  }

 private:
  MergedRows& merged_;
  Stamp stamp_ = {};
  std::vector<ColumnId> columns_;
  Bytes state_;
};

}  // namespace

Result<bool> Merger::concerns(const Intent& intent) {
  const RowChange* last = nullptr;
  for (const auto& change : intent.rows) {
    if (last && last->row.table == change.row.table) continue;
    last = &change;
    if (TRY(merged_.has_claims(change.row.table))) return true;
  }
  return false;
}

Result<void> Merger::fold(std::span<const Changes* const> transactions) {
  struct Step {
    const RowChange* change;
    const RowBefore* before;
    Stamp stamp;
  };
  std::vector<Step> steps;
  for (const auto* changes : transactions) {
    for (std::size_t i = 0; i < changes->intent.rows.size(); ++i)
      steps.push_back({&changes->intent.rows[i], &changes->effect[i], changes->intent.stamp});
  }
  if (transactions.size() > 1) {
    std::ranges::sort(steps, [](const Step& left, const Step& right) {
      return std::tie(left.change->row, left.stamp) < std::tie(right.change->row, right.stamp);
    });
  }
  Inserted inserted(merged_);
  for (std::size_t from = 0; from < steps.size();) {
    const RowKey& row = steps[from].change->row;
    bool is_alone = from + 1 == steps.size() || steps[from + 1].change->row != row;
    if (is_alone && TRY(inserted.take(*steps[from].change, steps[from].stamp))) {
      ++from;
      continue;
    }
    auto stored = TRY(merged_.read(row)).value_or(StoredRow());
    for (; from < steps.size() && steps[from].change->row == row; ++from)
      take_in(stored, *steps[from].change, *steps[from].before, steps[from].stamp);
    TRY(merged_.write(row, stored));
  }
  return {};
}

Result<Merger::Merged> Merger::store(Pass&& pass, const FileWorld& world, MergeWriter::Rows rows) {
  auto effect = std::move(pass).finish();
  if (world.failure()) return *world.failure();
  TableRows::Quiet quiet(writer_, capture_);
  auto before = MergeWriter(tables_, merged_, rows_, world).store(effect, rows);
  if (!before) return before.error();
  return Merged{.touched = !effect.empty(), .before = std::move(*before)};
}

Result<void> Merger::resolve(Changes& local) {
  auto from_file = world(&capture_);
  Pass pass(from_file);
  pass.merge(local.intent, Origin::pending);
  auto moved = TRY(store(std::move(pass), from_file, MergeWriter::Rows::written));
  for (auto& row : moved.before) {
    auto at = std::ranges::lower_bound(local.effect, row.row, {}, &RowBefore::row);
    if (at == local.effect.end() || at->row != row.row) local.effect.insert(at, std::move(row));
  }
  return {};
}

Result<Merger::Merged> Merger::merge(const Intent& acknowledged) {
  auto from_file = world();
  Pass pass(from_file);
  pass.merge(acknowledged, Origin::acknowledged);
  return store(std::move(pass), from_file, MergeWriter::Rows::to_be_written);
}

Result<Merger::Merged> Merger::merge(std::span<const StateRow> rows) {
  auto from_file = world();
  Pass pass(from_file);
  for (const auto& row : rows) pass.merge(row.row, row.state);
  return store(std::move(pass), from_file, MergeWriter::Rows::to_be_written);
}

Result<void> Merger::take_back(std::span<const Intent> dropped, std::span<const Intent> kept) {
  auto from_file = world();
  Pass pass(from_file);
  pass.drop(dropped, kept);
  (void)TRY(store(std::move(pass), from_file, MergeWriter::Rows::to_be_written));
  return {};
}

Result<std::vector<std::optional<Intent>>> Merger::say_again(
    std::span<const Intent> dropped, std::span<const Intent> kept,
    const std::function<Stamp()>& next_stamp) {
  auto from_file = world();
  Pass pass(from_file);
  pass.drop(dropped, kept);
  std::vector<std::optional<Intent>> said;
  for (const auto& intent : dropped) said.push_back(pass.reissue(intent, next_stamp()));
  (void)TRY(store(std::move(pass), from_file, MergeWriter::Rows::to_be_written));
  return said;
}

void Merger::schema_changed() {
  rows_.clear();
  twins_.clear();
}

// ---- Tables that come and go ----

Result<void> Merger::take_over(const TrackedTable& table) {
  for (ColumnId column : columns_of(table))
    TRY(merged_.numbers().number_of(static_cast<std::uint64_t>(column)));
  auto first = TRY(merged_.next({table.id, {}}));
  bool is_known = first && first->row.table == table.id;
  std::vector<Edit> edits;
  TRY(join_rows(table, edits));
  if (!is_known) return {};
  TRY(find_gone(table, edits));
  TRY(conceal(table));
  TRY(place_anew(table));
  return do_again(table, edits);
}

// The rows that are in the table join what was merged: what nobody has written is theirs. What is
// another than it was when the table was tracked last is an edit.
Result<void> Merger::join_rows(const TrackedTable& table, std::vector<Edit>& edits) {
  std::string names;
  for (const auto& column : table.columns)
    names += (names.empty() ? "" : ", ") + quoted(column.name);
  auto rows = TRY(writer_.prepare_own("select " + names + " from main." + quoted(table.name)));
  auto columns = columns_of(table);
  while (TRY(rows->step())) {
    TrackedTable::Row row;
    for (std::size_t i = 0; i < table.columns.size(); ++i)
      row.push_back(value_of(*rows, static_cast<int>(i)));
    RowKey key{table.id, table.key_of(row)};
    auto stored = TRY(merged_.read(key));
    if (!stored) {
      TRY(merged_.write(key, row_before_time(columns)));
      continue;
    }
    bool is_edit = !stored->is_concealed;
    auto old = row_before_time(columns).state;
    auto writes = table.writes_of(row);
    for (std::size_t i = 0; i < writes.size(); ++i) {
      const auto* known = stored->state.winner({.kind = Slot::Kind::column, .column = columns[i]});
      bool differs = known && Version{{}, known->value} != Version{{}, writes[i].value};
      bool is_new = stored->is_concealed && !stored->shows(columns[i]);
      is_edit = is_edit || (differs && !is_new);
      if (differs && is_new) row[table.others[i]] = known->value;  // it came before the column
      old.slots[i + 1].acknowledged->value = std::move(writes[i].value);
    }
    if (is_edit) edits.push_back({key.key, std::move(row)});
    journal::merge(stored->state, old);
    TRY(merged_.write(key, *stored));
  }
  return {};
}

Result<void> Merger::find_gone(const TrackedTable& table, std::vector<Edit>& edits) {
  RowKey at{table.id, {}};
  for (;;) {
    auto entry = TRY(merged_.next(at));
    if (!entry || entry->row.table != table.id) return {};
    at = entry->row;
    if (entry->stored.is_concealed && !TRY(rows_.read(table, at.key)))
      edits.push_back({at.key, {}});
  }
}

Result<void> Merger::do_again(const TrackedTable& table, const std::vector<Edit>& edits) {
  TableRows::Quiet quiet(writer_, capture_);
  capture_.listen_again();
  for (const auto& edit : edits) {
    if (!edit.row)
      TRY(rows_.erase(table, edit.key));
    else if (TRY(rows_.read(table, edit.key)))
      TRY(rows_.update(table, *edit.row));
    else
      TRY(rows_.insert(table, *edit.row));
  }
  return {};
}

// From now on the merged rows have all values themselves.
Result<void> Merger::conceal(const TrackedTable& table) {
  RowKey at{table.id, {}};
  for (;;) {
    auto entry = TRY(merged_.next(at));
    if (!entry || entry->row.table != table.id) return {};
    at = entry->row;
    auto& stored = entry->stored;
    if (stored.shown.empty() || stored.is_concealed) continue;
    auto from_file = world();
    stored.state = from_file.load(at);
    if (from_file.failure()) return *from_file.failure();
    stored.is_concealed = true;
    TRY(merged_.write(at, stored));
  }
}

// Empties the table and puts in who belongs there.
Result<void> Merger::place_anew(const TrackedTable& table) {
  TableRows::Quiet quiet(writer_, capture_);
  auto erase = TRY(writer_.prepare_own("delete from main." + quoted(table.name)));
  (void)TRY(erase->step());
  TRY(merged_.drop_claims(table.id));
  enum class Round { claim, enter };
  for (auto round : {Round::claim, Round::enter}) {
    RowKey at{table.id, {}};
    for (;;) {
      auto entry = TRY(merged_.next(at));
      if (!entry || entry->row.table != table.id) break;
      at = entry->row;
      auto from_file = world();
      const auto& state = entry->stored.state;
      if (round == Round::claim) TRY(merged_.write(at, {.state = state}));
      auto claims = claims_of(from_file, at, state);
      if (from_file.failure()) return *from_file.failure();
      if (!claims.eligible) continue;
      if (round == Round::claim) {
        TRY(merged_.set_claims(at, claims.added, claims.keys));
        continue;
      }
      bool is_first = true;
      for (const auto& key : claims.keys)
        is_first = is_first && from_file.next_claim(key, nullptr) == Claim{claims.added, at.key};
      if (!is_first) continue;
      Effect effect{{.row = at, .state = state, .lives = true}};
      (void)TRY(MergeWriter(tables_, merged_, rows_, from_file)
                    .store(effect, MergeWriter::Rows::to_be_written));
    }
  }
  return {};
}

Result<void> Merger::leave(const TrackedTable& table) {
  TRY(conceal(table));
  return merged_.drop_claims(table.id);
}

}  // namespace outboard::journal
