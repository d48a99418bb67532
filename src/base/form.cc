#include "base/form.h"

#include <algorithm>

#include "base/utf8.h"

namespace outboard {

namespace {

constexpr std::size_t problems_max = 40;  // told at once

}  // namespace

std::string shown(std::string_view text) {
  constexpr std::size_t bytes_max = 100;
  return std::string(first_of_utf8(text, bytes_max)) + (text.size() > bytes_max ? "…" : "");
}

FormReader::FormReader(const Tree& tree, std::string path, std::vector<std::string>& problems)
    : map_(std::get_if<Tree::Map>(&tree.value)), path_(std::move(path)), problems_(problems) {
  if (map_) return;
  static const Tree::Map nothing;
  problems_.push_back((path_.empty() ? "" : path_ + ": ") + "an object is wanted, not " +
                      tree.what());
  map_ = &nothing;
}

const Tree* FormReader::find(std::string_view key) {
  known_.push_back(key);
  const Tree* found = nullptr;
  for (auto& [each, value] : *map_) {
    if (each != key) continue;
    if (found) return complain(key, "it is there more than once"), nullptr;
    found = &value;
  }
  return found;
}

template <class T>
bool FormReader::take(std::string_view key, T& out, const char* wanted) {
  auto* tree = find(key);
  if (!tree) return false;
  auto* value = std::get_if<T>(&tree->value);
  if (value) {
    out = *value;
  } else {
    complain(key, std::string(wanted) + " is wanted, not " + tree->what());
  }
  return value != nullptr;
}

template bool FormReader::take(std::string_view, std::string&, const char*);

void FormReader::text(std::string_view key, std::string& out, Presence presence) {
  bool is_taken = take(key, out, "a text");
  if (presence == Presence::optional || is_taken) return;
  auto is_there = [&](auto& pair) { return pair.key == key; };
  if (std::ranges::none_of(*map_, is_there)) complain(key, "it is missing");
}

void FormReader::texts(std::string_view key, std::vector<std::string>& out) {
  Tree::Array items;
  if (!take(key, items, "a list of texts")) return;
  out.clear();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (auto* item = std::get_if<std::string>(&items[i].value)) {
      out.push_back(std::move(*item));
    } else {
      complain(std::string(key) + "[" + std::to_string(i) + "]",
               std::string("a text is wanted, not ") + items[i].what());
    }
  }
}

void FormReader::flag(std::string_view key, bool& out) { take(key, out, "true or false"); }

bool FormReader::whole(std::string_view key, std::int64_t& out, std::int64_t least,
                       std::int64_t most) {
  if (!take(key, out, "a whole number")) return false;
  if (out >= least && out <= most) return true;
  complain(key, std::to_string(out) + " is not from " + std::to_string(least) + " to " +
                    std::to_string(most));
  return false;
}

void FormReader::look_for_strangers() {
  std::vector<std::string_view> told;
  for (auto& [key, value] : *map_) {
    if (problems_.size() > problems_max) return;
    if (std::ranges::find(known_, key) != known_.end()) continue;
    if (std::ranges::find(told, key) != told.end()) continue;
    told.push_back(key);
    complain(key, "there is no such key");
  }
}

std::string FormReader::path_of(std::string_view key) const {
  return (path_.empty() ? "" : path_ + ".") + shown(key);
}

void FormReader::complain(std::string_view key, std::string_view what) {
  if (problems_.size() == problems_max) problems_.push_back("and more");
  if (problems_.size() > problems_max) return;
  problems_.push_back(path_of(key) + ": " + std::string(what));
}

Result<void> FormReader::end() {
  look_for_strangers();
  if (problems_.empty()) return {};
  std::string all;
  for (auto& problem : problems_) all += (all.empty() ? "" : "\n") + problem;
  return fail(Code::bad_request, std::move(all), "docs/config.md tells what there is");
}

}  // namespace outboard
