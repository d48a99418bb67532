#include "journal/journal_tables.h"

#include "journal/cells.h"
#include "store/hidden_table.h"

namespace outboard::journal {

namespace {

constexpr const char* create_sql =
    "create table if not exists sqlite_outboard_replica("
    "id integer not null, folded integer not null, latest integer not null, "
    "heard integer not null);"
    "create table if not exists sqlite_outboard_tracked("
    "name text primary key not null, keys integer not null) without rowid;"
    "create table if not exists sqlite_outboard_record("
    "n integer primary key, time integer not null, replica integer not null, "
    "intent blob not null, digest blob not null, effect blob not null);"
    "create table if not exists sqlite_outboard_number("
    "n integer primary key, id integer not null unique);"
    "create table if not exists sqlite_outboard_row("
    "tab integer not null, key blob not null, state blob not null, primary key (tab, key)) "
    "without rowid;"
    "create table if not exists sqlite_outboard_claim("
    "tab integer not null, key blob not null, unik integer not null, value blob not null, "
    "added blob not null, primary key (tab, unik, value, added, key), "
    "unique (tab, key, unik)) without rowid";

}  // namespace

Result<bool> JournalTables::exist() {
  auto statement = TRY(ask("select 1 from sqlite_schema where name = 'sqlite_outboard_record'"));
  return statement->step();
}

Result<void> JournalTables::create(std::uint64_t replica) {
  TRY(writer_.as_own([&] { return create_hidden(writer_.handle(), create_sql); }));
  auto insert = TRY(ask("insert into sqlite_outboard_replica values (?, 0, 0, 0)"));
  insert->bind_integer(1, static_cast<std::int64_t>(replica));
  (void)TRY(insert->step());
  return {};
}

Result<std::uint64_t> JournalTables::replica() {
  auto statement = TRY(ask("select id from sqlite_outboard_replica"));
  if (!TRY(statement->step()))
    return fail(Code::corrupt, "the journal does not say whose it is",
                "restore the file from a copy");
  return static_cast<std::uint64_t>(statement->integer(0));
}

Result<void> JournalTables::set_replica(std::uint64_t replica) {
  auto update = TRY(ask("update sqlite_outboard_replica set id = ?"));
  update->bind_integer(1, static_cast<std::int64_t>(replica));
  (void)TRY(update->step());
  return {};
}

Result<std::vector<JournalTables::Tracked>> JournalTables::tracked() {
  std::vector<Tracked> tables;
  auto statement = TRY(ask("select name, keys from sqlite_outboard_tracked"));
  while (TRY(statement->step()))
    tables.push_back({std::string(statement->text(0)), static_cast<Keys>(statement->integer(1))});
  return tables;
}

Result<void> JournalTables::track(const Tracked& table) {
  auto statement = TRY(ask("insert into sqlite_outboard_tracked values (?, ?)"));
  bind_text(*statement, 1, table.name);
  statement->bind_integer(2, static_cast<std::int64_t>(table.keys));
  (void)TRY(statement->step());
  return {};
}

Result<void> JournalTables::untrack(std::string_view name) {
  auto statement = TRY(ask("delete from sqlite_outboard_tracked where name = ?"));
  bind_text(*statement, 1, name);
  (void)TRY(statement->step());
  return {};
}

// Of the own stamps the newest is the greatest.
Result<std::uint64_t> JournalTables::latest_time() {
  auto statement =
      TRY(ask("select max(latest, coalesce((select time from sqlite_outboard_record "
              "order by n desc limit 1), 0)) from sqlite_outboard_replica"));
  if (!TRY(statement->step())) return std::uint64_t{0};
  return static_cast<std::uint64_t>(statement->integer(0));
}

Result<void> JournalTables::saw(std::uint64_t time) {
  if (!saw_) saw_ = TRY(ask("update sqlite_outboard_replica set latest = max(latest, ?)"));
  saw_->reset();
  saw_->bind_integer(1, static_cast<std::int64_t>(time));
  (void)TRY(saw_->step());
  saw_->reset();
  return {};
}

Result<void> JournalTables::heard(std::uint64_t time) {
  if (!heard_) {
    heard_ = TRY(
        ask("update sqlite_outboard_replica set latest = max(latest, ?1), heard = max(heard, ?1)"));
  }
  heard_->reset();
  heard_->bind_integer(1, static_cast<std::int64_t>(time));
  (void)TRY(heard_->step());
  heard_->reset();
  return {};
}

Result<void> JournalTables::set_back(std::uint64_t accepted) {
  auto statement = TRY(ask("update sqlite_outboard_replica set latest = max(heard, ?)"));
  statement->bind_integer(1, static_cast<std::int64_t>(accepted));
  (void)TRY(statement->step());
  return {};
}

Result<std::uint64_t> JournalTables::seen() {
  auto statement = TRY(ask("select latest from sqlite_outboard_replica"));
  if (!TRY(statement->step())) return std::uint64_t{0};
  return static_cast<std::uint64_t>(statement->integer(0));
}

Result<std::int64_t> JournalTables::folded() {
  auto statement = TRY(ask("select folded from sqlite_outboard_replica"));
  if (!TRY(statement->step())) return std::int64_t{0};
  return statement->integer(0);
}

Result<void> JournalTables::set_folded(std::int64_t record) {
  if (!folded_) folded_ = TRY(ask("update sqlite_outboard_replica set folded = ?"));
  folded_->reset();
  folded_->bind_integer(1, record);
  (void)TRY(folded_->step());
  folded_->reset();
  return {};
}

Result<std::optional<JournalTables::Record>> JournalTables::next(std::int64_t behind) {
  auto statement = TRY(
      ask("select n, intent, effect from sqlite_outboard_record where n > ? order by n limit 1"));
  statement->bind_integer(1, behind);
  std::optional<Record> record;
  if (!TRY(statement->step())) return record;
  record.emplace(Record{.number = statement->integer(0)});
  record->intent = TRY(decode_intent(statement->blob(1)));
  record->effect = TRY(decode_effect(statement->blob(2)));
  return record;
}

Result<std::int64_t> JournalTables::append(Stamp stamp, ByteView intent, ByteView effect) {
  if (!append_) {
    append_ =
        TRY(ask("insert into sqlite_outboard_record(time, replica, intent, digest, effect) values "
                "(?, ?, ?, ?, ?)"));
  }
  auto digest = sha256(intent);
  append_->bind_integer(1, static_cast<std::int64_t>(stamp.time));
  append_->bind_integer(2, static_cast<std::int64_t>(stamp.replica));
  append_->bind_blob(3, intent);
  append_->bind_blob(4, digest);
  append_->bind_blob(5, effect);
  auto stepped = append_->step();
  append_->reset();
  if (!stepped) return stepped.error();
  return writer_.last_insert_rowid();
}

Result<void> JournalTables::take_back(std::int64_t record) {
  auto statement = TRY(ask("delete from sqlite_outboard_record where n = ?"));
  statement->bind_integer(1, record);
  (void)TRY(statement->step());
  return {};
}

Result<void> JournalTables::rewrite(std::int64_t record, Stamp stamp, ByteView intent) {
  auto statement =
      TRY(ask("update sqlite_outboard_record set time = ?, replica = ?, intent = ?, digest = ? "
              "where n = ?"));
  auto digest = sha256(intent);
  statement->bind_integer(1, static_cast<std::int64_t>(stamp.time));
  statement->bind_integer(2, static_cast<std::int64_t>(stamp.replica));
  statement->bind_blob(3, intent);
  statement->bind_blob(4, digest);
  statement->bind_integer(5, record);
  (void)TRY(statement->step());
  return {};
}

}  // namespace outboard::journal
