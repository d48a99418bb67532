// What can be seen of SQL text without preparing it. Nothing that matters is decided by it: it only
// tells where a script ends and which connection to try first.
#pragma once

#include <string_view>

namespace outboard {

// `sql` without the white space, comments and semicolons that it begins with.
std::string_view skip_blank(std::string_view sql);

// Does it begin like something that only reads (SELECT, WITH, VALUES, EXPLAIN)?
bool begins_like_reading(std::string_view sql);

}  // namespace outboard
