// From a link to a Database: greets the engine at its other end and waits for its answer.
#pragma once

#include <outboard/outboard.hpp>

#include "client/connection.h"

namespace outboard::detail {

// Fails as the engine's `open` does, or with `late` when that takes too long.
// `executor` is where coroutines go on that name no other; may be null.
Result<Database> open_through(std::unique_ptr<Link> link, Opening opening, Executor* executor,
                              std::chrono::milliseconds timeout, Error late);

}  // namespace outboard::detail
