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
  auto far = read_engine_address("wss://engine.example/x");
  ASSERT_TRUE(far.ok());
  EXPECT_TRUE(far->is_secret);
  EXPECT_FALSE(far->endpoint.has_value());
  EXPECT_EQ(far->name + " " + far->port + " " + far->host, "engine.example 443 engine.example");
  EXPECT_EQ(read_engine_address("wss://[2001:db8::1]:444/")->name, "2001:db8::1");
}

TEST(EngineAddresses, L10_WhatIsNoneIsRefused) {
  for (auto wrong : {"", "http://localhost:80/", "ws://localhost/", "ws://localhost:0/",
                     "ws://localhost:65536/", "ws://localhost:99999999999999/", "wss:///",
                     "wss://a b/", "wss://a:/", "ws://localhost:1x/", "ws+unix:"})
    EXPECT_EQ(read_engine_address(wrong).error().code, Code::bad_request) << wrong;
  EXPECT_EQ(read_engine_address("ws+unix:/" + std::string(200, 'a')).error().code,
            Code::bad_request);
}

TEST(EngineAddresses, L11_OtherMachinesAreRefusedWithoutTls) {
  EXPECT_EQ(read_engine_address("ws://192.0.2.1:80/").error().code, Code::denied);
  EXPECT_EQ(read_engine_address("ws://engine.example:80/").error().code, Code::denied);
}

}  // namespace
}  // namespace outboard::net
