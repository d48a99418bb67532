// Whether what a block came to is what the scenario says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <outboard/outboard.hpp>
#include "scenario.h"

namespace scenario {

// What a block came to.
struct Outcome {
  std::optional<Error> error;
  std::vector<outboard::Rows> pieces;  // mostly one
  bool counts_changes = true;          // false where only rows are known: pieces of a stream

  Outcome() = default;
  Outcome(Result<outboard::Rows> rows);
  Outcome(const Result<void>& done);

  std::size_t rows() const;
};

// Same kind and same content; reals bit by bit.
bool is_same(const Value& left, const Value& right);

// How the outcome differs, in a sentence or more; nothing if it does not.
std::optional<std::string> difference(const Expectation& expected, const Outcome& outcome);

}  // namespace scenario
