// How texts look on a terminal: what of them can be shown, and how many columns it takes.
#pragma once

#include <string>
#include <string_view>

namespace outboard::cli {

// `text` without anything that a terminal would obey: control characters as pictures of themselves,
// what is not UTF-8 as question marks.
std::string printable(std::string_view text);

// Columns of a terminal: 2 for a wide character, 0 for one that joins the one before.
std::size_t width_of(std::string_view printable);

// At most that many columns; what is cut off leaves an ellipsis.
std::string cut_to_width(std::string_view printable, std::size_t width);

// Columns of the terminal that `descriptor` is; 0: it is none.
std::size_t terminal_width(int descriptor);

}  // namespace outboard::cli
