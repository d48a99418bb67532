#include "cli/database_file.h"

#include <filesystem>

#include "base/result.h"

namespace outboard::cli {

Result<Database> open_file(const std::string& path, IfMissing if_missing) {
  std::error_code ignored;
  if (if_missing == IfMissing::refuse && !std::filesystem::exists(path, ignored))
    return fail(Code::not_found, "there is no file " + path,
                "check the name, or make it: outboard shell " + path);
  return open(path);
}

std::string quoted_name(std::string_view name) {
  std::string quoted = "\"";
  for (char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace outboard::cli
