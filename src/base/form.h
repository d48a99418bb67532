// Forms: a struct is described once, and read from a Tree or written to one by that description.
//
//   template <class Form> void describe(Form& form, Options& options) {
//     form.text("path", options.path);
//     form.number("port", options.port, 0, 65'535);
//     form.part("process", [&](Form& part) { … });
//   }
//
// A FormReader goes through all of it and tells all that is wrong at once, each with its path: what
// has the wrong type or a value that cannot be, keys that come twice, keys that nobody knows. What
// is not given stays as it was. A FormWriter writes everything.
//
// Values of one thread. The Tree must outlive its reader.
#pragma once

#include <chrono>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/tree.h"

namespace outboard {

enum class Presence { optional, required };

// A key or a value of a stranger's, cut to a length that can be shown.
std::string shown(std::string_view text);

template <class Enum>
using Choices = std::initializer_list<std::pair<std::string_view, Enum>>;

class FormReader {
 public:
  explicit FormReader(const Tree& tree) : FormReader(tree, "", own_problems_) {}
  FormReader(const FormReader&) = delete;
  FormReader& operator=(const FormReader&) = delete;

  void text(std::string_view key, std::string& out, Presence presence = Presence::optional);
  void texts(std::string_view key, std::vector<std::string>& out);
  void flag(std::string_view key, bool& out);

  template <class Number>
  void number(std::string_view key, Number& out, std::int64_t least, std::int64_t most) {
    std::int64_t value = 0;
    if (whole(key, value, least, most)) out = static_cast<Number>(value);
  }

  // `key` ends in _ms.
  void duration(std::string_view key, std::chrono::milliseconds& out, std::int64_t least_ms = 1) {
    std::int64_t value = 0;
    if (whole(key, value, least_ms, duration_ms_max)) out = std::chrono::milliseconds(value);
  }

  template <class Enum>
  void choice(std::string_view key, Enum& out, Choices<Enum> choices) {
    std::string chosen, names;
    if (!take(key, chosen, "a text")) return;
    for (auto& [name, value] : choices) {
      if (name == chosen) return void(out = value);
      names += (names.empty() ? "\"" : ", \"") + std::string(name) + "\"";
    }
    complain(key, "\"" + shown(chosen) + "\" is none of " + names);
  }

  template <class Describe>
  void part(std::string_view key, Describe describe) {
    auto* tree = find(key);
    if (!tree) return;
    FormReader inside(*tree, path_of(key), problems_);
    describe(inside);
    inside.look_for_strangers();
  }

  // A rule that is about more than one key.
  void complain(std::string_view key, std::string_view what);

  // After all has been described. Fails with bad_request, and all that is wrong, a line each.
  Result<void> end();

 private:
  static constexpr std::int64_t duration_ms_max = 24 * 3'600'000;

  FormReader(const Tree& tree, std::string path, std::vector<std::string>& problems);

  // The value of that key, if it is there once.
  const Tree* find(std::string_view key);
  template <class T>
  bool take(std::string_view key, T& out, const char* wanted);
  bool whole(std::string_view key, std::int64_t& out, std::int64_t least, std::int64_t most);
  void look_for_strangers();
  std::string path_of(std::string_view key) const;

  const Tree::Map* map_;
  std::string path_;
  std::vector<std::string_view> known_;
  std::vector<std::string> own_problems_;
  std::vector<std::string>& problems_;
};

class FormWriter {
 public:
  void text(std::string_view key, const std::string& value, Presence = Presence::optional) {
    add(key, {value});
  }
  void texts(std::string_view key, const std::vector<std::string>& values) {
    Tree::Array items;
    for (auto& value : values) items.push_back({value});
    add(key, {std::move(items)});
  }
  void flag(std::string_view key, bool value) { add(key, {value}); }

  template <class Number>
  void number(std::string_view key, Number value, std::int64_t, std::int64_t) {
    add(key, {static_cast<std::int64_t>(value)});
  }
  void duration(std::string_view key, std::chrono::milliseconds value, std::int64_t = 1) {
    add(key, {static_cast<std::int64_t>(value.count())});
  }
  template <class Enum>
  void choice(std::string_view key, Enum value, Choices<Enum> choices) {
    for (auto& [name, each] : choices)
      if (each == value) return add(key, {std::string(name)});
  }
  template <class Describe>
  void part(std::string_view key, Describe describe) {
    FormWriter inside;
    describe(inside);
    add(key, std::move(inside).end());
  }
  void complain(std::string_view, std::string_view) {}

  Tree end() && { return {std::move(map_)}; }

 private:
  void add(std::string_view key, Tree value) {
    map_.push_back({std::string(key), std::move(value)});
  }

  Tree::Map map_;
};

}  // namespace outboard
