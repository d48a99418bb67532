#include "cli/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/cbor.h"
#include "capi/json_form.h"
#include "cli/csv.h"
#include "cli/table.h"
#include "cli/text_width.h"

namespace outboard::cli {

namespace {

// What is gathered before it is written.
constexpr std::size_t piece_bytes = 64u << 10;

std::string changes_of(const Rows& rows, Format format) {
  auto count = std::to_string(rows.changes());
  if (format == Format::csv) return {};
  if (format == Format::json)
    return "{\"changes\":" + count +
           ",\"last_insert_rowid\":" + std::to_string(rows.last_insert_rowid()) + "}\n";
  if (rows.changes() == 0) return {};
  return count + (rows.changes() == 1 ? " row changed\n" : " rows changed\n");
}

}  // namespace

std::optional<Format> format_of(std::string_view name) {
  if (name == "table") return Format::table;
  if (name == "json") return Format::json;
  if (name == "csv") return Format::csv;
  return std::nullopt;
}

void append_json_row(std::string& out, const Rows& rows, const Row& row) {
  out += '{';
  for (std::size_t i = 0; i < rows.columns().size(); ++i) {
    if (i > 0) out += ',';
    json_form::append_text(out, rows.columns()[i]);
    out += ':';
    auto value = row.value(i);
    json_form::append_value(out, view_of(value));
  }
  out += "}\n";
}

std::string json_of(const Error& error) {
  std::string json = "{\"error\":{\"code\":\"" + std::string(name_of(error.code));
  json += "\",\"message\":";
  json_form::append_text(json, error.message);
  json += ",\"hint\":";
  json_form::append_text(json, error.hint);
  if (error.outcome) json += ",\"outcome\":\"" + std::string(name_of(*error.outcome)) + '"';
  return json + "}}";
}

Result<void> write(std::FILE* to, std::string_view text) {
  bool is_written = std::fwrite(text.data(), 1, text.size(), to) == text.size();
  if (is_written && (to != stdout || std::fflush(stdout) == 0)) return {};
  return fail(Code::unavailable, std::string("cannot write: ") + std::strerror(errno),
              "check the space, and who reads it");
}

Result<void> print(const Rows& rows, Format format) {
  if (rows.columns().empty()) return write(stdout, changes_of(rows, format));
  if (format == Format::table) {
    bool colours = ::isatty(1) && !std::getenv("NO_COLOR");
    return write(stdout, table_of(rows, {.width = terminal_width(1), .colours = colours}));
  }
  std::string out;
  if (format == Format::csv) append_csv_header(out, rows.columns());
  for (auto row : rows) {
    if (format == Format::csv) {
      append_csv_row(out, row, rows.columns().size());
    } else {
      append_json_row(out, rows, row);
    }
    if (out.size() < piece_bytes) continue;
    TRY(write(stdout, out));
    out.clear();
  }
  return write(stdout, out);
}

}  // namespace outboard::cli
