#include "journal/table_rows.h"

#include <algorithm>

#include "journal/cells.h"
#include "journal/merge/value_form.h"

namespace outboard::journal {

namespace {

// Its parameters are the key's values.
std::string where_key(const TrackedTable& table) {
  std::string where;
  for (std::size_t place : table.key)
    where += (where.empty() ? " where " : " and ") + quoted(table.columns[place].name) +
             " = ? collate binary";
  return where;
}

std::string of(const TrackedTable& table) { return "main." + quoted(table.name); }

std::string insert_sql(const TrackedTable& table) {
  std::string names, values;
  for (const auto& column : table.columns) {
    names += (names.empty() ? "(" : ", ") + quoted(column.name);
    values += values.empty() ? "(?" : ", ?";
  }
  return "insert or abort into " + of(table) + names + ") values " + values + ")";
}

std::string update_sql(const TrackedTable& table) {
  std::string assignments;
  for (std::size_t place : table.others)
    assignments += (assignments.empty() ? "" : ", ") + quoted(table.columns[place].name) + " = ?";
  return "update or abort " + of(table) + " set " + assignments + where_key(table);
}

constexpr const char* collation_names[] = {"binary", "nocase", "rtrim"};

std::string find_sql(const TrackedTable& table, const UniqueIndex& index) {
  std::string names, where;
  for (const auto& column : table.columns)
    names += (names.empty() ? "" : ", ") + quoted(column.name);
  for (const auto& term : index.terms)
    where += (where.empty() ? "(" : " and (") + term.sql + ") collate " +
             collation_names[static_cast<std::size_t>(term.collation)] + " = ?";
  if (!index.condition.empty()) where += " and (" + index.condition + ")";
  return "select " + names + " from " + of(table) + " where " + where;
}

TableRows::Row row_in(const TrackedTable& table, const Statement& statement) {
  TableRows::Row row;
  row.reserve(table.columns.size());
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    row.push_back(value_of(statement, static_cast<int>(i)));
  return row;
}

}  // namespace

TableRows::Quiet::Quiet(Connection& writer, Capture& capture) : writer_(writer), capture_(capture) {
  capture_.deafen();
  auto* db = writer_.handle();
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, -1, &triggers_);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, -1, &foreign_keys_);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, 0, nullptr);
}

TableRows::Quiet::~Quiet() {
  auto* db = writer_.handle();
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, triggers_, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, foreign_keys_, nullptr);
  capture_.listen_again();
}

bool TableRows::bind_key(Statement& to, int parameter, const TrackedTable& table,
                         const Bytes& key) {
  auto row = table.row_of(key);
  if (!row) return false;
  for (std::size_t place : table.key) bind(to, parameter++, (*row)[place]);
  return true;
}

Result<std::optional<TableRows::Row>> TableRows::read(const TrackedTable& table, const Bytes& key) {
  auto* read = TRY(ask(statements_[table.id].read, [&] { return table.read_sql; }));
  std::optional<Row> row;
  if (!bind_key(*read, 1, table, key)) return row;
  if (TRY(read->step())) row = row_in(table, *read);
  read->reset();
  return row;
}

Result<void> TableRows::insert(const TrackedTable& table, const Row& row) {
  auto* insert = TRY(ask(statements_[table.id].insert, [&] { return insert_sql(table); }));
  int parameter = 0;
  for (const auto& value : row) bind(*insert, ++parameter, value);
  (void)TRY(insert->step());
  insert->reset();
  return {};
}

Result<void> TableRows::update(const TrackedTable& table, const Row& row) {
  if (table.others.empty()) return {};
  auto* update = TRY(ask(statements_[table.id].update, [&] { return update_sql(table); }));
  int parameter = 0;
  for (std::size_t place : table.others) bind(*update, ++parameter, row[place]);
  for (std::size_t place : table.key) bind(*update, ++parameter, row[place]);
  (void)TRY(update->step());
  update->reset();
  return {};
}

Result<void> TableRows::erase(const TrackedTable& table, const Bytes& key) {
  auto* erase = TRY(ask(statements_[table.id].erase,
                        [&] { return "delete from " + of(table) + where_key(table); }));
  if (!bind_key(*erase, 1, table, key)) return {};
  (void)TRY(erase->step());
  erase->reset();
  return {};
}

Result<std::optional<Bytes>> TableRows::find(const TrackedTable& table, const UniqueKey& key) {
  auto index = std::ranges::find(table.uniques, key.index, &UniqueIndex::id);
  if (index == table.uniques.end()) return std::optional<Bytes>();
  auto* find =
      TRY(ask(statements_[table.id].find[key.index], [&] { return find_sql(table, *index); }));
  cbor::Reader in(key.key);
  for (std::size_t i = 0; i < index->terms.size(); ++i)
    bind(*find, static_cast<int>(i) + 1, read_value(in));
  std::optional<Bytes> found;
  if (TRY(find->step())) found = table.key_of(row_in(table, *find));
  find->reset();
  return found;
}

}  // namespace outboard::journal
