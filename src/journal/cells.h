// Between SQLite's cells and values.
//
// Functions, on the thread of the connection whose cells they are.
#pragma once

#include <sqlite3.h>

#include "store/statement.h"

namespace outboard::journal {

// `is_real`: of a column that holds reals only. SQLite stores a whole number there as an integer.
Value value_of(sqlite3_value* cell, bool is_real);
Value value_of(const Statement& row, int column);

// The value is copied.
void bind(Statement& statement, int parameter, const Value& value);
void bind_text(Statement& statement, int parameter, std::string_view text);

}  // namespace outboard::journal
