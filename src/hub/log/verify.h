// Is a log what was appended? Every entry's bytes, its digest and its place in the chain are
// computed again: SQLite's own checks do not notice commits that a damaged write-ahead log lost.
//
// Reads through any connection, on its thread.
#pragma once

#include <sqlite3.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace outboard::hub {

enum class Extent : std::uint8_t { newest, everything };

struct Verification {
  std::uint64_t spaces = 0;
  std::uint64_t entries = 0;
  std::vector<std::string> faults = {};  // a sentence each, at most faults_max
};

inline constexpr std::size_t faults_max = 100;
inline constexpr std::uint64_t newest_entries = 1'000;

// Of the newest entries, or of all. Fails if it cannot be read; what it finds is not a failure.
Result<Verification> verify(sqlite3* db, Extent extent);

}  // namespace outboard::hub
