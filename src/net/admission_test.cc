// Who may connect (law L11).

#include "net/admission.h"

#include <gtest/gtest.h>

namespace outboard::net {
namespace {

struct Admission : testing::Test {
  unsigned status(const HeadOfRequest& shown) {
    auto verdict = admit(shown, {.token = "secret", .hosts = hosts, .origins = origins});
    return verdict.answer ? verdict.answer->status : verdict.wants_metrics ? 200 : 101;
  }

  std::vector<std::string> hosts = {"localhost:80"}, origins = {"http://app.example"};
  HeadOfRequest head{.target = "/",
                     .host = "localhost:80",
                     .origin = "",
                     .authorization = "Bearer secret",
                     .is_upgrade = true};
};

TEST_F(Admission, L11_TheTokenIsAsked) {
  EXPECT_EQ(status(head), 101u);
  for (auto wrong : {"", "secret", "Bearer ", "Bearer secre", "Bearer secrets", "Basic secret",
                     "Bearer secretsecret", "bearer secret"}) {
    head.authorization = wrong;
    EXPECT_EQ(status(head), 401u) << wrong;
  }
  head.target = "/?a=b&token=secret";
  EXPECT_EQ(status(head), 101u);
  for (auto wrong : {"/?token=", "/?token=secret2", "/?atoken=secret", "/?x&token=x"}) {
    head.target = wrong;
    EXPECT_EQ(status(head), 401u) << wrong;
  }
}

TEST_F(Admission, ATokenInTheAddressIsWrittenAsAddressesAre) {
  auto shown = [&](const char* target) {
    head.authorization = "";
    head.target = target;
    auto verdict = admit(head, {.token = "a b%/é", .hosts = hosts, .origins = origins});
    return !verdict.answer;
  };
  EXPECT_TRUE(shown("/?token=a%20b%25%2F%C3%a9"));
  EXPECT_TRUE(shown("/?token=a%20b%/%C3%A9"));
  EXPECT_FALSE(shown("/?token=a+b%25/%C3%A9"));
  EXPECT_FALSE(shown("/?token=a%20b%25/%C3%A"));
}

TEST_F(Admission, L11_AnEmptyTokenLetsNobodyIn) {
  auto verdict = admit({.target = "/?token=",
                        .host = "localhost:80",
                        .origin = "",
                        .authorization = "Bearer ",
                        .is_upgrade = true},
                       {.token = "", .hosts = hosts, .origins = {}});
  EXPECT_EQ(verdict.answer->status, 401u);
}

TEST_F(Admission, L11_OtherNamesAndOriginsAreRefused) {
  for (auto wrong : {"", "localhost", "localhost:8080", "evil.example:80"}) {
    auto other = head;
    other.host = wrong;
    EXPECT_EQ(status(other), 403u) << wrong;
    other.target = "/health";
    EXPECT_EQ(status(other), 403u) << wrong;
  }
  head.origin = "http://app.example";
  EXPECT_EQ(status(head), 101u);
  for (auto wrong :
       {"null", "http://evil.example", "http://app.example.evil", "https://app.example"}) {
    head.origin = wrong;
    EXPECT_EQ(status(head), 403u) << wrong;
  }
}

TEST_F(Admission, L11_HealthIsForAllAndFiguresAreNot) {
  head.is_upgrade = false;
  EXPECT_EQ(status(head), 426u);
  head.target = "/metrics";
  EXPECT_EQ(status(head), 200u);
  head.target = "/nowhere";
  EXPECT_EQ(status(head), 404u);
  head.authorization = "";
  EXPECT_EQ(status(head), 401u);
  head.target = "/metrics";
  EXPECT_EQ(status(head), 401u);
  head.target = "/health";
  EXPECT_EQ(status(head), 200u);
}

}  // namespace
}  // namespace outboard::net
