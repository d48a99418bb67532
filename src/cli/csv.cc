#include "cli/csv.h"

#include "base/limits.h"
#include "cli/plain_value.h"

namespace outboard::cli {

namespace {

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

void append_value(std::string& out, const Value& value) {
  if (value.is_null()) return;
  if (value.kind() != Kind::text) {
    out += plain(value);
    return;
  }
  bool must_be_quoted = value.text().empty() || value_of(value.text()) != value ||
                        value.text().find_first_of(",\"\r\n") != std::string_view::npos ||
                        value.text().starts_with(byte_order_mark);
  if (must_be_quoted) {
    append_quoted(out, value.text());
  } else {
    out += value.text();
  }
}

}  // namespace

void append_csv_header(std::string& out, const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += ',';
    if (names[i].empty() || names[i].find_first_of(",\"\r\n") != std::string::npos) {
      append_quoted(out, names[i]);
    } else {
      out += names[i];
    }
  }
  out += '\n';
}

void append_csv_row(std::string& out, const Row& row, std::size_t columns) {
  for (std::size_t i = 0; i < columns; ++i) {
    if (i > 0) out += ',';
    append_value(out, row.value(i));
  }
  if (columns == 1 && row.is_null(0)) out += "null";  // an empty line is none
  out += '\n';
}

Value CsvReader::Field::value() const {
  if (is_quoted) return text;
  if (text.empty()) return {};
  return value_of(text);
}

int CsvReader::take() {
  int c = ::getc_unlocked(in_);
  if (c != EOF) ++bytes_;
  if (c == '\n') ++line_;
  return c;
}

Error CsvReader::wrong(std::string what) const {
  return fail(Code::bad_request, "line " + std::to_string(row_line_) + ": " + std::move(what),
              "mend that line; nothing was imported");
}

// Behind the opening quote; up to and with the closing one.
Result<void> CsvReader::read_quoted(Field& field) {
  field.is_quoted = true;
  for (;;) {
    int c = take();
    if (c == EOF) return wrong("a quoted field does not end");
    if (c == '"') {
      c = take();
      if (c != '"') {
        if (c != EOF) {
          std::ungetc(c, in_);
          --bytes_;
          if (c == '\n') --line_;
        }
        return {};
      }
    }
    field.text += static_cast<char>(c);
    if (field.text.size() > limits::value_bytes_max) return wrong("a field has more than 64 MiB");
  }
}

Result<std::optional<std::vector<CsvReader::Field>>> CsvReader::next() {
  std::vector<Field> fields(1);
  row_line_ = line_;
  for (;;) {
    int c = take();
    auto& field = fields.back();
    if (c == '\r') {
      c = take();
      if (c != '\n' && c != EOF) return wrong("a carriage return without a line feed behind it");
    }
    if (c == '\n' || c == EOF) {
      if (fields.size() > 1 || field.is_quoted || !field.text.empty()) break;
      if (c == EOF) return std::optional<std::vector<Field>>();
      row_line_ = line_;
      continue;
    }
    if (c == ',') {
      fields.emplace_back();
    } else if (c == '"' && field.text.empty() && !field.is_quoted) {
      TRY(read_quoted(field));
    } else if (field.is_quoted) {
      return wrong("something follows the closing quote of a field");
    } else if (c == '"') {
      return wrong("a quote inside of a field that does not begin with one");
    } else {
      field.text += static_cast<char>(c);
      if (field.text.size() > limits::value_bytes_max) return wrong("a field has more than 64 MiB");
      if (bytes_ == byte_order_mark.size() && field.text == byte_order_mark) field.text.clear();
    }
  }
  if (std::ferror(in_)) return fail(Code::unavailable, "the file cannot be read any further", "");
  return std::optional(std::move(fields));
}

}  // namespace outboard::cli
