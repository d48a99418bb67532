// The file that a new database begins with. Thread-safe; waits for the disk.
#pragma once

#include <string>

#include "base/result.h"

namespace outboard {

// Puts a copy of the database in the file `seed` where there is no file `path`: checked and
// durable, in one step. A file that is there stays as it is. Fails with corrupt, too_large,
// not_found, unavailable: nothing is there then.
Result<void> put_seed(const std::string& path, const std::string& seed);

}  // namespace outboard
