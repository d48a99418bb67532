// Result<T>: either a T or an Error. Nothing in Outboard throws at its callers.
//
//   Result<int> parse(std::string_view text);
//   int n = TRY(parse("42"));           // inside a function that returns a Result itself
//   if (auto r = parse("x"); !r) log(r.error());
//
// A value like any other: moving or copying it moves or copies what it holds. Asking for the value
// of an error, or for the error of a value, is a bug of the caller and ends the program with a
// sentence.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include <outboard/error.hpp>

namespace outboard {

namespace detail {
[[noreturn]] inline void wrong_side(const char* what, const Error* error) {
  std::fprintf(stderr, "outboard: %s%s%s\n", what, error ? ": " : "",
               error ? error->message.c_str() : "");
  std::abort();
}
}  // namespace detail

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  template <class U>
    requires(std::is_convertible_v<U &&, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error> &&
             !std::is_same_v<std::remove_cvref_t<U>, Result>)
  Result(U&& value) : state_(std::in_place_index<0>, std::forward<U>(value)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok().
  T& value() & { return *checked(); }
  const T& value() const& { return *const_cast<Result*>(this)->checked(); }
  T&& value() && { return std::move(*checked()); }
  T& operator*() & { return *checked(); }
  const T& operator*() const& { return *const_cast<Result*>(this)->checked(); }
  T&& operator*() && { return std::move(*checked()); }
  T* operator->() { return checked(); }
  const T* operator->() const { return const_cast<Result*>(this)->checked(); }

  // REQUIRES: !ok().
  const Error& error() const& {
    if (ok()) detail::wrong_side("asked a value for its error", nullptr);
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    if (ok()) detail::wrong_side("asked a value for its error", nullptr);
    return std::move(*std::get_if<1>(&state_));
  }

  T value_or(T otherwise) const& { return ok() ? *std::get_if<0>(&state_) : std::move(otherwise); }

 private:
  T* checked() {
    if (!ok()) detail::wrong_side("used an error as a value", std::get_if<1>(&state_));
    return std::get_if<0>(&state_);
  }

  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }

  void value() const {
    if (!ok()) detail::wrong_side("used an error as a value", &*error_);
  }
  const Error& error() const {
    if (ok()) detail::wrong_side("asked a success for its error", nullptr);
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

namespace detail {
template <class T>
decltype(auto) unwrap(Result<T>&& result) {
  if constexpr (!std::is_void_v<T>) return T(std::move(*result));
}
}  // namespace detail

}  // namespace outboard

// The value of a Result, or return its error from the enclosing function. (A GNU statement
// expression: g++ and clang both have it, natively and for WebAssembly.)
#define OUTBOARD_TRY(expression)                                          \
  __extension__({                                                         \
    auto outboard_result = (expression);                                  \
    if (!outboard_result.ok()) return std::move(outboard_result).error(); \
    ::outboard::detail::unwrap(std::move(outboard_result));               \
  })
