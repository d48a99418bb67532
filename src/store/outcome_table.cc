#include "store/outcome_table.h"

#include "store/errors.h"
#include "store/hidden_table.h"

namespace outboard {

namespace {

constexpr const char* create_sql =
    "create table if not exists sqlite_outboard(client blob not null, n integer not null, "
    "at_ms integer not null, state integer not null, answer blob, primary key(client, n)) "
    "without rowid";
constexpr const char* put_sql = "insert or replace into sqlite_outboard values (?, ?, ?, ?, ?)";

void bind(sqlite3_stmt* statement, const OutcomeTable::Entry& entry) {
  sqlite3_bind_blob(statement, 1, entry.client.data(), int(entry.client.size()), SQLITE_STATIC);
  sqlite3_bind_int64(statement, 2, static_cast<std::int64_t>(entry.n));
  sqlite3_bind_int64(statement, 3, entry.at_ms);
  sqlite3_bind_int64(statement, 4, static_cast<std::int64_t>(entry.state));
  sqlite3_bind_blob64(statement, 5, entry.answer.data(), entry.answer.size(), SQLITE_STATIC);
}

OutcomeTable::Entry entry_of(const Statement& row) {
  OutcomeTable::Entry entry;
  auto client = row.blob(0);
  std::copy_n(client.begin(), std::min(client.size(), entry.client.size()), entry.client.begin());
  entry.n = static_cast<std::uint64_t>(row.integer(1));
  entry.at_ms = row.integer(2);
  entry.state = static_cast<OutcomeTable::State>(row.integer(3));
  auto answer = row.blob(4);
  entry.answer.assign(answer.begin(), answer.end());
  return entry;
}

// What is bound points into the caller's: it goes when the statement has been stepped.
class Used {
 public:
  explicit Used(Statement& statement) : statement_(statement) {}
  ~Used() { statement_.reset(); }
  Used(const Used&) = delete;
  Used& operator=(const Used&) = delete;

 private:
  Statement& statement_;
};

}  // namespace

Result<Statement*> OutcomeTable::use(StatementLease& kept, const char* sql) {
  if (!kept) kept = TRY(writer_.prepare_own(sql));
  return &*kept;
}

// Asked each time, but for put(): a table that is made in a transaction goes with it.
Result<bool> OutcomeTable::exists() {
  auto* statement = TRY(use(exists_, "select 1 from sqlite_schema where name = 'sqlite_outboard'"));
  Used used(*statement);
  return TRY(statement->step());
}

Result<void> OutcomeTable::put(const Entry& entry) {
  Interrupt::Pause pause(writer_.interrupt());
  auto done = try_put(entry);
  if (done || done.error().code != Code::bad_request) return done;  // there is such a table
  TRY(writer_.as_own([&] { return create_hidden(writer_.handle(), create_sql); }));
  return try_put(entry);
}

Result<void> OutcomeTable::try_put(const Entry& entry) {
  auto* statement = TRY(use(put_, put_sql));
  Used used(*statement);
  bind(statement->handle(), entry);
  (void)TRY(statement->step());
  return {};
}

Result<void> OutcomeTable::run(StatementLease& kept, const char* sql, const Uuid& client,
                               std::uint64_t n) {
  Interrupt::Pause pause(writer_.interrupt());
  if (!TRY(exists())) return {};
  auto* statement = TRY(use(kept, sql));
  Used used(*statement);
  statement->bind_blob(1, client);
  statement->bind_integer(2, static_cast<std::int64_t>(n));
  (void)TRY(statement->step());
  return {};
}

Result<void> OutcomeTable::erase(const Uuid& client, std::uint64_t n) {
  return run(erase_, "delete from sqlite_outboard where client = ? and n = ?", client, n);
}

Result<void> OutcomeTable::erase_up_to(const Uuid& client, std::uint64_t n) {
  return run(erase_up_to_, "delete from sqlite_outboard where client = ? and n <= ?", client, n);
}

Result<std::optional<OutcomeTable::Entry>> OutcomeTable::find(const Uuid& client, std::uint64_t n) {
  Interrupt::Pause pause(writer_.interrupt());
  if (!TRY(exists())) return std::optional<Entry>();
  auto* statement = TRY(use(find_,
                            "select client, n, at_ms, state, answer from sqlite_outboard "
                            "where client = ? and n = ?"));
  Used used(*statement);
  statement->bind_blob(1, client);
  statement->bind_integer(2, static_cast<std::int64_t>(n));
  if (!TRY(statement->step())) return std::optional<Entry>();
  return std::optional<Entry>(entry_of(*statement));
}

Result<std::uint64_t> OutcomeTable::newest(const Uuid& client) {
  Interrupt::Pause pause(writer_.interrupt());
  if (!TRY(exists())) return std::uint64_t{0};
  auto* statement = TRY(use(newest_, "select max(n) from sqlite_outboard where client = ?"));
  Used used(*statement);
  statement->bind_blob(1, client);
  (void)TRY(statement->step());
  return static_cast<std::uint64_t>(statement->integer(0));
}

Result<void> OutcomeTable::keep_clients(std::uint64_t clients) {
  Interrupt::Pause pause(writer_.interrupt());
  if (!TRY(exists())) return {};
  auto* statement =
      TRY(use(keep_clients_,
              "delete from sqlite_outboard where client in (select client from sqlite_outboard "
              "group by client order by max(at_ms) desc limit -1 offset ?)"));
  Used used(*statement);
  statement->bind_integer(1, static_cast<std::int64_t>(clients));
  (void)TRY(statement->step());
  return {};
}

Result<void> OutcomeTable::copy_to(sqlite3* other, const std::optional<Entry>& note) {
  auto run_there = [&](const char* sql) -> Result<void> {
    int code = sqlite3_exec(other, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return sqlite_error(other, code);
    return {};
  };
  sqlite3_stmt* insert = nullptr;
  auto add = [&](const Entry& entry) -> Result<void> {
    if (!insert) {
      TRY(create_hidden(other, create_sql));
      int code = sqlite3_prepare_v2(other, put_sql, -1, &insert, nullptr);
      if (code != SQLITE_OK) return sqlite_error(other, code);
    }
    bind(insert, entry);
    int code = sqlite3_step(insert);
    sqlite3_reset(insert);
    if (code != SQLITE_DONE) return sqlite_error(other, code);
    return {};
  };
  auto copy = [&]() -> Result<void> {
    // Where there is none, that is as well.
    (void)run_there("delete from sqlite_outboard");
    if (note) TRY(add(*note));
    if (!TRY(exists())) return {};
    auto all =
        TRY(writer_.prepare_own("select client, n, at_ms, state, answer from sqlite_outboard"));
    while (TRY(all->step())) TRY(add(entry_of(*all)));
    return {};
  };
  TRY(run_there("begin"));
  auto copied = copy();
  sqlite3_finalize(insert);
  if (!copied) return copied;
  return run_there("commit");
}

}  // namespace outboard
