// Tree: a value of any shape, decoded: what a configuration is before somebody looks at it.
//
// A map keeps its keys in order, also one that comes twice: whoever reads it says what is wrong.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/result.h"

#include <outboard/value.hpp>

namespace outboard {

struct Tree {
  struct Entry;
  using Array = std::vector<Tree>;
  using Map = std::vector<Entry>;

  std::variant<std::monostate, bool, std::int64_t, double, std::string, Bytes, Array, Map> value;

  // "a text", "a number": for sentences.
  const char* what() const;
};

struct Tree::Entry {
  std::string key;
  Tree tree;
};

// One CBOR item. Fails with bad_request as cbor::Reader does.
Result<Tree> read_tree(ByteView cbor);

// Canonical CBOR. REQUIRES: no key comes twice.
Bytes write_tree(const Tree& tree);

}  // namespace outboard
