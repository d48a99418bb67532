// The core's way of failing: Result<T> from the public headers, and TRY.
#pragma once

#include <outboard/result.hpp>

#define TRY(expression) OUTBOARD_TRY(expression)

namespace outboard {

// Shorthand for the places that make errors: `return fail(Code::busy, "…", "…");`
inline Error fail(Code code, std::string message, std::string hint = {}) {
  return Error{code, std::move(message), std::move(hint)};
}

}  // namespace outboard
