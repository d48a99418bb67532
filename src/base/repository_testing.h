// Where the tests find the files of this repository. Its body is tests/repository.cc.
#pragma once

#include <string>

namespace outboard {

// "docs/command.md" as a path that can be opened.
std::string in_repository(const std::string& path);

}  // namespace outboard
