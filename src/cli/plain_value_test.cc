#include "cli/plain_value.h"

#include <gtest/gtest.h>

#include <limits>

namespace outboard::cli {
namespace {

TEST(PlainValue, IsWhatItLooksLikeAndElseAText) {
  EXPECT_EQ(value_of("42"), Value(42));
  EXPECT_EQ(value_of("-9223372036854775808"), Value(std::numeric_limits<std::int64_t>::min()));
  EXPECT_EQ(value_of("1.5"), Value(1.5));
  EXPECT_EQ(value_of("null"), Value());
  EXPECT_EQ(value_of("x'00ff'"), Value(Bytes{0, 255}));
  EXPECT_EQ(value_of("'null'"), Value("null"));
  EXPECT_EQ(value_of("'it''s'"), Value("it's"));
  for (const char* text : {"", "Sea", "007", "+1", "1e3", "1.50", "9223372036854775808", "x'0'",
                           "x'zz'", "'a'b'", "'", "NULL", "inf", "nan", " 1"})
    EXPECT_EQ(value_of(text), Value(text)) << text;
}

TEST(PlainValue, ComesBackAsItWent) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const Value& value :
       {Value(), Value(1), Value(1.0), Value(1e300), Value(infinity), Value(-infinity), Value(""),
        Value("1"), Value("null"), Value("'"), Value("'quoted'"), Value("x''"), Value("a'b"),
        Value(Bytes{}), Value(Bytes{1, 2})})
    EXPECT_EQ(value_of(plain(value)), value) << plain(value);
}

}  // namespace
}  // namespace outboard::cli
