// What a function of the application reads while it is called: the synchronous way to the rows.
//
// It runs on the connection of the statement that calls the function, and sees what that sees: its
// snapshot, or its transaction with the changes made so far. On the engine's thread.
#pragma once

#include "engine/rows.h"

namespace outboard {

// Runs one SELECT to its end. `params` is a CBOR array or map; empty: none. Fails with bad_request
// if `sql` is not one that only reads, or the function was added as deterministic; with too_large
// beyond limits::reply_bytes_max; with timeout or cancelled if the calling statement has to stop.
Result<Ran> read_inside(const FunctionCall& call, std::string_view sql, ByteView params);

}  // namespace outboard
