// What a host costs, beside the bare thing that carries the same messages; and what an engine
// weighs.
#pragma once

#include <string>

#include "harness.h"

namespace bench {

// Works in that folder.
void run_host_benches(Report& report, const std::string& folder);

}  // namespace bench
