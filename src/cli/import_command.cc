// outboard import: fills a database from another one, or from CSV, JSON lines or SQL.

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <future>
#include <string>

#include <CLI/App.hpp>

#include "cli/command.h"
#include "cli/database_file.h"
#include "cli/file_format.h"
#include "cli/importing.h"
#include "cli/interrupt.h"
#include "cli/output.h"

namespace outboard::cli {

namespace {

struct ImportArguments {
  std::string file;
  std::string in;
  std::string format;
  std::string table;
  bool replace = false;
  bool json = false;
};

Result<void> import_copy(Database& db, const ImportArguments& arguments) {
  if (!db.info().created && !arguments.replace)
    return fail(Code::bad_request,
                arguments.file + " holds data, and a copy would replace all of it",
                "say so: --replace; or import into a new file");
  // It goes through the log, which grows as it is copied.
  Progress progress(arguments.in);
  auto total = bytes_of(arguments.in);
  auto copied = std::async(std::launch::async, [&] { return db.import_from(arguments.in); });
  while (copied.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready)
    progress.show(bytes_of(db.info().path + "-wal"), total);
  return copied.get();
}

// A file that was made for an import that failed.
void discard_if_new(Database& db) {
  if (!db.info().created) return;
  (void)db.close();
  std::error_code ignored;
  std::filesystem::remove(db.info().path, ignored);
}

Result<std::int64_t> import_text(Transaction& transaction, const ImportArguments& arguments,
                                 FileFormat format, ImportSource source) {
  Progress progress(arguments.in);
  if (format == FileFormat::sql) return import_sql(transaction, source, progress);
  auto table = arguments.table;
  if (table.empty()) table = std::filesystem::path(arguments.in).stem().string();
  if (format == FileFormat::csv) return import_csv(transaction, table, source, progress);
  return import_json(transaction, table, source, progress);
}

Result<void> run(const ImportArguments& arguments) {
  auto format = TRY(file_format(arguments.in, arguments.format));
  bool is_rows = format == FileFormat::csv || format == FileFormat::json;
  if (!is_rows && !arguments.table.empty())
    return fail(Code::bad_request, "--table is for CSV and JSON", "");
  if (is_rows && arguments.table.empty() && arguments.in == "-")
    return fail(Code::bad_request, "into which table?", "say it: --table NAME");
  if (format == FileFormat::database && arguments.in == "-")
    return fail(Code::bad_request, "a database is not read from standard input", "name a file");
  auto in = TRY(open_to_read(arguments.in));  // before a database is made for it

  if (format != FileFormat::database) catch_interrupts(SecondInterrupt::ends_the_program);
  auto db = TRY(open_file(arguments.file, IfMissing::create));
  if (format == FileFormat::database) {
    auto copied = import_copy(db, arguments);
    if (!copied) discard_if_new(db);
    return copied;
  }

  std::int64_t count = 0;
  auto done = db.transaction([&](Transaction& transaction) -> Result<void> {
    count = TRY(import_text(transaction, arguments, format,
                            {.in = in.get(), .bytes = bytes_of(arguments.in)}));
    return {};
  });
  if (!done) {
    discard_if_new(db);
    return done;
  }
  std::string what = format == FileFormat::sql ? "statement" : "row";
  if (arguments.json) return write(stdout, "{\"" + what + "s\":" + std::to_string(count) + "}\n");
  return write(stdout, std::to_string(count) + " " + what + (count == 1 ? "" : "s") + "\n");
}

}  // namespace

Command add_import_command(CLI::App& outboard) {
  auto* parser = outboard.add_subcommand("import", "Read a copy, or rows from CSV, JSON or SQL");
  auto arguments = std::make_shared<ImportArguments>();
  parser->add_option("FILE", arguments->file, "The database; it is made if it is not there")
      ->required();
  parser
      ->add_option(
          "IN", arguments->in,
          "What to read: .db replaces everything, .csv and .json are rows of a table, .sql "
          "is a script; - is standard input")
      ->required();
  parser->add_option("--format", arguments->format, "db, csv, json or sql, whatever IN is called")
      ->type_name("F");
  parser
      ->add_option(
          "--table", arguments->table,
          "The table to add rows to; it is made if it is not there (default: the name of IN)")
      ->type_name("T");
  parser->add_flag("--replace", arguments->replace, "Let a copy replace what is there");
  parser->add_flag("--json", arguments->json, "Say how many as JSON");
  parser->footer(
      "All of it in one transaction: at the first fault, and at Ctrl-C, nothing is kept.\n\n"
      "Example: a spreadsheet into the table `note`\n"
      "  outboard import notes.db note.csv\n"
      "Example: what another SQLite program wrote\n"
      "  sqlite3 old.db .dump | outboard import new.db - --format sql");
  return {parser, [arguments] { return run(*arguments); }};
}

}  // namespace outboard::cli
