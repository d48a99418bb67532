#include "journal/cells.h"

namespace outboard::journal {

Value value_of(sqlite3_value* cell, bool is_real) {
  switch (sqlite3_value_type(cell)) {
    case SQLITE_INTEGER:
      if (is_real) return sqlite3_value_double(cell);
      return std::int64_t{sqlite3_value_int64(cell)};
    case SQLITE_FLOAT: return sqlite3_value_double(cell);
    case SQLITE_TEXT: {
      auto* text = reinterpret_cast<const char*>(sqlite3_value_text(cell));
      return std::string(text, static_cast<std::size_t>(sqlite3_value_bytes(cell)));
    }
    case SQLITE_BLOB: {
      auto* bytes = static_cast<const std::uint8_t*>(sqlite3_value_blob(cell));
      return Bytes(bytes, bytes + sqlite3_value_bytes(cell));
    }
    default: return {};
  }
}

Value value_of(const Statement& row, int column) {
  switch (row.kind(column)) {
    case Kind::integer: return row.integer(column);
    case Kind::real: return row.real(column);
    case Kind::text: return row.text(column);
    case Kind::blob: return Bytes(row.blob(column).begin(), row.blob(column).end());
    case Kind::null: break;
  }
  return {};
}

void bind(Statement& to, int parameter, const Value& value) {
  auto* statement = to.handle();
  auto view = view_of(value);
  switch (value.kind()) {
    case Kind::null: sqlite3_bind_null(statement, parameter); break;
    case Kind::integer: sqlite3_bind_int64(statement, parameter, value.integer()); break;
    case Kind::real: sqlite3_bind_double(statement, parameter, value.real()); break;
    case Kind::text: bind_text(to, parameter, value.text()); break;
    case Kind::blob:
      // A null pointer would bind NULL.
      sqlite3_bind_blob64(statement, parameter,
                          view.bytes.empty() ? "" : (const void*)view.bytes.data(),
                          view.bytes.size(), SQLITE_TRANSIENT);
      break;
  }
}

void bind_text(Statement& statement, int parameter, std::string_view text) {
  sqlite3_bind_text64(statement.handle(), parameter, text.empty() ? "" : text.data(), text.size(),
                      SQLITE_TRANSIENT, SQLITE_UTF8);
}

}  // namespace outboard::journal
