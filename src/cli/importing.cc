#include "cli/importing.h"

#include <sqlite3.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "capi/json_form.h"
#include "cli/csv.h"
#include "cli/database_file.h"
#include "cli/file_format.h"
#include "cli/interrupt.h"

namespace outboard::cli {

namespace {

using NextRow = std::function<Result<bool>(std::vector<Value>&)>;

Error at_line(std::size_t line, std::string what, std::string hint = {}) {
  if (hint.empty()) hint = "mend that line; nothing was imported";
  return fail(Code::bad_request, "line " + std::to_string(line) + ": " + std::move(what),
              std::move(hint));
}

std::string list_of(const std::vector<std::string>& names) {
  std::string list;
  for (auto& name : names) list += (list.empty() ? "" : ", ") + quoted_name(name);
  return list;
}

// Makes the table if it is not there; else its columns have to be among its own.
Result<void> prepare_table(Transaction& transaction, const std::string& table,
                           const std::vector<std::string>& names) {
  auto columns = TRY(await(transaction.exec({"select name from pragma_table_xinfo(?)", {table}})));
  if (columns.empty()) {
    TRY(await(transaction.exec("create table " + quoted_name(table) + "(" + list_of(names) + ")")));
    return {};
  }
  for (auto& name : names) {
    bool known = std::any_of(columns.begin(), columns.end(), [&](const Row& row) {
      return sqlite3_stricmp(std::string(row.text(0)).c_str(), name.c_str()) == 0;
    });
    if (!known)
      return fail(Code::bad_request, "the table " + table + " has no column " + name,
                  "rename it in the file, or add it: alter table " + quoted_name(table) +
                      " add column " + quoted_name(name));
  }
  return {};
}

Result<std::int64_t> insert_rows(Transaction& transaction, const std::string& table,
                                 const std::vector<std::string>& names, const NextRow& next) {
  TRY(prepare_table(transaction, table, names));
  std::string marks;
  for (std::size_t i = 0; i < names.size(); ++i) marks += i == 0 ? "?" : ",?";
  auto sql = "insert into " + quoted_name(table) + "(" + list_of(names) + ") values(" + marks + ")";

  std::optional<Error> wrong;
  std::vector<Value> row;
  bool pending = false;
  auto fetch = [&] {
    auto more = next(row);
    if (!more) wrong = more.error();
    if (interrupted()) wrong = interrupted_error();
    return pending = !wrong && *more;
  };
  if (!fetch()) {
    if (wrong) return *wrong;
    return 0;
  }
  auto inserted = await(transaction.many(sql, [&](Sets& sets) {
    sets.add(row);
    return fetch();
  }));
  if (wrong) return *wrong;
  if (!inserted && interrupted()) return interrupted_error();
  if (!inserted) return inserted.error();
  return inserted->changes();
}

// ---- JSON lines ----

Result<Value> value_of(const nlohmann::ordered_json& item, std::size_t line) {
  using Type = nlohmann::ordered_json::value_t;
  switch (item.type()) {
    case Type::null: return Value();
    case Type::boolean: return Value(item.get<bool>() ? 1 : 0);
    case Type::number_integer: return Value(item.get<std::int64_t>());
    case Type::number_unsigned: {
      auto number = item.get<std::uint64_t>();
      if (number > INT64_MAX) return at_line(line, "an integer has more than 64 bits");
      return Value(static_cast<std::int64_t>(number));
    }
    case Type::number_float: return Value(item.get<double>());
    case Type::string: return Value(item.get_ref<const std::string&>());
    default: break;
  }
  if (item.is_object() && item.size() == 1 && item.begin().value().is_string()) {
    auto& content = item.begin().value().get_ref<const std::string&>();
    if (item.begin().key() == "hex")
      if (auto bytes = json_form::bytes_of_hex(content)) return Value(*std::move(bytes));
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (item.begin().key() == "real" && content == "inf") return Value(infinity);
    if (item.begin().key() == "real" && content == "-inf") return Value(-infinity);
  }
  return Value(item.dump());  // JSON of its own, as SQLite's functions read it
}

class JsonLines {
 public:
  explicit JsonLines(std::FILE* in) : lines_(in) {}

  // The next object that is not an empty line; null at the end.
  Result<nlohmann::ordered_json> next() {
    std::string line;
    while (TRY(lines_.next(line))) {
      if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
      auto object = nlohmann::ordered_json::parse(line, nullptr, false);
      if (object.is_discarded()) return at_line(lines_.line(), "this is not JSON");
      if (!object.is_object() || object.empty())
        return at_line(lines_.line(), "this is not an object with members",
                       "each line is one: {\"id\": 1, \"title\": \"Sea\"}");
      return object;
    }
    return nlohmann::ordered_json();
  }
  std::size_t line() const { return lines_.line(); }
  std::uint64_t bytes() const { return lines_.bytes(); }

 private:
  LineReader lines_;
};

Result<void> fill(std::vector<Value>& row, const std::vector<std::string>& names,
                  const nlohmann::ordered_json& object, std::size_t line) {
  row.assign(names.size(), Value());
  for (auto& [key, item] : object.items()) {
    auto at = std::find(names.begin(), names.end(), key);
    if (at == names.end())
      return at_line(line, "\"" + key + "\" is not a member of the first line",
                     "name all columns on the first line, with null where they are empty");
    row[static_cast<std::size_t>(at - names.begin())] = TRY(value_of(item, line));
  }
  return {};
}

// ---- SQL ----

std::string keywords_of(std::string_view sql) {
  std::string words;
  for (char c : sql) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == ';') {
      if (!words.empty() && words.back() != ' ') words += ' ';
    } else {
      words += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  while (words.ends_with(' ')) words.pop_back();
  return words;
}

// What a dump has around its statements: the transaction is ours.
bool is_frame(std::string_view sql) {
  constexpr std::size_t frame_bytes_max = 64;
  if (sql.size() > frame_bytes_max) return false;
  auto words = keywords_of(sql);
  for (auto* frame :
       {"", "begin", "begin transaction", "begin immediate", "commit", "commit transaction", "end",
        "end transaction", "pragma foreign_keys=off", "pragma foreign_keys = off"})
    if (words == frame) return true;
  return false;
}

}  // namespace

Result<std::int64_t> import_csv(Transaction& transaction, const std::string& table,
                                ImportSource source, Progress& progress) {
  CsvReader reader(source.in);
  auto header = TRY(reader.next());
  if (!header) return fail(Code::bad_request, "there is nothing in it", "a CSV has a header");
  std::vector<std::string> names;
  for (auto& field : *header) names.push_back(field.text);
  return insert_rows(transaction, table, names, [&](std::vector<Value>& row) -> Result<bool> {
    auto fields = TRY(reader.next());
    if (!fields) return false;
    if (fields->size() != names.size())
      return at_line(reader.line(), std::to_string(fields->size()) +
                                        (fields->size() == 1 ? " field" : " fields") +
                                        ", but the header has " + std::to_string(names.size()));
    row.clear();
    for (auto& field : *fields) row.push_back(field.value());
    progress.show(reader.bytes(), source.bytes);
    return true;
  });
}

Result<std::int64_t> import_json(Transaction& transaction, const std::string& table,
                                 ImportSource source, Progress& progress) {
  JsonLines lines(source.in);
  auto first = TRY(lines.next());
  if (first.is_null()) return 0;
  std::vector<std::string> names;
  for (auto& member : first.items()) names.push_back(member.key());
  auto object = std::move(first);
  return insert_rows(transaction, table, names, [&](std::vector<Value>& row) -> Result<bool> {
    if (object.is_null()) object = TRY(lines.next());
    if (object.is_null()) return false;
    TRY(fill(row, names, object, lines.line()));
    object = nullptr;
    progress.show(lines.bytes(), source.bytes);
    return true;
  });
}

Result<std::int64_t> import_sql(Transaction& transaction, ImportSource source, Progress& progress) {
  TRY(await(transaction.exec("pragma defer_foreign_keys = on")));
  LineReader lines(source.in);
  std::string line, statement;
  std::size_t first_line = 1;
  std::int64_t count = 0;
  auto run = [&]() -> Result<void> {
    if (!is_frame(statement)) {
      auto done = await(transaction.exec(statement));
      if (interrupted()) return interrupted_error();
      if (!done)
        return Error{
            done.error().code, "line " + std::to_string(first_line) + ": " + done.error().message,
            done.error().hint.empty() ? "mend that line; nothing was imported" : done.error().hint};
      ++count;
    }
    statement.clear();
    first_line = lines.line() + 1;
    return {};
  };
  while (TRY(lines.next(line))) {
    statement += line;
    statement += '\n';
    if (statement.size() > limits::sql_bytes_max)
      return at_line(first_line, "a statement has more than 16 MiB");
    auto end = line.find_last_not_of(" \t\r");
    if (end == std::string::npos || line[end] != ';') continue;
    if (sqlite3_complete(statement.c_str())) TRY(run());
    progress.show(lines.bytes(), source.bytes);
  }
  TRY(run());
  return count;
}

}  // namespace outboard::cli
