#include "client/config_form.h"

namespace outboard {

Result<Config> config_of(const Tree& tree) {
  Config config;
  FormReader form(tree);
  describe(form, config);
  TRY(form.end());
  return config;
}

Tree tree_of(const Config& config) {
  FormWriter form;
  auto copy = config;  // a description takes what it may fill in
  describe(form, copy);
  return std::move(form).end();
}

Result<Config> config_from_cbor(ByteView cbor) { return config_of(TRY(read_tree(cbor))); }
Bytes to_cbor(const Config& config) { return write_tree(tree_of(config)); }

}  // namespace outboard
