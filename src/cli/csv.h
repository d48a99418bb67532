// CSV (RFC 4180): commas, "quotes", a header. A field without quotes is read as plain_value.h says
// and nothing at all is NULL; a quoted one is a text as it stands. So what is written is read back
// alike, types included.
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <outboard/rows.hpp>
#include "base/result.h"

namespace outboard::cli {

// A line of it.
void append_csv_header(std::string& out, const std::vector<std::string>& names);
void append_csv_row(std::string& out, const Row& row, std::size_t columns);

class CsvReader {
 public:
  // Reads from a stream that it does not own.
  explicit CsvReader(std::FILE* in) : in_(in) {}

  struct Field {
    std::string text;
    bool is_quoted = false;

    Value value() const;
  };

  // The next row; nothing at the end. Empty lines are passed over.
  Result<std::optional<std::vector<Field>>> next();

  // Where the row that next() gave last begins.
  std::size_t line() const { return row_line_; }

  // Read so far.
  std::size_t bytes() const { return bytes_; }

 private:
  int take();
  Result<void> read_quoted(Field& field);
  Error wrong(std::string what) const;

  std::FILE* in_;
  std::size_t line_ = 1;
  std::size_t row_line_ = 1;
  std::size_t bytes_ = 0;
};

}  // namespace outboard::cli
