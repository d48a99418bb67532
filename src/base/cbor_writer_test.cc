#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "base/bytes.h"
#include "base/cbor.h"

namespace outboard::cbor {
namespace {

constexpr auto int64_min = std::numeric_limits<std::int64_t>::min();
constexpr auto int64_max = std::numeric_limits<std::int64_t>::max();

template <class Write>
std::string written(Write write) {
  Bytes out;
  Writer writer(out);
  write(writer);
  return to_hex(out);
}

std::string written_integer(std::int64_t value) {
  return written([&](Writer& out) { out.integer(value); });
}

std::string written_real(double value) {
  return written([&](Writer& out) { out.real(value); });
}

// RFC 8949, appendix D, in other words than the code under test.
double half_value(unsigned half) {
  unsigned exponent = (half & 0x7fff) >> 10;
  double mantissa = half & 0x3ff;
  double value = exponent == 0
                     ? mantissa / 1024 * std::pow(2, -14)
                     : (1 + mantissa / 1024) * std::pow(2, static_cast<int>(exponent) - 15);
  if (exponent == 31) value = mantissa == 0 ? HUGE_VAL : std::nan("");
  return half & 0x8000 ? -value : value;
}

std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }

TEST(CborWriterTest, integers_take_the_shortest_form) {
  const std::pair<std::int64_t, const char*> edges[] = {{0, "00"},
                                                        {23, "17"},
                                                        {24, "1818"},
                                                        {255, "18ff"},
                                                        {256, "190100"},
                                                        {65'535, "19ffff"},
                                                        {65'536, "1a00010000"},
                                                        {4'294'967'295, "1affffffff"},
                                                        {4'294'967'296, "1b0000000100000000"},
                                                        {int64_max, "1b7fffffffffffffff"},
                                                        {-1, "20"},
                                                        {-24, "37"},
                                                        {-25, "3818"},
                                                        {-256, "38ff"},
                                                        {-257, "390100"},
                                                        {-65'536, "39ffff"},
                                                        {-65'537, "3a00010000"},
                                                        {-4'294'967'296, "3affffffff"},
                                                        {-4'294'967'297, "3b0000000100000000"},
                                                        {int64_min, "3b7fffffffffffffff"}};
  for (auto& [value, hex] : edges) EXPECT_EQ(written_integer(value), hex) << value;
  EXPECT_EQ(written([](Writer& out) { out.count(~std::uint64_t{0}); }), "1bffffffffffffffff");
}

TEST(CborWriterTest, reals_take_the_shortest_form) {
  const std::pair<double, const char*> edges[] = {
      {0.0, "f90000"},
      {-0.0, "f98000"},
      {1.0, "f93c00"},
      {1.5, "f93e00"},
      {-4.0, "f9c400"},
      {65'504.0, "f97bff"},         // the greatest half
      {65'505.0, "fa477fe100"},     // needs one bit more
      {65'536.0, "fa47800000"},     // its exponent is beyond a half
      {0x1p-14, "f90400"},          // the least normal half
      {0x1.ff8p-15, "f903ff"},      // the greatest subnormal half
      {0x1.ffcp-15, "fa387fe000"},  // one bit more than that
      {0x1p-15, "f90200"},
      {0x1p-24, "f90001"},        // the least half
      {0x1.8p-24, "fa33c00000"},  // between the two least halves
      {0x1p-25, "fa33000000"},
      {0x1p-126, "fa00800000"},  // the least normal float
      {0x1p-149, "fa00000001"},  // the least float
      {0x1p-150, "fb3690000000000000"},
      {3.4028234663852886e38, "fa7f7fffff"},
      {3.5e38, "fb47f074f8c4d3cd7b"},
      {100'000.0, "fa47c35000"},
      {1.1, "fb3ff199999999999a"},
      {1e300, "fb7e37e43c8800759c"},
      {5e-324, "fb0000000000000001"},
      {std::numeric_limits<double>::infinity(), "f97c00"},
      {-std::numeric_limits<double>::infinity(), "f9fc00"},
      {std::numeric_limits<double>::quiet_NaN(), "f97e00"},
      {-std::numeric_limits<double>::quiet_NaN(), "f97e00"},
      {std::bit_cast<double>(std::uint64_t{0x7ff0000000000001}), "f97e00"},
  };
  for (auto& [value, hex] : edges) EXPECT_EQ(written_real(value), hex) << value;
}

TEST(CborWriterTest, other_items_are_those_of_the_standard) {
  EXPECT_EQ(written([](Writer& out) { out.null(); }), "f6");
  EXPECT_EQ(written([](Writer& out) { out.boolean(true), out.boolean(false); }), "f5f4");
  EXPECT_EQ(written([](Writer& out) { out.text(""), out.text("IETF"); }), "606449455446");
  EXPECT_EQ(written([](Writer& out) { out.text("\xC3\xBC"), out.text("\xE6\xB0\xB4"); }),
            "62c3bc63e6b0b4");
  EXPECT_EQ(written([](Writer& out) { out.blob({}), out.blob(Bytes{1, 2, 3, 4}); }),
            "404401020304");
  EXPECT_EQ(written([](Writer& out) { out.array(0), out.array(25), out.map(0), out.map(2); }),
            "809819a0a2");
  EXPECT_EQ(written([](Writer& out) { out.text(std::string(256, 'x')); }).substr(0, 8), "79010078");
}

TEST(CborWriterTest, values_keep_their_kind) {
  const std::pair<Value, const char*> values[] = {{Value(), "f6"},
                                                  {Value(1), "01"},
                                                  {Value(1.0), "f93c00"},
                                                  {Value("a"), "6161"},
                                                  {Value(Bytes{0xff}), "41ff"}};
  for (auto& [value, hex] : values) EXPECT_EQ(written([&](Writer& out) { out.value(value); }), hex);
}

TEST(CborRealTest, every_half_is_read_and_written_back) {
  for (unsigned half = 0; half < 0x10000; ++half) {
    Bytes bytes = {0xf9, static_cast<std::uint8_t>(half >> 8), static_cast<std::uint8_t>(half)};
    auto value = Reader(bytes).real();
    auto expected = half_value(half);
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(value)) << half;
      ASSERT_EQ(written_real(value), "f97e00") << half;
    } else {
      ASSERT_EQ(bits(value), bits(expected)) << half;
      ASSERT_EQ(written_real(value), to_hex(bytes)) << half;
    }
  }
}

// Doubles of every exponent and of mantissas that end early or late, beside a table of all halves.
TEST(CborRealTest, every_double_comes_back_from_the_shortest_form_that_holds_it) {
  std::map<std::uint64_t, unsigned> halves;
  for (unsigned half = 0; half < 0x10000; ++half) halves[bits(half_value(half))] = half;

  std::mt19937_64 random(1);
  for (int i = 0; i < 200'000; ++i) {
    auto mantissa = random() << (random() % 52) & 0xfffffffffffff;
    auto exponent = i % 2 ? random() % 2047 : 1023 - 30 + random() % 60;
    auto value = std::bit_cast<double>((random() & 1) << 63 | exponent << 52 | mantissa);
    Bytes out;
    Writer(out).real(value);
    Reader in(out);
    ASSERT_EQ(bits(in.real()), bits(value)) << value;
    ASSERT_TRUE(in.ok() && in.at_end());
    std::size_t shortest = halves.contains(bits(value))                     ? 3
                           : bits(static_cast<float>(value)) == bits(value) ? 5
                                                                            : 9;
    ASSERT_EQ(out.size(), shortest) << value;
  }
}

}  // namespace
}  // namespace outboard::cbor
