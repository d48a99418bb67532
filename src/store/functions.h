// The SQL functions that every database has beyond SQLite's own.
//
//   uuid7()   a new UUID of version 7, a blob of 16 bytes: ids that sort by the time they were made
#pragma once

#include <sqlite3.h>

#include "base/result.h"
#include "base/uuid.h"

namespace outboard {

// Adds them to a connection. `uuids` outlives it.
Result<void> add_functions(sqlite3* db, UuidGenerator& uuids);

}  // namespace outboard
