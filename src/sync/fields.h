// How the structs of the dialogue become CBOR maps with small integer keys, and back. Each struct
// lists its fields once,
//
//   template <class Visitor, Is<Ping> T>
//   void fields(Visitor& visit, T& ping) { visit(0, ping.n); }
//
// and write_fields and read_fields follow that list: the two directions cannot differ.
//
// What is absent: an empty optional, false, and an empty list. All else is written always, and its
// absence is a fault. Keys from 64 on are for later versions: what is not known there is passed
// over; below 64 it is refused, as is a key that comes twice.
//
// Functions and values; nothing is kept. For the codecs of src/sync only.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/bytes.h"
#include "base/cbor.h"
#include "base/stamp.h"
#include "sync/ids.h"
#include "sync/limits.h"

namespace outboard::sync {

template <class T, class U>
concept Is = std::same_as<std::remove_const_t<T>, U>;

inline constexpr std::uint64_t first_passed_over_key = 64;

// ---- One value ----

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<std::vector<T>> = true;
template <class T>
inline constexpr bool is_byte_array = false;
template <std::size_t size>
inline constexpr bool is_byte_array<std::array<std::uint8_t, size>> = true;

template <class T>
bool is_present(const T& value) {
  if constexpr (is_optional<T>) return value.has_value();
  if constexpr (is_list<T>) return !value.empty();
  if constexpr (std::same_as<T, bool>) return value;
  return true;
}

template <class T>
void write_fields(cbor::Writer& out, const T& value);
template <class T>
void read_fields(cbor::Reader& in, T& value);

template <class T>
void write_value(cbor::Writer& out, const T& value) {
  if constexpr (is_optional<T>) {
    write_value(out, *value);
  } else if constexpr (is_list<T>) {
    out.array(value.size());
    for (auto& item : value) write_value(out, item);
  } else if constexpr (is_byte_array<T>) {
    out.blob(value);
  } else if constexpr (std::same_as<T, ReplicaId>) {
    std::array<std::uint8_t, 8> bytes{};
    store_le(bytes.data(), std::byteswap(static_cast<std::uint64_t>(value)));
    out.blob(bytes);
  } else if constexpr (std::same_as<T, Stamp>) {
    out.blob(encode(value));
  } else if constexpr (std::same_as<T, std::string>) {
    out.text(value);
  } else if constexpr (std::same_as<T, bool>) {
    out.boolean(value);
  } else if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
    out.count(static_cast<std::uint64_t>(value));
  } else {
    write_fields(out, value);
  }
}

// `limit` is the greatest number, or the most bytes or items.
template <class T>
void read_value(cbor::Reader& in, T& value, std::uint64_t limit) {
  if constexpr (is_optional<T>) {
    read_value(in, value.emplace(), limit);
  } else if constexpr (is_list<T>) {
    auto items = in.array();
    if (items > limit) return in.fail("a list is longer than its limit", Code::too_large);
    value.resize(items);
    for (auto& item : value) {
      read_value(in, item, limits::wire_integer_max);
      if (!in.ok()) return;
    }
  } else if constexpr (is_byte_array<T>) {
    auto bytes = in.blob();
    if (in.ok() && bytes.size() != value.size()) in.fail("bytes of another length than their own");
    if (in.ok()) std::copy(bytes.begin(), bytes.end(), value.begin());
  } else if constexpr (std::same_as<T, ReplicaId>) {
    std::array<std::uint8_t, 8> bytes{};
    read_value(in, bytes, limit);
    value = static_cast<ReplicaId>(std::byteswap(load_le<std::uint64_t>(bytes.data())));
  } else if constexpr (std::same_as<T, Stamp>) {
    StampBytes bytes{};
    read_value(in, bytes, limit);
    value = decode(bytes);
  } else if constexpr (std::same_as<T, std::string>) {
    auto text = in.text();
    if (text.size() > limit) return in.fail("a text is longer than its limit", Code::too_large);
    value = text;
  } else if constexpr (std::same_as<T, bool>) {
    value = in.boolean();
  } else if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
    auto number = in.count();
    if (number > limit) in.fail("a number is greater than it may be");
    if (in.ok()) value = static_cast<T>(number);
  } else {
    read_fields(in, value);
  }
}

// ---- A map of them ----

class FieldCounter {
 public:
  template <class T>
  void operator()(unsigned, const T& value, std::uint64_t = 0) {
    count += is_present(value) ? 1 : 0;
  }
  std::size_t count = 0;
};

class FieldWriter {
 public:
  explicit FieldWriter(cbor::Writer& out) : out_(out) {}

  template <class T>
  void operator()(unsigned key, const T& value, std::uint64_t = 0) {
    if (!is_present(value)) return;
    out_.count(key);
    write_value(out_, value);
  }

 private:
  cbor::Writer& out_;
};

class FieldReader {
 public:
  explicit FieldReader(cbor::Reader& in) : in_(in) {
    auto pairs = in_.map();
    if (pairs > limits::frame_keys_max) in_.fail("too many keys", Code::too_large);
    for (std::size_t i = 0; i < pairs && in_.ok(); ++i) {
      auto key = in_.count();
      auto item = in_.skip();
      for (std::size_t j = 0; j < size_; ++j)
        if (items_[j].key == key) in_.fail("a key comes twice");
      items_[size_++] = {key, item};
    }
  }

  template <class T>
  void operator()(unsigned key, T& value, std::uint64_t limit = limits::wire_integer_max) {
    for (std::size_t i = 0; i < size_; ++i) {
      if (items_[i].key != key) continue;
      items_[i].key = taken;
      cbor::Reader item(items_[i].bytes);
      read_value(item, value, limit);
      if (!item.ok())
        in_.fail("key " + std::to_string(key) + ": " + item.error().message, item.error().code);
      return;
    }
    if constexpr (!is_optional<T> && !is_list<T> && !std::same_as<T, bool>)
      in_.fail("key " + std::to_string(key) + " is missing");
  }

  void refuse_unknown() {
    for (std::size_t i = 0; i < size_; ++i)
      if (items_[i].key < first_passed_over_key)
        in_.fail("unknown key " + std::to_string(items_[i].key));
  }

 private:
  static constexpr std::uint64_t taken = ~std::uint64_t{0};

  struct Item {
    std::uint64_t key = 0;
    ByteView bytes = {};
  };
  cbor::Reader& in_;
  std::array<Item, limits::frame_keys_max> items_;
  std::size_t size_ = 0;
};

template <class T>
void write_fields(cbor::Writer& out, const T& value) {
  FieldCounter counter;
  fields(counter, value);
  out.map(counter.count);
  FieldWriter writer(out);
  fields(writer, value);
}

template <class T>
void read_fields(cbor::Reader& in, T& value) {
  FieldReader reader(in);
  fields(reader, value);
  reader.refuse_unknown();
}

}  // namespace outboard::sync
