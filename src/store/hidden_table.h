// Hidden tables: what the engine keeps in the application's own file, beside the rows that it is
// about.
//
// Their names begin with one that SQLite reserves: tools do not list them, no SQL can make, drop,
// alter or index them, and the policy lets nobody but the engine read or write them.
//
// Functions of a connection, on its thread.
#pragma once

#include <sqlite3.h>

#include <string_view>

#include "base/result.h"

namespace outboard {

bool is_hidden_name(std::string_view table);

// Runs a CREATE of such tables, in the transaction that is open, or else in one of its own.
Result<void> create_hidden(sqlite3* db, const char* sql);

}  // namespace outboard
