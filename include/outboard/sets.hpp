// Sets: parameters for Session::many(), encoded as they are added: nothing is kept twice.
//
//   db.many("insert into note values (?, ?)", [&, i = 0](Sets& sets) mutable {
//     if (i == count) return false;
//     sets.add(i, titles[i++]);
//     return true;
//   });
//
// Lives in the call that it is handed to.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <outboard/value.hpp>

namespace outboard {

class Sets {
 public:
  // One set: a value for each parameter, in order. Integers, reals, texts, blobs, Values, nullptr.
  template <class... Values>
  void add(const Values&... values) {
    begin(sizeof...(values));
    (put(values), ...);
  }
  void add(const std::vector<Value>& values);

  ByteView encoded() const { return encoded_; }
  void clear() { encoded_.clear(); }

 private:
  void begin(std::size_t values);
  template <std::integral Integer>
  void put(Integer value) {
    put_integer(static_cast<std::int64_t>(value));
  }
  void put(double value);
  void put(std::string_view value);
  void put(const char* value) { put(std::string_view(value)); }
  void put(const std::string& value) { put(std::string_view(value)); }
  void put(const Bytes& value);
  void put(std::nullptr_t);
  void put(const Value& value);
  void put_integer(std::int64_t value);

  Bytes encoded_;
};

}  // namespace outboard
