// What a file is, by the end of its name.
#pragma once

#include <string_view>

namespace outboard::hub {

// "text/html; charset=utf-8" for "index.html"; "application/octet-stream" for what is not known.
std::string_view media_type_of(std::string_view file_name);

}  // namespace outboard::hub
