#include <outboard/value.hpp>

#include <gtest/gtest.h>

#include <charconv>
#include <limits>
#include <random>

#include "base/cbor.h"

namespace outboard {
namespace {

TEST(ValueTest, the_numbers_of_the_kinds_reach_the_wire) {
  EXPECT_EQ(static_cast<int>(Kind::null), 0);
  EXPECT_EQ(static_cast<int>(Kind::integer), 1);
  EXPECT_EQ(static_cast<int>(Kind::real), 2);
  EXPECT_EQ(static_cast<int>(Kind::text), 3);
  EXPECT_EQ(static_cast<int>(Kind::blob), 4);
}

TEST(ValueTest, the_kind_follows_from_the_type) {
  EXPECT_EQ(Value().kind(), Kind::null);
  EXPECT_EQ(Value(nullptr).kind(), Kind::null);
  EXPECT_EQ(Value(1).kind(), Kind::integer);
  EXPECT_EQ(Value(true).kind(), Kind::integer);
  EXPECT_EQ(Value(1.0).kind(), Kind::real);
  EXPECT_EQ(Value("a").kind(), Kind::text);
  EXPECT_EQ(Value(std::string_view("a\0b", 3)).text().size(), 3u);
  EXPECT_EQ(Value(Bytes{1}).kind(), Kind::blob);
}

TEST(ValueTest, nothing_is_converted) {
  EXPECT_EQ(Value("7").integer(), 0);
  EXPECT_EQ(Value(7).real(), 0.0);
  EXPECT_EQ(Value(7).text(), "");
  EXPECT_EQ(Value("7").blob().size(), 0u);
  EXPECT_NE(Value(1), Value(1.0));
  EXPECT_NE(Value("a"), Value(Bytes{'a'}));
}

TEST(ValueTest, a_view_shows_the_same_value) {
  for (auto& value : {Value(), Value(-7), Value(0.5), Value("text"), Value(Bytes{0, 1}), Value(""),
                      Value(Bytes{})})
    EXPECT_EQ(view_of(value).to_value(), value) << to_sql_literal(value);
}

TEST(ValueTest, literals_are_those_of_sqlite) {
  EXPECT_EQ(to_sql_literal({}), "null");
  EXPECT_EQ(to_sql_literal(42), "42");
  EXPECT_EQ(to_sql_literal(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(to_sql_literal("it's"), "'it''s'");
  EXPECT_EQ(to_sql_literal(""), "''");
  EXPECT_EQ(to_sql_literal("''"), "''''''");
  EXPECT_EQ(to_sql_literal(Bytes{0, 255}), "x'00ff'");
  EXPECT_EQ(to_sql_literal(Bytes{}), "x''");
}

TEST(ValueTest, a_real_shows_a_point_or_an_exponent) {
  EXPECT_EQ(to_sql_literal(1.0), "1.0");
  EXPECT_EQ(to_sql_literal(-0.0), "-0.0");
  EXPECT_EQ(to_sql_literal(0.1), "0.1");
  EXPECT_EQ(to_sql_literal(1e300), "1e+300");
  EXPECT_EQ(to_sql_literal(5e-324), "5e-324");
  EXPECT_EQ(to_sql_literal(9007199254740993.0), "9007199254740992.0");
  EXPECT_EQ(to_sql_literal(std::numeric_limits<double>::infinity()), "9e999");
  EXPECT_EQ(to_sql_literal(-std::numeric_limits<double>::infinity()), "-9e999");
}

TEST(ValueTest, not_a_number_is_null_as_in_sqlite) {
  EXPECT_EQ(to_sql_literal(std::numeric_limits<double>::quiet_NaN()), "null");
  EXPECT_EQ(to_sql_literal(-std::numeric_limits<double>::quiet_NaN()), "null");
}

TEST(ValueTest, a_literal_of_a_real_says_exactly_that_real) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    auto value = std::bit_cast<double>(random());
    auto literal = to_sql_literal(value);
    if (literal == "null" || literal.ends_with("9e999")) continue;
    double read = 0;
    auto end = std::from_chars(literal.data(), literal.data() + literal.size(), read).ptr;
    ASSERT_EQ(end, literal.data() + literal.size()) << literal;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(read), std::bit_cast<std::uint64_t>(value)) << literal;
  }
}

}  // namespace
}  // namespace outboard
