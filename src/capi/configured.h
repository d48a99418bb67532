// Opens an engine and its database for the C interface, as a config tells.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "capi/engine_handle.h"

namespace outboard::capi {

struct Configured {
  std::shared_ptr<EngineHandle> engine;
  std::string answers;  // to `hello` and `open`, as JSON
};

// Waits for the answers. Fails as config_from_json() and opening do, or with timeout.
Result<Configured> open_configured(std::string_view json);

}  // namespace outboard::capi
