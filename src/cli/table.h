// Rows as a table drawn with lines, for people.
#pragma once

#include <string>

#include <outboard/rows.hpp>

namespace outboard::cli {

struct TableLook {
  std::size_t width = 0;  // of the terminal: wider columns are cut; 0: as wide as it gets
  bool colours = false;   // NULL is dim
};

// NULL is ∅, a blob x'00ff'. Numbers stand to the right.
std::string table_of(const Rows& rows, const TableLook& look);

}  // namespace outboard::cli
