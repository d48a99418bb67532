// What `outboard import` reads: CSV and JSON lines into a table, a script as it is. Each inside of
// a transaction of the caller's.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include <outboard/outboard.hpp>

#include "cli/progress.h"

namespace outboard::cli {

struct ImportSource {
  std::FILE* in;
  std::uint64_t bytes;  // for the bar; 0: not known
};

// Rows with a header. The table is made if it is not there, its columns without types.
Result<std::int64_t> import_csv(Transaction& transaction, const std::string& table,
                                ImportSource source, Progress& progress);

// An object on each line. The columns are those of the first; what is missing later is NULL.
Result<std::int64_t> import_json(Transaction& transaction, const std::string& table,
                                 ImportSource source, Progress& progress);

// Statements, of ours and of `sqlite3 .dump`: their own BEGIN and COMMIT are left out. Gives the
// number of statements.
Result<std::int64_t> import_sql(Transaction& transaction, ImportSource source, Progress& progress);

}  // namespace outboard::cli
