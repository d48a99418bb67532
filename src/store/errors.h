// SQLite's result codes, in our words.
#pragma once

#include <sqlite3.h>

#include "base/result.h"

namespace outboard {

// The error behind `code`, with the sentence that the connection has for it. `db` may be null.
Error sqlite_error(sqlite3* db, int code);

}  // namespace outboard
