// Value: what a cell of a row and a parameter of a statement hold. SQLite's five storage classes.
//
// Values own what they hold: copyable, comparable, safe to send between threads.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace outboard {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

// The storage classes. The numbers are cell tags of a batch and reach the wire: do not change them.
enum class Kind : std::uint8_t { null = 0, integer = 1, real = 2, text = 3, blob = 4 };

class Value {
 public:
  Value() = default;
  Value(std::nullptr_t) {}
  template <std::integral Integer>
  Value(Integer value) : state_(static_cast<std::int64_t>(value)) {}
  Value(double value) : state_(value) {}
  Value(const char* value) : state_(std::string(value)) {}
  Value(std::string_view value) : state_(std::string(value)) {}
  Value(std::string value) : state_(std::move(value)) {}
  Value(Bytes value) : state_(std::move(value)) {}

  Kind kind() const { return static_cast<Kind>(state_.index()); }
  bool is_null() const { return kind() == Kind::null; }

  // The content if it is of that kind, else a neutral one (0, 0.0, ""). Nothing is converted.
  std::int64_t integer() const { return get_or<std::int64_t>(0); }
  double real() const { return get_or<double>(0.0); }
  std::string_view text() const {
    auto* text = std::get_if<std::string>(&state_);
    return text ? std::string_view(*text) : std::string_view();
  }
  ByteView blob() const {
    auto* blob = std::get_if<Bytes>(&state_);
    return blob ? ByteView(*blob) : ByteView();
  }

  friend bool operator==(const Value&, const Value&) = default;

 private:
  template <class T>
  T get_or(T otherwise) const {
    auto* held = std::get_if<T>(&state_);
    return held ? *held : otherwise;
  }

  std::variant<std::monostate, std::int64_t, double, std::string, Bytes> state_;
};

// As an SQL literal: null, 42, 1.5, 'it''s', x'00ff'. A real always shows a point or an exponent.
std::string to_sql_literal(const Value& value);

}  // namespace outboard
