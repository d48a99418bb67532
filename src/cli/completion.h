// Completion: what a word that was begun in the shell may become. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace outboard::cli {

struct Completion {
  std::string insert;                // what all choices have in common behind what is there
  std::vector<std::string> choices;  // more than one: to be shown
};

// `line` goes up to the cursor. A line that begins with a dot is a command of the shell; elsewhere
// it is a name out of `names`, which SQL reads whatever its case.
Completion complete(std::string_view line, const std::vector<std::string>& names);

}  // namespace outboard::cli
