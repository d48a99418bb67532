#include "journal/merged_rows.h"

#include <algorithm>

namespace outboard::journal {

namespace {

void bind_row(Statement& statement, const RowKey& row) {
  statement.bind_integer(1, static_cast<std::int64_t>(row.table));
  statement.bind_blob(2, row.key);
}

}  // namespace

Result<Statement*> MergedRows::ask(StatementLease& kept, const char* sql) {
  if (!kept) kept = TRY(writer_.prepare_own(sql));
  kept->reset();
  return &*kept;
}

Result<std::optional<StoredRow>> MergedRows::read(const RowKey& row) {
  auto* read = TRY(ask(read_, "select state from sqlite_outboard_row where tab = ? and key = ?"));
  bind_row(*read, row);
  std::optional<StoredRow> stored;
  if (TRY(read->step())) stored = TRY(decode_stored(read->blob(0), numbers_));
  read->reset();
  return stored;
}

Result<void> MergedRows::write(const RowKey& row, const StoredRow& stored) {
  if (stored.state.slots.empty()) {
    auto* erase = TRY(ask(erase_, "delete from sqlite_outboard_row where tab = ? and key = ?"));
    bind_row(*erase, row);
    (void)TRY(erase->step());
    erase->reset();
    return {};
  }
  auto state = TRY(encode(stored, numbers_));
  auto* write = TRY(ask(write_, "insert or replace into sqlite_outboard_row values (?, ?, ?)"));
  bind_row(*write, row);
  write->bind_blob(3, state);
  (void)TRY(write->step());
  write->reset();
  return {};
}

Result<bool> MergedRows::insert(const RowKey& row, ByteView stored) {
  auto* insert = TRY(ask(insert_, "insert or ignore into sqlite_outboard_row values (?, ?, ?)"));
  bind_row(*insert, row);
  insert->bind_blob(3, stored);
  (void)TRY(insert->step());
  insert->reset();
  return sqlite3_changes64(writer_.handle()) != 0;
}

Result<std::optional<MergedRows::Entry>> MergedRows::next(const RowKey& behind) {
  auto* next = TRY(ask(next_,
                       "select tab, key, state from sqlite_outboard_row where (tab, key) > (?, ?) "
                       "order by tab, key limit 1"));
  bind_row(*next, behind);
  std::optional<Entry> entry;
  if (TRY(next->step())) {
    auto key = next->blob(1);
    entry.emplace(Entry{.row = {TableId(next->integer(0)), Bytes(key.begin(), key.end())}});
    entry->stored = TRY(decode_stored(next->blob(2), numbers_));
  }
  next->reset();
  return entry;
}

Result<void> MergedRows::set_claims(const RowKey& row, Stamp added,
                                    std::span<const UniqueKey> keys) {
  if (TRY(has_claims(row.table))) {
    auto* unclaim =
        TRY(ask(unclaim_, "delete from sqlite_outboard_claim where tab = ? and key = ?"));
    bind_row(*unclaim, row);
    (void)TRY(unclaim->step());
    unclaim->reset();
  }
  for (const auto& key : keys) {
    auto stamp = outboard::encode(added);
    auto* claim = TRY(ask(claim_, "insert into sqlite_outboard_claim values (?, ?, ?, ?, ?)"));
    bind_row(*claim, row);
    claim->bind_integer(3, key.index);
    claim->bind_blob(4, key.key);
    claim->bind_blob(5, stamp);
    (void)TRY(claim->step());
    claim->reset();
    claimed_[row.table] = true;
  }
  return {};
}

Result<void> MergedRows::drop_claims(TableId table) {
  auto drop = TRY(writer_.prepare_own("delete from sqlite_outboard_claim where tab = ?"));
  drop->bind_integer(1, static_cast<std::int64_t>(table));
  (void)TRY(drop->step());
  claimed_.erase(table);
  return {};
}

// Mostly there are none: then local commits need not ask further. Asked anew after they went.
Result<bool> MergedRows::has_claims(TableId table) {
  if (auto known = claimed_.find(table); known != claimed_.end() && !known->second) return false;
  auto* ask_claims =
      TRY(ask(has_claims_, "select exists(select 1 from sqlite_outboard_claim where tab = ?)"));
  ask_claims->bind_integer(1, static_cast<std::int64_t>(table));
  (void)TRY(ask_claims->step());
  bool there_are = ask_claims->integer(0) != 0;
  ask_claims->reset();
  claimed_[table] = there_are;
  return there_are;
}

Result<std::optional<Claim>> MergedRows::next_claim(const UniqueKey& key, const Claim* after) {
  auto* next = TRY(ask(next_claim_,
                       "select added, key from sqlite_outboard_claim where tab = ? and unik = ? "
                       "and value = ? and (added, key) > (?, ?) order by added, key limit 1"));
  StampBytes stamp = after ? outboard::encode(after->added) : StampBytes{};
  next->bind_integer(1, static_cast<std::int64_t>(key.table));
  next->bind_integer(2, key.index);
  next->bind_blob(3, key.key);
  next->bind_blob(4, after ? ByteView(stamp) : ByteView());
  next->bind_blob(5, after ? ByteView(after->row) : ByteView());
  std::optional<Claim> claim;
  if (TRY(next->step())) {
    StampBytes added{};
    auto bytes = next->blob(0), row = next->blob(1);
    std::ranges::copy(bytes.first(std::min(bytes.size(), added.size())), added.begin());
    claim = Claim{outboard::decode(added), Bytes(row.begin(), row.end())};
  }
  next->reset();
  return claim;
}

void MergedRows::forget() {
  numbers_.forget();
  claimed_.clear();
}

}  // namespace outboard::journal
