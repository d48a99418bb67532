#include "net/engine_address.h"

#include <gtest/gtest.h>

namespace outboard::net {
namespace {

TEST(EngineAddresses, NameWhereAnEngineIsAndHowItIsCalled) {
  auto web = read_engine_address("ws://localhost:1234/");
  ASSERT_TRUE(web.ok());
  EXPECT_EQ(web->host, "localhost:1234");
  EXPECT_EQ(web->target, "/");
  EXPECT_EQ(read_engine_address("ws://127.0.0.1:1?a=b").ok(), false);
  EXPECT_EQ(read_engine_address("ws://[::1]:1/x")->target, "/x");
  EXPECT_EQ(read_engine_address("ws+unix:/tmp/s")->host, "localhost");
}

TEST(EngineAddresses, L10_WhatIsNoneIsRefused) {
  for (auto wrong :
       {"", "http://localhost:80/", "ws://localhost/", "ws://localhost:0/", "ws://localhost:65536/",
        "ws://localhost:99999999999999/", "ws://nowhere:1/", "ws://localhost:1x/", "ws+unix:"})
    EXPECT_EQ(read_engine_address(wrong).error().code, Code::bad_request) << wrong;
  EXPECT_EQ(read_engine_address("ws+unix:/" + std::string(200, 'a')).error().code,
            Code::bad_request);
}

TEST(EngineAddresses, L11_OtherMachinesAreRefused) {
  EXPECT_EQ(read_engine_address("ws://192.0.2.1:80/").error().code, Code::denied);
}

}  // namespace
}  // namespace outboard::net
