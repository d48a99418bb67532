// CBOR (RFC 8949), the part that messages need: integers of 64 bits, floats, text, bytes, arrays,
// maps, booleans and null, all of definite length. Tags, `undefined` and indefinite lengths are
// refused.
//
// What the Writer writes is canonical: the shortest form of everything. Whoever writes a map gives
// the keys in order (shorter first, then by bytes).
//
// The Reader pulls one item after the other out of bytes that it does not own; text and bytes come
// back as views into them. It never allocates for what a length claims, never recurses, and goes at
// most `depth_max` containers deep. The first fault sticks: from then on every call returns a
// neutral value, so a decoder reads all of its fields and asks ok() once.
//
// Neither is shared between threads.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include <outboard/value.hpp>
#include "base/limits.h"
#include "base/result.h"

namespace outboard {

// A Value that points into somebody else's bytes.
struct ValueView {
  Kind kind = Kind::null;
  std::int64_t integer = 0;
  double real = 0;
  ByteView bytes = {};  // of a text or a blob

  Value to_value() const;
};

ValueView view_of(const Value& value);

}  // namespace outboard

namespace outboard::cbor {

class Writer {
 public:
  explicit Writer(Bytes& out) : out_(out) {}

  void null() { out_.push_back(0xf6); }
  void boolean(bool value) { out_.push_back(value ? 0xf5 : 0xf4); }
  void integer(std::int64_t value);
  void count(std::uint64_t value) { head(0, value); }
  void real(double value);
  void text(std::string_view value);
  void blob(ByteView value);
  void value(const ValueView& value);
  void value(const Value& value) { this->value(view_of(value)); }

  // Items that are encoded already.
  void encoded(ByteView items) { out_.insert(out_.end(), items.begin(), items.end()); }

  // Followed by that many items, or pairs of key and item.
  void array(std::size_t items) { head(4, items); }
  void map(std::size_t pairs) { head(5, pairs); }

 private:
  void head(unsigned major, std::uint64_t argument);

  Bytes& out_;
};

enum class Type { integer, blob, text, array, map, boolean, null, real, end, broken };

class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}

  bool ok() const { return !error_.has_value(); }
  const Error& error() const { return *error_; }
  bool at_end() const { return at_ == bytes_.size(); }
  ByteView rest() const { return bytes_.subspan(at_); }

  // The type of the next item, without taking it. `end` where there is none.
  Type peek() const;

  std::int64_t integer();
  std::uint64_t count();  // an integer that is not negative
  double real();          // an integer will do too
  bool boolean();
  std::string_view text();  // well-formed UTF-8
  ByteView blob();
  ValueView value();  // null, integer, real, text or blob

  // Takes the head of a container and returns how many items (pairs) follow. Never more than the
  // bytes that are left could hold.
  std::size_t array();
  std::size_t map();

  // Takes the next item whole, whatever it is, and returns its bytes: well-formed, but its texts
  // are not looked into.
  ByteView skip();

  // A fault if anything follows.
  void expect_end();

  // Marks the input as wrong from the outside: "…: a timeout must be at least 1".
  void fail(std::string_view message, Code code = Code::bad_request);

 private:
  struct Head {
    unsigned major = 7;
    unsigned short_form = 0;
    std::uint64_t argument = 0;
  };
  Head head() {
    // Most heads are one byte.
    if (at_ == bytes_.size() || (bytes_[at_] & 31) >= 24) return long_head();
    unsigned first = bytes_[at_++];
    return {.major = first >> 5, .short_form = first & 31, .argument = first & 31};
  }
  Head long_head();
  Head expect(unsigned major, const char* what);
  ByteView take(std::uint64_t size);
  std::string_view text_of_size(std::uint64_t size);
  std::size_t left() const { return bytes_.size() - at_; }

  ByteView bytes_;
  std::size_t at_ = 0;
  std::optional<Error> error_;
};

// Walks a map whose keys are text, in any order; a key that comes twice is a fault.
//
//   for (MapReader map(reader, "exec"); auto key = map.next();)
//     if (*key == "sql") sql = reader.text(); else map.unknown();
class MapReader {
 public:
  // `what` names the map in errors.
  MapReader(Reader& reader, const char* what);

  std::optional<std::string_view> next();
  void unknown();  // the key just returned is not one of those that are known here

 private:
  static constexpr std::size_t keys_max = 32;

  Reader& reader_;
  const char* what_;
  std::size_t left_;
  std::array<std::string_view, keys_max> seen_;
  std::size_t seen_count_ = 0;
};

}  // namespace outboard::cbor
