#include "journal/table_twins.h"

#include <algorithm>

#include "journal/cells.h"
#include "journal/merge/value_form.h"
#include "store/errors.h"

namespace outboard::journal {

namespace {

// What a constraint refuses, or a type; a value that is too large for this build as well.
bool refuses_the_row(int code) {
  int primary = code & 0xff;
  return primary == SQLITE_CONSTRAINT || primary == SQLITE_MISMATCH || primary == SQLITE_TOOBIG ||
         primary == SQLITE_ERROR;
}

std::string keys_sql(const TrackedTable& table, const UniqueIndex& index) {
  std::string terms;
  for (const auto& term : index.terms) terms += (terms.empty() ? "(" : ", (") + term.sql + ")";
  std::string sql = "select " + terms + " from main." + quoted(table.name);
  return index.condition.empty() ? sql : sql + " where (" + index.condition + ")";
}

}  // namespace

void TableTwins::clear() {
  twins_.clear();
  database_.reset();
}

Result<TableTwins::Twin*> TableTwins::twin_of(const TrackedTable& table) {
  auto [at, is_new] = twins_.try_emplace(table.id);
  auto& twin = at->second;
  if (!is_new && twin.insert) return &twin;
  if (!database_) {
    database_ = TRY(Connection::open(":memory:", sqlite3_vfs_find(nullptr)->zName,
                                     Connection::Role::writer, shared_));
    TRY(database_->run("pragma foreign_keys = off"));
    TRY(database_->run("begin"));
  }
  TRY(database_->run(table.create_sql));
  auto name = quoted(table.name);
  std::string names, values;
  for (const auto& column : table.columns) {
    names += (names.empty() ? "" : ", ") + quoted(column.name);
    values += values.empty() ? "?" : ", ?";
  }
  twin.read = TRY(database_->prepare_own("select " + names + " from main." + name));
  twin.remove = TRY(database_->prepare_own("delete from main." + name));
  for (const auto& index : table.uniques)
    twin.keys.push_back(TRY(database_->prepare_own(keys_sql(table, index))));
  twin.insert = TRY(database_->prepare_own("insert or abort into main." + name + "(" + names +
                                           ") values (" + values + ")"));
  return &twin;
}

Result<std::optional<TableTwins::Fitted>> TableTwins::fit(const TrackedTable& table,
                                                          const TrackedTable::Row& row) {
  auto* twin = TRY(twin_of(table));
  int parameter = 0;
  for (const auto& value : row) bind(*twin->insert, ++parameter, value);
  auto inserted = twin->insert->step();
  int code = inserted ? SQLITE_OK : sqlite3_errcode(database_->handle());
  twin->insert->reset();
  if (!inserted && !refuses_the_row(code)) return inserted.error();
  if (!inserted) return std::optional<Fitted>();
  auto fitted = look(table, *twin);
  (void)TRY(twin->remove->step());
  twin->remove->reset();
  if (!fitted) return fitted.error();
  return std::optional(std::move(*fitted));
}

Result<TableTwins::Fitted> TableTwins::look(const TrackedTable& table, Twin& twin) {
  Fitted fitted;
  if (TRY(twin.read->step())) {
    for (std::size_t i = 0; i < table.columns.size(); ++i)
      fitted.stored.push_back(value_of(*twin.read, static_cast<int>(i)));
  }
  twin.read->reset();
  for (std::size_t i = 0; i < twin.keys.size(); ++i) {
    const auto& index = table.uniques[i];
    UniqueKey key{.table = table.id, .index = index.id};
    bool is_in = TRY(twin.keys[i]->step());
    cbor::Writer out(key.key);
    for (std::size_t term = 0; is_in && term < index.terms.size(); ++term) {
      auto value = value_of(*twin.keys[i], static_cast<int>(term));
      is_in = !value.is_null();
      write_value(out, canonical(value, index.terms[term].collation));
    }
    if (is_in) fitted.keys.push_back(std::move(key));
    twin.keys[i]->reset();
  }
  std::ranges::sort(fitted.keys);
  return fitted;
}

}  // namespace outboard::journal
