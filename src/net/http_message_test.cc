#include "net/http_message.h"

#include <gtest/gtest.h>

namespace outboard::net {
namespace {

TEST(HttpMessage, FindsFieldsInWhateverCase) {
  Request request{"GET", "/", {{"Host", "one"}, {"hOST", "two"}}};
  EXPECT_EQ(request.field("host"), "one");
  EXPECT_EQ(request.field("Accept"), "");
}

TEST(HttpMessage, SplitsListsAndSkipsWhatIsEmpty) {
  EXPECT_EQ(elements_of(" gzip ,, br;q=0.5\t,"),
            (std::vector<std::string_view>{"gzip", "br;q=0.5"}));
  EXPECT_TRUE(elements_of("").empty());
  EXPECT_TRUE(elements_of(" , ").empty());
}

}  // namespace
}  // namespace outboard::net
