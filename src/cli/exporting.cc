#include "cli/exporting.h"

#include <functional>

#include "base/bytes.h"
#include "base/utf8.h"
#include "cli/csv.h"
#include "cli/database_file.h"
#include "cli/interrupt.h"

namespace outboard::cli {

namespace {

using TakeRows = std::function<void(std::string& out, const Rows& rows)>;

// Streams a query into a file, some rows at a time, as `take` writes them. At least once, for the
// columns.
Result<void> each_piece(Database& db, const std::string& sql, const TakeRows& take, std::FILE* to,
                        const std::function<void(std::uint64_t rows)>& progress) {
  auto stream = TRY(db.stream(sql).get());
  std::uint64_t done = 0;
  for (;;) {
    auto rows = TRY(stream.next().get());
    if (interrupted()) return interrupted_error();
    if (!rows) return {};
    std::string out;
    take(out, *rows);
    TRY(write(to, out));
    progress(done += rows->size());
  }
}

// A text that cannot stand in a script goes as its bytes.
std::string literal_of(const Value& value) {
  bool is_plain = value.kind() != Kind::text ||
                  (is_utf8(value.text()) && value.text().find('\0') == std::string_view::npos);
  if (is_plain) return to_sql_literal(value);
  auto text = value.text();
  ByteView bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  return "cast(x'" + to_hex(bytes) + "' as text)";
}

Result<void> refuse_virtual_tables(Database& db) {
  auto rows =
      TRY(await(db.exec("select name from pragma_table_list where type = 'virtual' and "
                        "schema = 'main' limit 1")));
  if (rows.empty()) return {};
  return fail(Code::bad_request,
              std::string(rows.front().text(0)) + " is a virtual table, which SQL cannot carry",
              "export the database as a file (.db), or single tables as CSV");
}

// `"a", "b"`: those that can be inserted into.
Result<std::string> columns_of(Database& db, const std::string& table) {
  auto rows = TRY(await(
      db.exec({"select name from pragma_table_xinfo(?) where hidden = 0 order by cid", {table}})));
  std::string list;
  for (auto row : rows) list += (list.empty() ? "" : ", ") + quoted_name(row.text(0));
  return list;
}

Result<void> export_settings(Database& db, std::FILE* to) {
  for (std::string pragma : {"user_version", "application_id"}) {
    auto rows = TRY(await(db.exec("pragma " + pragma)));
    if (auto value = rows.front().integer(0); value != 0)
      TRY(write(to, "pragma " + pragma + " = " + std::to_string(value) + ";\n"));
  }
  return {};
}

}  // namespace

std::uint64_t count_rows(Database& db, const std::string& table) {
  auto rows = await(db.exec("select count(*) from " + quoted_name(table)));
  return rows && !rows->empty() ? static_cast<std::uint64_t>(rows->front().integer(0)) : 0;
}

Result<std::string> only_table(Database& db) {
  auto rows = TRY(await(db.exec(
      "select name from pragma_table_list where schema = 'main' and type in ('table', 'virtual') "
      "and name not like 'sqlite\\_%' escape '\\' order by name")));
  if (rows.size() == 1) return std::string(rows.front().text(0));
  if (rows.empty()) return fail(Code::not_found, "there is no table in it", "");
  std::string names;
  for (auto row : rows) names += (names.empty() ? "" : ", ") + std::string(row.text(0));
  return fail(Code::bad_request, "which table? There are " + names, "say it: --table NAME");
}

Result<void> export_rows(Database& db, const std::string& sql, Format format, std::uint64_t total,
                         std::FILE* to, Progress& progress) {
  bool has_header = format != Format::csv;
  auto take = [&](std::string& out, const Rows& rows) {
    if (!std::exchange(has_header, true)) append_csv_header(out, rows.columns());
    for (auto row : rows) {
      if (format == Format::csv) {
        append_csv_row(out, row, rows.columns().size());
      } else {
        append_json_row(out, rows, row);
      }
    }
  };
  return each_piece(db, sql, take, to, [&](std::uint64_t done) { progress.show(done, total); });
}

Result<void> export_sql(Database& db, std::FILE* to, Progress& progress) {
  TRY(refuse_virtual_tables(db));
  auto objects = TRY(await(
      db.exec("select type, name, sql from sqlite_schema where sql is not null and name not like "
              "'sqlite\\_%' escape '\\' order by type <> 'table', type = 'view', type = 'trigger', "
              "rowid")));
  std::uint64_t total = 0, before = 0;
  for (auto object : objects)
    if (object.text(0) == "table") total += count_rows(db, std::string(object.text(1)));

  TRY(write(to, "pragma foreign_keys = off;\nbegin;\npragma defer_foreign_keys = on;\n"));
  TRY(export_settings(db, to));
  for (auto object : objects) {
    TRY(write(to, std::string(object.text(2)) + ";\n"));
    if (object.text(0) != "table") continue;
    std::string table(object.text(1));
    auto columns = TRY(columns_of(db, table));
    auto start = "insert into " + quoted_name(table) + "(" + columns + ") values(";
    auto take = [&](std::string& out, const Rows& rows) {
      for (auto row : rows) {
        out += start;
        for (std::size_t i = 0; i < rows.columns().size(); ++i)
          out += (i > 0 ? "," : "") + literal_of(row.value(i));
        out += ");\n";
      }
    };
    TRY(each_piece(db, "select " + columns + " from " + quoted_name(table), take, to,
                   [&](std::uint64_t done) { progress.show(before + done, total); }));
    before += count_rows(db, table);
  }
  auto sequences =
      TRY(await(db.exec("select 1 from sqlite_schema where name = 'sqlite_sequence'")));
  if (!sequences.empty()) {
    TRY(write(to, "delete from sqlite_sequence;\n"));
    auto rows = TRY(await(db.exec("select name, seq from sqlite_sequence")));
    for (auto row : rows)
      TRY(write(to, "insert into sqlite_sequence values(" + to_sql_literal(row.value(0)) + "," +
                        to_sql_literal(row.value(1)) + ");\n"));
  }
  return write(to, "commit;\n");
}

}  // namespace outboard::cli
