// What becomes of own transactions: waiting for a verdict, said again, taken back.
#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "journal/space_journal.h"

namespace outboard::journal {

// Own records that nobody has answered for good, of which the merged state holds the changes as
// pending.
Result<StatementLease> SpaceJournal::ask_pending(const std::string& columns,
                                                 std::uint64_t replica) {
  auto sql = "select " + columns +
             " from sqlite_outboard_record r left join sqlite_outboard_outbox o on o.record = r.n "
             "where r.replica = ? and r.n > (select settled from sqlite_outboard_space) "
             "and not coalesce(o.applied, 0) and not exists(select 1 from "
             "sqlite_outboard_taken_back t where t.record = r.n) order by r.n";
  return ask(sql.c_str(), replica);
}

std::vector<std::uint64_t> SpaceJournal::rows_of(const Intent& intent) {
  std::vector<std::uint64_t> rows;
  auto add = [&](TableId table, const Bytes& key) {
    auto bytes = key;
    append_le(bytes, static_cast<std::uint64_t>(table));
    rows.push_back(load_le<std::uint64_t>(sha256(bytes).data()));
  };
  for (const auto& change : intent.rows) {
    add(change.row.table, change.row.key);
    if (change.moved_from) add(change.row.table, *change.moved_from);
  }
  return rows;
}

Result<std::vector<std::int64_t>> SpaceJournal::pending_but(std::span<const std::int64_t> these) {
  auto rows = TRY(ask_pending("r.n", now_.replica));
  std::vector<std::int64_t> records;
  while (TRY(rows->step())) {
    auto record = rows->integer(0);
    if (std::ranges::find(these, record) == these.end()) records.push_back(record);
  }
  return records;
}

void SpaceJournal::take_out(sync::Outbox& from, std::uint64_t id) {
  sync::Outbox others;
  for (const auto& item : from.items())
    if (item.id != id) others.add(item);
  from = std::move(others);
}

// Later ones on the same rows would be earlier then: they are among them, or nobody can say yet
// what becomes of those.
Result<void> SpaceJournal::say_again(std::span<const std::int64_t> records) {
  auto kept = TRY(pending_but(records));
  TRY(expect_last(records, kept));
  auto left = TRY(journal_.say_again(records, kept));
  for (auto each : records) {
    if (std::ranges::find(left, each) == left.end())
      TRY(run("insert into sqlite_outboard_taken_back values (?)", each));
  }
  return {};
}

Result<void> SpaceJournal::expect_last(std::span<const std::int64_t> records,
                                       std::span<const std::int64_t> kept) {
  std::set<std::uint64_t> rows;
  for (auto record : records) {
    auto of_one = TRY(rows_of_record(record));
    rows.insert(of_one.begin(), of_one.end());
  }
  for (auto record : kept) {
    if (records.empty() || record < records.front()) continue;
    auto of_one = TRY(rows_of_record(record));
    bool meets = std::ranges::any_of(of_one, [&](auto row) { return rows.contains(row); });
    if (meets)
      return fail(Code::busy, "a later transaction on the same rows is on its way",
                  "try again when it is answered and read back");
  }
  return {};
}

Result<std::vector<std::uint64_t>> SpaceJournal::rows_of_record(std::int64_t record) {
  auto row = TRY(ask("select intent from sqlite_outboard_record where n = ?", record));
  (void)TRY(row->step());
  auto intent = TRY(decode_intent(row->blob(0)));
  return rows_of(intent);
}

// ---- What became of them ----

Result<std::vector<SpaceJournal::Waiting>> SpaceJournal::waiting() {
  auto all = TRY(waiting_or_stored());
  std::erase_if(all, [](const Waiting& one) { return one.is_stored && !one.rejected; });
  return all;
}

Result<std::vector<SpaceJournal::Waiting>> SpaceJournal::waiting_or_stored() {
  std::vector<Waiting> all;
  auto rows = TRY(ask_pending("r.n, o.seq, o.reason, o.hint, coalesce(o.stored, 0)", now_.replica));
  while (TRY(rows->step())) {
    Waiting one{.record = rows->integer(0),
                .hint = std::string(rows->text(3)),
                .is_stored = rows->integer(4) != 0};
    if (rows->kind(1) != Kind::null) one.seq = static_cast<std::uint64_t>(rows->integer(1));
    if (rows->kind(2) != Kind::null) one.rejected = static_cast<sync::Reason>(rows->integer(2));
    all.push_back(std::move(one));
  }
  return all;
}

// A clock that ran ahead goes back to what others have accepted, and all that they have not is said
// again: so what is written from now on is later than what was written before.
Result<void> SpaceJournal::retry(std::int64_t record) {
  TRY(load_outbox());
  auto outbox = outbox_;
  auto again = outbox.retry(static_cast<std::uint64_t>(record));
  if (again.empty())
    return fail(Code::not_found, "there is no refused transaction of that number",
                "waiting() lists them");
  bool runs_ahead = false, is_talking = false;
  std::vector<std::int64_t> records;
  for (const auto& item : outbox_.items()) {
    bool is_one = std::ranges::find(again, item.id) != again.end();
    runs_ahead = runs_ahead || (is_one && item.parked == sync::Reason::future_stamp);
    is_talking = is_talking || (item.seq && !item.parked);
  }
  if (runs_ahead && is_talking)
    return fail(Code::busy, "other transactions are on their way",
                "try again when they are answered");
  for (const auto& item : outbox_.items()) {
    bool is_one = std::ranges::find(again, item.id) != again.end();
    if (is_one || !item.seq || runs_ahead) records.push_back(static_cast<std::int64_t>(item.id));
  }
  auto done = commit([&]() -> Result<void> {
    for (auto each : records)
      TRY(run("update sqlite_outboard_outbox set record = null where record = ?", each));
    if (runs_ahead) {
      auto accepted =
          TRY(ask("select coalesce(max(time), 0) from sqlite_outboard_outbox where stored"));
      (void)TRY(accepted->step());
      TRY(journal_.set_clock_back(static_cast<std::uint64_t>(accepted->integer(0))));
    }
    return say_again(records);
  });
  if (!done) return done;
  return load_outbox();
}

Result<void> SpaceJournal::discard(std::int64_t record) {
  TRY(load_outbox());
  auto row = TRY(ask("select reason, stored from sqlite_outboard_outbox where record = ?", record));
  bool is_refused = TRY(row->step()) && row->kind(0) != Kind::null;
  if (!is_refused)
    return fail(Code::not_found, "there is no refused transaction of that number",
                "waiting() lists them");
  if (row->integer(1) != 0)
    return fail(Code::conflict, "others may have the transaction already", "undo it instead");
  row->rewind();
  auto done = commit([&]() -> Result<void> {
    std::int64_t records[] = {record};
    auto kept = TRY(pending_but(records));
    TRY(journal_.take_back(records, kept));
    return run("insert into sqlite_outboard_taken_back values (?)", record);
  });
  if (!done) return done;
  return load_outbox();
}

}  // namespace outboard::journal
