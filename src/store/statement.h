// Statement: one prepared statement of a connection.
//
// Belongs to its connection: same thread, shorter life. Views that it hands out are good until the
// next step() or reset(); bytes that are bound must stay where they are until reset().
#pragma once

#include <sqlite3.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/cbor.h"
#include "base/result.h"

namespace outboard {

// What preparing a statement showed about it.
struct Traits {
  enum class Control { none, begin, commit, rollback, savepoint, release, rollback_to };

  Control control = Control::none;  // it begins, ends or divides a transaction
  bool reads_only = false;          // it changes nothing in the file
  bool changes_rows = false;        // of a table or of the schema
  bool touches_temp = false;        // it needs what only the writer's connection has
  bool is_pragma = false;           // it may act when it is prepared: prepared each time
  bool changes_schema = false;      // of the indexes of a table
  bool calls_engine = false;        // a function that writes
  bool is_own = false;              // of the engine's
  std::string savepoint = {};       // that it makes, releases or goes back to; lower case
};

class CommitPoints;
class Policy;

class Statement {
 public:
  // `commit_points` may be null: of a reader.
  Statement(sqlite3_stmt* statement, Traits traits, Policy& policy, CommitPoints* commit_points);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  const Traits& traits() const { return traits_; }
  bool has_columns() const { return column_count_ > 0; }
  // As of the last step: a changed schema may change what `select *` gives.
  std::size_t column_count() const {
    return static_cast<std::size_t>(sqlite3_column_count(handle_));
  }
  std::vector<std::string> column_names() const;

  // Binds what a CBOR array (by position) or map (by name) holds; the views stay bound until
  // reset(). Fails if a parameter is left over or left out.
  Result<void> bind(ByteView params);

  // The same for an array that `in` is about to read.
  Result<void> bind_array(cbor::Reader& in);

  void bind_blob(int parameter, ByteView bytes);
  void bind_integer(int parameter, std::int64_t value) {
    sqlite3_bind_int64(handle_, parameter, value);
  }

  // For what binds otherwise. Bound values stay until reset().
  sqlite3_stmt* handle() const { return handle_; }

  // True: there is a row. False: it is through.
  Result<bool> step();

  // The same, past the commit points: for those.
  Result<bool> step_plainly();

  // Ready to be bound and stepped again.
  void reset();

  // Ready to be stepped again, with the next set: for whoever then binds every parameter anew.
  void rewind() { sqlite3_reset(handle_); }

  Kind kind(int column) const {
    static_assert(SQLITE_INTEGER == 1 && SQLITE_FLOAT == 2 && SQLITE_TEXT == 3 &&
                  SQLITE_BLOB == 4 && SQLITE_NULL == 5);
    return static_cast<Kind>(sqlite3_column_type(handle_, column) % 5);
  }
  std::int64_t integer(int column) const { return sqlite3_column_int64(handle_, column); }
  double real(int column) const { return sqlite3_column_double(handle_, column); }
  std::string_view text(int column) const {
    auto data = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
    return {data ? data : "", static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
  }
  ByteView blob(int column) const {
    auto data = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle_, column));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
  }

 private:
  Result<void> bind_map(cbor::Reader& in);
  int bind_value(int parameter, const ValueView& value);
  Error bind_error(int code) const;
  int parameter_named(std::string_view name) const;

  sqlite3_stmt* handle_;
  Policy& policy_;
  CommitPoints* commit_points_;
  Traits traits_;
  int parameter_count_;
  int column_count_;
};

}  // namespace outboard
