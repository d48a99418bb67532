// From the text of a scenario to a Scenario.
#pragma once

#include <string>
#include <string_view>

#include <outboard/result.hpp>
#include "scenario.h"

namespace scenario {

// Replaces each {{N x text}} by N times that text, in which # is the running number from 1.
Result<std::string> expand_repetitions(std::string_view line);

// Fails with the line's number and what is wrong with it.
Result<Scenario> parse_scenario(std::string path, std::string_view text);

// What a file that must not parse says so with, if it does: its `must not parse /text/`.
std::optional<std::string> must_not_parse(std::string_view text);

}  // namespace scenario
