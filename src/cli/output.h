// Rows on their way out: as a table, as JSON lines, as CSV.
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include <outboard/rows.hpp>
#include "base/result.h"

namespace outboard::cli {

enum class Format { table, json, csv };

std::optional<Format> format_of(std::string_view name);

// One object, of a line: {"id":1,"title":"Sea"}
void append_json_row(std::string& out, const Rows& rows, const Row& row);

// What a statement came back with, as that format shows it on standard output: the rows, or, where
// it has no columns, what it changed.
Result<void> print(const Rows& rows, Format format);

// {"error":{"code":"busy","message":"…","hint":"…"}}; of a write whose engine was lost, its outcome
// too.
std::string json_of(const Error& error);

// Writes all of it, or says why not. Standard output has it at once.
Result<void> write(std::FILE* to, std::string_view text);

}  // namespace outboard::cli
