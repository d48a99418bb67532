// What can be seen of SQL text without preparing it.

#include "store/script.h"

#include <gtest/gtest.h>

namespace outboard {
namespace {

TEST(Script, BlankIsWhiteSpaceCommentsAndSemicolons) {
  EXPECT_EQ(skip_blank(""), "");
  EXPECT_EQ(skip_blank(" \t\r\n\f;;select 1 "), "select 1 ");
  EXPECT_EQ(skip_blank("-- one\n/* two * / */ ; -- three\nx"), "x");
  EXPECT_EQ(skip_blank("--"), "");
  EXPECT_EQ(skip_blank("/*"), "");
  EXPECT_EQ(skip_blank("/*/ still */x"), "x");
  EXPECT_EQ(skip_blank("/* open"), "");
  EXPECT_EQ(skip_blank("-x"), "-x");
  EXPECT_EQ(skip_blank("/ x"), "/ x");
}

TEST(Script, WhatBeginsLikeReading) {
  for (auto sql : {"select 1", " SELECT 1", "/* x */ with y", "Values (1)", "explain x"})
    EXPECT_TRUE(begins_like_reading(sql)) << sql;
  for (auto sql : {"", "insert", "selec", "(select 1)", "begin", "-- select", "pragma p"})
    EXPECT_FALSE(begins_like_reading(sql)) << sql;
}

}  // namespace
}  // namespace outboard
