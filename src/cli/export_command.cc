// outboard export: a copy of a database, or what is in it as CSV, JSON lines or SQL.

#include <chrono>
#include <filesystem>
#include <future>
#include <string>

#include <CLI/App.hpp>

#include "capi/json_form.h"
#include "cli/command.h"
#include "cli/database_file.h"
#include "cli/exporting.h"
#include "cli/file_format.h"
#include "cli/interrupt.h"
#include "cli/output.h"

namespace outboard::cli {

namespace {

struct ExportArguments {
  std::string file;
  std::string out;
  std::string format;
  std::string table;
  std::string query;
  bool json = false;
};

Result<void> export_copy(Database& db, const std::string& out, Progress& progress) {
  auto size =
      TRY(await(db.exec("select page_count * page_size from pragma_page_count, pragma_page_size")));
  auto total = static_cast<std::uint64_t>(size.front().integer(0));
  auto copied = std::async(std::launch::async, [&] { return db.export_to(out); });
  while (copied.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready)
    progress.show(bytes_of(out + ".part"), total);
  return copied.get();
}

Result<void> export_as_told(const ExportArguments& arguments) {
  auto format = TRY(file_format(arguments.out, arguments.format));
  bool has_query = !arguments.query.empty(), has_table = !arguments.table.empty();
  bool is_rows = format == FileFormat::csv || format == FileFormat::json;
  if (!is_rows && (has_query || has_table))
    return fail(Code::bad_request, "a table or a query alone goes to CSV or JSON", "");
  std::error_code ignored;
  if (std::filesystem::equivalent(arguments.file, arguments.out, ignored))
    return fail(Code::bad_request, "the output is the database itself", "name another file");

  // Ctrl-C ends the copying of a file at once: what is there of it is not at its place yet.
  if (format != FileFormat::database) catch_interrupts(SecondInterrupt::ends_the_program);
  auto db = TRY(open_file(arguments.file, IfMissing::refuse));
  Progress progress(arguments.out);
  if (format == FileFormat::database) {
    if (arguments.out == "-")
      return fail(Code::bad_request, "a database is not written to standard output",
                  "name a file, or a text format");
    return export_copy(db, arguments.out, progress);
  }
  auto out = TRY(NewFile::create(arguments.out));
  if (format == FileFormat::sql) {
    TRY(export_sql(db, out.stream(), progress));
    return out.finish();
  }
  std::uint64_t total = 0;
  auto sql = arguments.query;
  if (!has_query) {
    auto table = has_table ? arguments.table : TRY(only_table(db));
    total = count_rows(db, table);
    sql = "select * from " + quoted_name(table);
  }
  auto rows_format = format == FileFormat::csv ? Format::csv : Format::json;
  TRY(export_rows(db, sql, rows_format, total, out.stream(), progress));
  return out.finish();
}

Result<void> run(const ExportArguments& arguments) {
  TRY(export_as_told(arguments));
  if (!arguments.json || arguments.out == "-") return {};
  std::string line = "{\"out\":";
  json_form::append_text(line, arguments.out);
  return write(stdout, line + ",\"bytes\":" + std::to_string(bytes_of(arguments.out)) + "}\n");
}

}  // namespace

Command add_export_command(CLI::App& outboard) {
  auto* parser = outboard.add_subcommand("export", "Write a copy, or rows as CSV, JSON or SQL");
  auto arguments = std::make_shared<ExportArguments>();
  parser->add_option("FILE", arguments->file, "The database")->required();
  parser
      ->add_option("OUT", arguments->out,
                   "What to write: .db is a copy, .csv and .json hold rows, .sql holds everything "
                   "as a script; - is standard output")
      ->required();
  parser->add_option("--format", arguments->format, "db, csv, json or sql, whatever OUT is called")
      ->type_name("F");
  auto* table =
      parser->add_option("--table", arguments->table, "The table to write")->type_name("T");
  parser->add_option("--query", arguments->query, "A SELECT whose rows to write")
      ->type_name("SQL")
      ->excludes(table);
  parser->add_flag("--json", arguments->json, "Say what was written as JSON");
  parser->footer(
      "A file that is there already is replaced in one step, when the new one is whole.\n\n"
      "Example: a copy of everything, while nothing else holds the file\n"
      "  outboard export notes.db copy.db\n"
      "Example: one table for a spreadsheet; a query for another program\n"
      "  outboard export notes.db notes.csv --table note\n"
      "  outboard export notes.db - --format json --query 'select title from note' | jq .title");
  return {parser, [arguments] { return run(*arguments); }};
}

}  // namespace outboard::cli
