#include "hub/page_path.h"

#include <gtest/gtest.h>

namespace outboard::hub {
namespace {

TEST(PagePath, DecodesAndLeavesTheQueryOut) {
  EXPECT_EQ(*page_path_of("/"), "");
  EXPECT_EQ(*page_path_of("/index.html"), "index.html");
  EXPECT_EQ(*page_path_of("/a%20b/%C3%A4.js?x=/../1#y"), "a b/ä.js");
  EXPECT_EQ(*page_path_of("/folder/"), "folder/");
  EXPECT_EQ(*page_path_of("/a..b/c..."), "a..b/c...");
  EXPECT_EQ(*page_path_of("/%252e%252e/x"), "%2e%2e/x");
}

TEST(PagePath, RefusesWhatLeadsElsewhere) {
  using namespace std::string_view_literals;
  for (std::string_view target : {"/.."sv,
                                  "/../x"sv,
                                  "/a/../x"sv,
                                  "/a/.."sv,
                                  "/%2e%2e/x"sv,
                                  "/%2E./x"sv,
                                  "/.%2e/x"sv,
                                  "/..%2fx"sv,
                                  "/%2e%2e%2fx"sv,
                                  "/a%2f..%2f..%2fx"sv,
                                  "/..%5cx"sv,
                                  "/..\\x"sv,
                                  "/a\\b"sv,
                                  "/."sv,
                                  "/./x"sv,
                                  "//x"sv,
                                  "//evil.example"sv,
                                  "/a//b"sv,
                                  "/%2f/x"sv,
                                  "/%2fetc/passwd"sv,
                                  "/a%00.html"sv,
                                  "/a\0b"sv,
                                  "/%0d%0aX:1"sv,
                                  "/%7f"sv,
                                  "/%"sv,
                                  "/%4"sv,
                                  "/%zz"sv,
                                  "/a%2"sv,
                                  ""sv,
                                  "x"sv,
                                  "*"sv,
                                  "http://localhost/x"sv,
                                  "?/x"sv}) {
    auto path = page_path_of(target);
    ASSERT_FALSE(path.ok()) << target;
    EXPECT_EQ(path.error().code, Code::bad_request) << target;
  }
}

TEST(PagePath, DoesNotShowHiddenFiles) {
  for (std::string_view target : {"/.git/config", "/a/.env", "/%2egit", "/..."}) {
    auto path = page_path_of(target);
    ASSERT_FALSE(path.ok()) << target;
    EXPECT_EQ(path.error().code, Code::not_found) << target;
  }
}

}  // namespace
}  // namespace outboard::hub
