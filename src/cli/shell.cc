#include "cli/shell.h"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "base/limits.h"
#include "cli/interrupt.h"

namespace outboard::cli {

namespace {

constexpr const char* help =
    ".help              this list\n"
    ".tables [PATTERN]  tables and views, those LIKE the pattern\n"
    ".schema [TABLE]    the SQL that made them\n"
    ".mode MODE         how rows are shown: table, json or csv\n"
    ".timer on|off      how long each statement took\n"
    ".quit              leave; so does Ctrl-D\n"
    "\n"
    "Tab completes commands and the names of tables and columns.\n"
    "SQL ends with a semicolon and may go over several lines. Ctrl-C takes back what runs, or "
    "what\n"
    "was typed. begin opens a transaction, commit or rollback ends it.\n";

std::string_view trimmed(std::string_view text) {
  auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// The first word, small, without what follows it.
std::string first_word(std::string_view text) {
  std::string word;
  for (char c : trimmed(text)) {
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) break;
    word += static_cast<char>(c | 0x20);
  }
  return word;
}

// The statements of `sql`, each with its semicolon. What is behind the last one is left in `sql`.
std::vector<std::string> take_statements(std::string& sql) {
  std::vector<std::string> statements;
  std::size_t start = 0;
  for (auto at = sql.find(';'); at != std::string::npos; at = sql.find(';', at + 1)) {
    auto candidate = sql.substr(start, at + 1 - start);
    if (!sqlite3_complete(candidate.c_str())) continue;
    statements.push_back(std::move(candidate));
    start = at + 1;
  }
  sql.erase(0, start);
  return statements;
}

std::string_view rest_of(std::string_view text) {
  auto space = text.find_first_of(" \t");
  return space == std::string_view::npos ? std::string_view() : trimmed(text.substr(space));
}

std::string took(std::chrono::steady_clock::duration time) {
  char text[32];
  auto ms = std::chrono::duration<double, std::milli>(time).count();
  if (ms < 1'000) {
    std::snprintf(text, sizeof text, "%.1f ms", ms);
  } else {
    std::snprintf(text, sizeof text, "%.2f s", ms / 1'000);
  }
  return text;
}

}  // namespace

Shell::Shell(Database& db, Format format)
    : editor_([this](std::string_view line) { return complete(line, names()); }),
      transaction_(db),
      format_(format),
      timer_(editor_.is_interactive()) {
  if (!editor_.is_interactive()) return;
  auto& info = db.info();
  std::printf("Outboard %s, SQLite %s: %s%s. .help tells what there is.\n", info.build.c_str(),
              info.sqlite.c_str(), info.path.c_str(), info.created ? ", new" : "");
}

// Of tables, views and their columns.
std::vector<std::string> Shell::names() {
  std::vector<std::string> names;
  auto rows = transaction_.exec(
      "select name from pragma_table_list where schema = 'main' and type <> 'shadow' and name not "
      "like 'sqlite\\_%' escape '\\' union select c.name from sqlite_schema t join "
      "pragma_table_xinfo(t.name) c where t.type in ('table', 'view') limit 10000");
  if (!rows) return names;
  for (auto row : *rows) names.emplace_back(row.text(0));
  return names;
}

std::string Shell::prompt() const {
  if (!pending_.empty()) return "      ...> ";
  return transaction_.is_open() ? "outboard*> " : "outboard> ";
}

void Shell::complain(const Error& error) const {
  std::fflush(stdout);
  bool colours = ::isatty(2) && !std::getenv("NO_COLOR");
  std::fprintf(stderr, "%s%s%s: %s\n", colours ? "\033[31m" : "",
               std::string(name_of(error.code)).c_str(), colours ? "\033[0m" : "",
               error.message.c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "  %s\n", error.hint.c_str());
}

Result<void> Shell::run() {
  for (std::string line;;) {
    catch_interrupts(SecondInterrupt::is_one_more);
    std::fflush(stdout);
    auto got = editor_.read(prompt(), line);
    if (got == LineEditor::Got::interrupt) {
      pending_.clear();
      continue;
    }
    if (interrupted()) return interrupted_error();
    catch_interrupts(SecondInterrupt::is_one_more);
    bool is_end = got == LineEditor::Got::end;
    auto after = is_end ? take_rest() : take(line);
    if (!after && !editor_.is_interactive()) return after.error();
    if (!after) complain(after.error());
    if (is_end || (after && *after == After::quit)) return {};
  }
}

// What was typed last, without a semicolon.
Result<Shell::After> Shell::take_rest() {
  auto sql = std::exchange(pending_, {});
  if (!trimmed(sql).empty()) TRY(statement(sql));
  return After::quit;
}

Result<Shell::After> Shell::take(const std::string& line) {
  auto plain = trimmed(line);
  if (pending_.empty() && plain.empty()) return After::go_on;
  if (pending_.empty() && plain.starts_with('.')) {
    editor_.remember(std::string(plain));
    return command(plain);
  }
  pending_ += line;
  pending_ += '\n';
  if (pending_.size() > limits::sql_bytes_max) {
    pending_.clear();
    return fail(Code::too_large, "a script has up to 16 MiB", "outboard import reads large ones");
  }
  bool may_end = line.find(';') != std::string::npos;
  if (!may_end || !sqlite3_complete(pending_.c_str())) return After::go_on;
  auto sql = std::exchange(pending_, {});
  std::string entry(trimmed(sql));
  if (entry.find("--") == std::string::npos) std::ranges::replace(entry, '\n', ' ');
  editor_.remember(entry);
  for (auto& each : take_statements(sql)) TRY(statement(each));
  return After::go_on;
}

Result<Rows> Shell::exec(const std::string& sql) {
  // The transaction is the client's business: what opens and ends it goes its own way.
  auto word = first_word(sql);
  auto done = [](Result<void> result) -> Result<Rows> {
    if (!result) return result.error();
    return Rows();
  };
  if (word == "begin") return done(transaction_.begin());
  if ((word == "commit" || word == "end")) return done(transaction_.commit());
  bool to_savepoint = sql.find(" to") != std::string::npos || sql.find(" TO") != std::string::npos;
  if (word == "rollback" && !to_savepoint) return done(transaction_.rollback());
  return transaction_.exec(sql);
}

Result<void> Shell::statement(const std::string& sql) {
  auto start = std::chrono::steady_clock::now();
  auto rows = exec(sql);
  auto time = std::chrono::steady_clock::now() - start;
  if (!rows) return rows.error();
  TRY(print(*rows, format_));
  if (!timer_) return {};
  std::string count = rows->columns().empty() ? ""
                      : rows->size() == 1     ? "1 row, "
                                              : std::to_string(rows->size()) + " rows, ";
  std::fflush(stdout);
  std::fprintf(stderr, "%s%s\n", count.c_str(), took(time).c_str());
  return {};
}

Result<Shell::After> Shell::command(std::string_view line) {
  auto name = line.substr(0, line.find_first_of(" \t"));
  auto argument = rest_of(line);
  if (name == ".quit" || name == ".exit" || name == ".q") return After::quit;
  if (name == ".help") {
    TRY(write(stdout, help));
  } else if (name == ".tables") {
    TRY(list_tables(argument));
  } else if (name == ".schema") {
    TRY(show_schema(argument));
  } else if (name == ".mode") {
    TRY(set_format(argument));
  } else if (name == ".timer") {
    TRY(set_timer(argument));
  } else {
    return fail(Code::bad_request, "there is no command " + std::string(name),
                ".help tells what there is");
  }
  return After::go_on;
}

Result<void> Shell::list_tables(std::string_view pattern) {
  auto like = pattern.empty() ? std::string("%") : std::string(pattern);
  auto literal = to_sql_literal(Value(like));
  auto rows = TRY(transaction_.exec(
      "select name from pragma_table_list where schema = 'main' and type <> 'shadow' and name not "
      "like 'sqlite\\_%' escape '\\' and name like " +
      literal + " order by name"));
  for (auto row : rows) TRY(write(stdout, std::string(row.text(0)) + "\n"));
  return {};
}

Result<void> Shell::show_schema(std::string_view table) {
  auto literal = to_sql_literal(Value(table));
  auto rows = TRY(transaction_.exec(
      "select sql from sqlite_schema where sql is not null and name not like 'sqlite\\_%' escape "
      "'\\'" +
      (table.empty() ? "" : " and tbl_name like " + literal) + " order by tbl_name, rowid"));
  for (auto row : rows) TRY(write(stdout, std::string(row.text(0)) + ";\n"));
  if (rows.empty() && !table.empty())
    return fail(Code::not_found, "there is no table " + std::string(table), ".tables lists them");
  return {};
}

Result<void> Shell::set_format(std::string_view name) {
  auto format = format_of(name);
  if (!format)
    return fail(Code::bad_request, "there is no mode \"" + std::string(name) + "\"",
                "table, json and csv are the modes");
  format_ = *format;
  return {};
}

Result<void> Shell::set_timer(std::string_view word) {
  if (word != "on" && word != "off")
    return fail(Code::bad_request, ".timer is on or off", "for one: .timer on");
  timer_ = word == "on";
  return {};
}

}  // namespace outboard::cli
