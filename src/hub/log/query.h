// Query: a statement of the log's own SQL, prepared once, whose parameters are bound and whose
// columns are read in order.
//
// Belongs to its connection: same thread at a time, shorter life. What is bound must stay where it
// is until the query is through.
#pragma once

#include <sqlite3.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace outboard::hub {

class Query {
 public:
  // A statement that cannot be prepared says so when it is asked.
  Query(sqlite3* db, const char* sql);
  ~Query() { sqlite3_finalize(statement_); }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // Starts anew, with these parameters.
  template <class... Values>
  Query& with(const Values&... values) {
    reset();
    int parameter = 0;
    (bind(++parameter, values), ...);
    return *this;
  }

  // True: there is a row.
  Result<bool> step();

  // All of it, for what gives no rows.
  Result<void> run();

  // Lets go of what a row holds.
  void reset() { sqlite3_reset(statement_); }

  std::uint64_t number(int column) const {
    return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column));
  }
  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  ByteView bytes(int column) const {
    auto data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }
  std::string text(int column) const { return std::string(text_of(bytes(column))); }

  // A digest, an epoch: zeros if it does not have that length, which no digest is.
  template <class Array>
  Array array(int column) const {
    Array value = {};
    if (auto view = bytes(column); view.size() == value.size())
      std::memcpy(value.data(), view.data(), view.size());
    return value;
  }

 private:
  void bind(int parameter, std::uint64_t value) {
    sqlite3_bind_int64(statement_, parameter, static_cast<std::int64_t>(value));
  }
  void bind(int parameter, std::string_view text) {
    sqlite3_bind_text(statement_, parameter, text.data(), static_cast<int>(text.size()),
                      SQLITE_STATIC);
  }
  void bind(int parameter, ByteView bytes) {
    static constexpr std::uint8_t nothing = 0;  // an empty blob is not NULL
    sqlite3_bind_blob(statement_, parameter, bytes.data() ? bytes.data() : &nothing,
                      static_cast<int>(bytes.size()), SQLITE_STATIC);
  }
  template <std::size_t size>
  void bind(int parameter, const std::array<std::uint8_t, size>& bytes) {
    bind(parameter, ByteView(bytes));
  }

  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace outboard::hub
