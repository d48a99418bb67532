// What `outboard export` writes: rows as CSV or JSON lines, a whole database as SQL.
#pragma once

#include <cstdio>
#include <string>

#include <outboard/outboard.hpp>

#include "cli/output.h"
#include "cli/progress.h"

namespace outboard::cli {

// The one table that is there, or an error that names them.
Result<std::string> only_table(Database& db);

// As many rows as they are, a few at a time. `total` is for the bar.
Result<void> export_rows(Database& db, const std::string& sql, Format format, std::uint64_t total,
                         std::FILE* to, Progress& progress);

// A script that makes the same tables, rows, indexes, views and triggers.
Result<void> export_sql(Database& db, std::FILE* to, Progress& progress);

std::uint64_t count_rows(Database& db, const std::string& table);

}  // namespace outboard::cli
