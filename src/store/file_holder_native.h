// Who holds a file: SQLite's lock on it, as other processes see it.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"

namespace outboard {

// The process that holds SQLite's lock on the file, or 0. Drops locks that this process has on it.
pid_t holder_of(const std::string& path);

// Takes that lock, on an open file; false: somebody else has it. Any close() of the same file by
// this process drops it.
bool hold_file(int descriptor);

// `busy`, with what can be told of the holder.
Error held_elsewhere(const std::string& path, pid_t holder);

}  // namespace outboard
