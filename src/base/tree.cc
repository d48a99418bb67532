#include "base/tree.h"

#include <algorithm>
#include <string_view>

#include "base/cbor.h"

namespace outboard {

namespace {

// Goes no deeper than cbor::Reader lets it.
Tree read(cbor::Reader& in) {
  switch (in.peek()) {
    case cbor::Type::boolean: return {in.boolean()};
    case cbor::Type::integer: return {in.integer()};
    case cbor::Type::real: return {in.real()};
    case cbor::Type::text: return {std::string(in.text())};
    case cbor::Type::blob: {
      auto blob = in.blob();
      return {Bytes(blob.begin(), blob.end())};
    }
    case cbor::Type::array: {
      Tree::Array items;
      for (auto left = in.array(); left > 0 && in.ok(); --left) items.push_back(read(in));
      return {std::move(items)};
    }
    case cbor::Type::map: {
      Tree::Map pairs;
      for (auto left = in.map(); left > 0 && in.ok(); --left) {
        std::string key(in.text());
        pairs.push_back({std::move(key), read(in)});
      }
      return {std::move(pairs)};
    }
    default: (void)in.value(); return {};
  }
}

void write(cbor::Writer& out, const Tree& tree);

void write_map(cbor::Writer& out, const Tree::Map& map) {
  std::vector<const Tree::Entry*> pairs;
  for (auto& pair : map) pairs.push_back(&pair);
  std::ranges::sort(pairs, [](auto* left, auto* right) {
    if (left->key.size() != right->key.size()) return left->key.size() < right->key.size();
    return left->key < right->key;
  });
  out.map(pairs.size());
  for (auto* pair : pairs) {
    out.text(pair->key);
    write(out, pair->tree);
  }
}

void write(cbor::Writer& out, const Tree& tree) {
  struct Visitor {
    cbor::Writer& out;
    void operator()(std::monostate) { out.null(); }
    void operator()(bool value) { out.boolean(value); }
    void operator()(std::int64_t value) { out.integer(value); }
    void operator()(double value) { out.real(value); }
    void operator()(const std::string& value) { out.text(value); }
    void operator()(const Bytes& value) { out.blob(value); }
    void operator()(const Tree::Array& items) {
      out.array(items.size());
      for (auto& item : items) write(out, item);
    }
    void operator()(const Tree::Map& map) { write_map(out, map); }
  };
  std::visit(Visitor{out}, tree.value);
}

}  // namespace

const char* Tree::what() const {
  constexpr const char* names[] = {"null",   "true or false", "a whole number", "a number",
                                   "a text", "bytes",         "a list",         "an object"};
  return names[value.index()];
}

Result<Tree> read_tree(ByteView cbor) {
  cbor::Reader in(cbor);
  auto tree = read(in);
  in.expect_end();
  if (!in.ok()) return in.error();
  return tree;
}

Bytes write_tree(const Tree& tree) {
  Bytes bytes;
  cbor::Writer out(bytes);
  write(out, tree);
  return bytes;
}

}  // namespace outboard
