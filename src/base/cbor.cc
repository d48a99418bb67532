#include "base/cbor.h"

#include <bit>
#include <cmath>
#include <limits>

#include "base/bytes.h"
#include "base/utf8.h"

namespace outboard {

Value ValueView::to_value() const {
  switch (kind) {
    case Kind::null: return {};
    case Kind::integer: return integer;
    case Kind::real: return real;
    case Kind::text: return std::string(text_of(bytes));
    case Kind::blob: return Bytes(bytes.begin(), bytes.end());
  }
  return {};
}

ValueView view_of(const Value& value) {
  ValueView view{.kind = value.kind(), .integer = value.integer(), .real = value.real()};
  if (value.kind() == Kind::text) view.bytes = bytes_of(value.text());
  if (value.kind() == Kind::blob) view.bytes = value.blob();
  return view;
}

}  // namespace outboard

namespace outboard::cbor {

namespace {

template <class T>
void append_big_endian(Bytes& out, T value) {
  append_le(out, std::byteswap(value));
}

template <class T>
T load_be(const std::uint8_t* from) {
  return std::byteswap(load_le<T>(from));
}

double half_to_double(std::uint16_t half) {
  int exponent = (half >> 10) & 31;
  int mantissa = half & 1023;
  double magnitude = exponent == 0    ? std::ldexp(mantissa, -24)
                     : exponent == 31 ? (mantissa ? std::numeric_limits<double>::quiet_NaN()
                                                  : std::numeric_limits<double>::infinity())
                                      : std::ldexp(mantissa + 1024, exponent - 25);
  return half & 0x8000 ? -magnitude : magnitude;
}

// The half-precision bits of `value`, if they say exactly the same.
std::optional<std::uint16_t> exact_half(float value) {
  auto bits = std::bit_cast<std::uint32_t>(value);
  auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000);
  int exponent = static_cast<int>((bits >> 23) & 255) - 127;
  std::uint32_t mantissa = bits & 0x7fffff;
  if (exponent == 128) return mantissa ? 0x7e00 : static_cast<std::uint16_t>(sign | 0x7c00);
  if ((bits & 0x7fffffff) == 0) return sign;
  if (exponent > 15 || exponent < -24) return std::nullopt;
  if (exponent >= -14) {
    if (mantissa & 0x1fff) return std::nullopt;
    return static_cast<std::uint16_t>(sign | ((exponent + 15) << 10) | (mantissa >> 13));
  }
  std::uint32_t whole = mantissa | 0x800000;  // a subnormal half: shift the hidden one in
  int dropped = -exponent - 1;                // 14 … 23
  if (whole & ((1u << dropped) - 1)) return std::nullopt;
  return static_cast<std::uint16_t>(sign | (whole >> dropped));
}

}  // namespace

void Writer::head(unsigned major, std::uint64_t argument) {
  auto first = static_cast<std::uint8_t>(major << 5);
  if (argument < 24) {
    out_.push_back(static_cast<std::uint8_t>(first | argument));
  } else if (argument <= 0xff) {
    out_.push_back(first | 24);
    out_.push_back(static_cast<std::uint8_t>(argument));
  } else if (argument <= 0xffff) {
    out_.push_back(first | 25);
    append_big_endian(out_, static_cast<std::uint16_t>(argument));
  } else if (argument <= 0xffffffff) {
    out_.push_back(first | 26);
    append_big_endian(out_, static_cast<std::uint32_t>(argument));
  } else {
    out_.push_back(first | 27);
    append_big_endian(out_, argument);
  }
}

void Writer::integer(std::int64_t value) {
  if (value >= 0) {
    head(0, static_cast<std::uint64_t>(value));
  } else {
    head(1, ~static_cast<std::uint64_t>(value));
  }
}

void Writer::real(double value) {
  auto narrow = static_cast<float>(value);
  bool fits = std::isnan(value) || static_cast<double>(narrow) == value;
  if (!fits) {
    out_.push_back(0xfb);
    append_big_endian(out_, std::bit_cast<std::uint64_t>(value));
  } else if (auto half = exact_half(narrow)) {
    out_.push_back(0xf9);
    append_big_endian(out_, *half);
  } else {
    out_.push_back(0xfa);
    append_big_endian(out_, std::bit_cast<std::uint32_t>(narrow));
  }
}

void Writer::text(std::string_view value) {
  head(3, value.size());
  append(out_, bytes_of(value));
}

void Writer::blob(ByteView value) {
  head(2, value.size());
  append(out_, value);
}

void Writer::value(const ValueView& value) {
  switch (value.kind) {
    case Kind::null: return null();
    case Kind::integer: return integer(value.integer);
    case Kind::real: return real(value.real);
    case Kind::text: return text(text_of(value.bytes));
    case Kind::blob: return blob(value.bytes);
  }
}

void Reader::fail(std::string_view message, Code code) {
  if (!error_) error_ = Error{code, std::string(message), "send what docs/protocol.md describes"};
  at_ = bytes_.size();
}

namespace {

constexpr Type type_of(unsigned first) {
  switch (first >> 5) {
    case 0:
    case 1: return Type::integer;
    case 2: return Type::blob;
    case 3: return Type::text;
    case 4: return Type::array;
    case 5: return Type::map;
    case 7:
      switch (first & 31) {
        case 20:
        case 21: return Type::boolean;
        case 22: return Type::null;
        case 25:
        case 26:
        case 27: return Type::real;
      }
  }
  return Type::broken;
}

// By an item's first byte.
constexpr auto types = [] {
  std::array<Type, 256> table;
  for (unsigned first = 0; first < table.size(); ++first) table[first] = type_of(first);
  return table;
}();

}  // namespace

Type Reader::peek() const {
  if (at_ < bytes_.size()) return types[bytes_[at_]];
  return error_ ? Type::broken : Type::end;
}

Reader::Head Reader::long_head() {
  if (error_) return {};
  if (at_ == bytes_.size()) {
    fail("the message ends in the middle of an item");
    return {};
  }
  unsigned first = bytes_[at_++];
  Head head{.major = first >> 5, .short_form = first & 31};
  if (head.short_form > 27) {
    fail("indefinite lengths and reserved forms of CBOR are not used here");
    return {};
  }
  std::size_t size = std::size_t{1} << (head.short_form - 24);
  if (left() < size) {
    fail("the message ends in the middle of an item");
    return {};
  }
  auto* from = bytes_.data() + at_;
  switch (size) {
    case 1: head.argument = *from; break;
    case 2: head.argument = load_be<std::uint16_t>(from); break;
    case 4: head.argument = load_be<std::uint32_t>(from); break;
    case 8: head.argument = load_be<std::uint64_t>(from); break;
  }
  at_ += size;
  return head;
}

Reader::Head Reader::expect(unsigned major, const char* what) {
  auto got = head();
  if (ok() && got.major != major) fail(std::string("expected ") + what);
  return ok() ? got : Head{};
}

ByteView Reader::take(std::uint64_t size) {
  if (size > left()) {
    fail("a length goes beyond the end of the message");
    return {};
  }
  auto taken = bytes_.subspan(at_, static_cast<std::size_t>(size));
  at_ += taken.size();
  return taken;
}

std::int64_t Reader::integer() {
  auto got = head();
  if (!ok()) return 0;
  if (got.major > 1) return fail("expected an integer"), 0;
  if (got.argument > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return fail("an integer does not fit into 64 bits"), 0;
  auto magnitude = static_cast<std::int64_t>(got.argument);
  return got.major == 0 ? magnitude : -1 - magnitude;
}

std::uint64_t Reader::count() { return expect(0, "an integer that is not negative").argument; }

double Reader::real() {
  if (peek() == Type::integer) return static_cast<double>(integer());
  auto got = expect(7, "a number");
  switch (got.short_form) {
    case 25: return half_to_double(static_cast<std::uint16_t>(got.argument));
    case 26: return std::bit_cast<float>(static_cast<std::uint32_t>(got.argument));
    case 27: return std::bit_cast<double>(got.argument);
  }
  return fail("expected a number"), 0;
}

bool Reader::boolean() {
  auto got = expect(7, "true or false");
  if (ok() && got.short_form != 20 && got.short_form != 21) fail("expected true or false");
  return ok() && got.short_form == 21;
}

std::string_view Reader::text() { return text_of_size(expect(3, "text").argument); }

std::string_view Reader::text_of_size(std::uint64_t size) {
  auto text = text_of(take(size));
  if (!is_utf8(text)) fail("a text is not well-formed UTF-8");
  return ok() ? text : std::string_view();
}

ByteView Reader::blob() { return take(expect(2, "bytes").argument); }

ValueView Reader::value() {
  switch (peek()) {
    case Type::null: ++at_; return {};
    case Type::integer: return {.kind = Kind::integer, .integer = integer()};
    case Type::real: return {.kind = Kind::real, .real = real()};
    case Type::text: return {.kind = Kind::text, .bytes = bytes_of(text_of_size(head().argument))};
    case Type::blob: return {.kind = Kind::blob, .bytes = take(head().argument)};
    default: fail("expected a value: null, a number, text or bytes"); return {};
  }
}

std::size_t Reader::array() {
  auto items = expect(4, "an array").argument;
  if (items > left()) fail("an array claims more items than the message holds");
  return ok() ? static_cast<std::size_t>(items) : 0;
}

std::size_t Reader::map() {
  auto pairs = expect(5, "a map").argument;
  if (pairs > left() / 2) fail("a map claims more keys than the message holds");
  return ok() ? static_cast<std::size_t>(pairs) : 0;
}

void Reader::expect_end() {
  if (ok() && !at_end()) fail("something follows where nothing should");
}

ByteView Reader::skip() {
  auto start = at_;
  std::array<std::uint64_t, limits::cbor_depth_max + 1> left_at{};  // items to come, per level
  std::size_t depth = 0;
  left_at[0] = 1;
  for (;;) {
    while (left_at[depth] == 0) {
      if (depth == 0) return bytes_.subspan(start, at_ - start);
      --depth;
    }
    --left_at[depth];
    auto item = head();
    std::uint64_t inside = 0;
    switch (item.major) {
      case 2:
      case 3: take(item.argument); break;
      case 4: inside = item.argument; break;
      case 5: inside = item.argument <= left() ? 2 * item.argument : item.argument; break;
      case 6: fail("tags of CBOR are not used here"); break;
      case 7:
        if (item.short_form < 20 || item.short_form == 23 || item.short_form == 24)
          fail("a simple value of CBOR that is not used here");
        break;
    }
    if (inside > left()) fail("a container claims more items than the message holds");
    bool container = item.major == 4 || item.major == 5;
    if (container && depth == limits::cbor_depth_max) fail("arrays and maps are nested too deep");
    if (!ok()) return {};
    if (inside > 0) left_at[++depth] = inside;
  }
}

namespace {
std::string quoted(std::string_view key) { return "'" + std::string(first_of_utf8(key, 40)) + "'"; }
}  // namespace

MapReader::MapReader(Reader& reader, const char* what)
    : reader_(reader), what_(what), left_(reader.map()) {
  if (left_ > keys_max) {
    reader_.fail(std::string(what_) + ": too many keys");
    left_ = 0;
  }
}

std::optional<std::string_view> MapReader::next() {
  if (left_ == 0 || !reader_.ok()) return std::nullopt;
  --left_;
  auto key = reader_.text();
  if (!reader_.ok()) return std::nullopt;
  for (std::size_t i = 0; i < seen_count_; ++i) {
    if (seen_[i] != key) continue;
    reader_.fail(std::string(what_) + ": the key " + quoted(key) + " comes twice");
    return std::nullopt;
  }
  seen_[seen_count_++] = key;
  return key;
}

void MapReader::unknown() {
  reader_.fail(std::string(what_) + ": unknown key " + quoted(seen_[seen_count_ - 1]));
}

}  // namespace outboard::cbor
