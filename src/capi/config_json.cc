// Config as JSON, for the C++ interface.

#include "capi/json_tree.h"
#include "client/config_form.h"

namespace outboard {

Result<Config> config_from_json(std::string_view json) {
  return config_of(TRY(tree_from_json(json)));
}

std::string to_json(const Config& config) { return to_json(tree_of(config)); }

}  // namespace outboard
