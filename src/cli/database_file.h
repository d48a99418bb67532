// Opening the database that a command is about.
#pragma once

#include <string>

#include <outboard/outboard.hpp>

namespace outboard::cli {

enum class IfMissing { create, refuse };

// As outboard::open(), on the thread host. A file that is not there is made only if asked for.
Result<Database> open_file(const std::string& path, IfMissing if_missing);

// "name" as SQL reads it: quoted, whatever is in it.
std::string quoted_name(std::string_view name);

}  // namespace outboard::cli
