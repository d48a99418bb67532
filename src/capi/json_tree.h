// Trees as JSON text: at the library's edges only. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/tree.h"

namespace outboard {

// A key that comes twice is kept twice. Fails with bad_request, and where the text stops making
// sense; beyond limits::cbor_depth_max levels too.
Result<Tree> tree_from_json(std::string_view json);

// With a line for each key. Bytes are written as {"hex": …}.
std::string to_json(const Tree& tree);

}  // namespace outboard
