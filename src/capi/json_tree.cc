#include "capi/json_tree.h"

#include <limits>

#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "capi/json_form.h"

namespace outboard {

namespace {

// Builds a Tree from what nlohmann's parser comes upon.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return put(std::monostate()); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(std::int64_t value) override { return put(value); }
  bool number_unsigned(std::uint64_t value) override {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return put(static_cast<double>(value));
    return put(static_cast<std::int64_t>(value));
  }
  bool number_float(double value, const std::string&) override { return put(value); }
  bool string(std::string& value) override { return put(std::move(value)); }
  bool binary(nlohmann::json::binary_t& value) override { return put(Bytes(value)); }
  bool start_object(std::size_t) override { return open(Tree::Map()); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Tree::Array()); }
  bool end_array() override { return close(); }
  bool key(std::string& key) override {
    auto& map = std::get<Tree::Map>(open_.back()->value);
    map.emplace_back().key = std::move(key);
    return true;
  }
  bool parse_error(std::size_t at, const std::string&,
                   const nlohmann::detail::exception&) override {
    wrong_ = "this is no JSON from byte " + std::to_string(at) + " on";
    return false;
  }

  Result<Tree> result(bool is_read) && {
    if (is_read) return std::move(root_);
    return fail(Code::bad_request, wrong_, "have it looked at by a JSON checker");
  }

 private:
  // Where the next value goes.
  Tree& slot() {
    if (open_.empty()) return root_;
    auto* items = std::get_if<Tree::Array>(&open_.back()->value);
    return items ? items->emplace_back() : std::get<Tree::Map>(open_.back()->value).back().tree;
  }
  template <class T>
  bool put(T value) {
    slot().value = std::move(value);
    return true;
  }
  template <class Container>
  bool open(Container empty) {
    if (open_.size() == limits::cbor_depth_max) {
      wrong_ = "JSON: more than " + std::to_string(limits::cbor_depth_max) + " levels";
      return false;
    }
    auto& container = slot();
    container.value = std::move(empty);
    open_.push_back(&container);  // what it lies in does not grow while it is open
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  Tree root_;
  std::vector<Tree*> open_;  // each inside the one before it
  std::string wrong_;
};

void append(std::string& out, const Tree& tree, std::size_t depth) {
  auto line = [&](std::size_t indent) { out += "\n" + std::string(2 * indent, ' '); };
  struct Visitor {
    std::string& out;
    decltype(line)& new_line;
    std::size_t depth;

    void operator()(std::monostate) { out += "null"; }
    void operator()(bool value) { out += value ? "true" : "false"; }
    void operator()(std::int64_t value) { out += std::to_string(value); }
    void operator()(double value) { json_form::append_value(out, {Kind::real, 0, value, {}}); }
    void operator()(const std::string& value) { json_form::append_text(out, value); }
    void operator()(const Bytes& value) { json_form::append_value(out, {Kind::blob, 0, 0, value}); }
    void operator()(const Tree::Array& items) {
      out += '[';
      for (auto& item : items) {
        if (&item != items.data()) out += ", ";
        append(out, item, depth + 1);
      }
      out += ']';
    }
    void operator()(const Tree::Map& map) {
      out += '{';
      for (auto& [key, value] : map) {
        if (&key != &map.front().key) out += ',';
        new_line(depth + 1);
        json_form::append_text(out, key);
        out += ": ";
        append(out, value, depth + 1);
      }
      if (!map.empty()) new_line(depth);
      out += '}';
    }
  };
  std::visit(Visitor{out, line, depth}, tree.value);
}

}  // namespace

Result<Tree> tree_from_json(std::string_view json) {
  Builder builder;
  bool is_read = nlohmann::json::sax_parse(json.begin(), json.end(), &builder);
  return std::move(builder).result(is_read);
}

std::string to_json(const Tree& tree) {
  std::string out;
  append(out, tree, 0);
  return out;
}

}  // namespace outboard
