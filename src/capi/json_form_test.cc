#include "capi/json_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/batch.h"
#include "protocol/request.h"

namespace outboard::json_form {
namespace {

using testing::HasSubstr;

std::string around(std::string_view json) {
  auto frames = to_frames(json);
  if (!frames) return to_string(frames.error());
  auto text = from_frames(*frames);
  return text ? *text : to_string(text.error());
}

TEST(JsonForm, AnEnvelopeComesBackAsItWent) {
  for (const char* json :
       {R"([1,7,{},"exec",{"sql":"select ?","params":[null,-9223372036854775808,1.5,"é\n\"\\"]}])",
        R"([1,7,{"session":3,"timeout_ms":20},"begin",{}])", R"([6,7,{}])",
        R"([1,2,{},"import",{"data":{"hex":"00ff10"},"more":true}])",
        R"([1,2,{},"exec",{"params":[{"real":"inf"},{"real":"-inf"},1e300,2.0]}])",
        R"([1,2,{},"exec",{"params":{"hex":"a name"},"sql":":hex"}])"}) {
    auto frames = to_frames(json);
    ASSERT_TRUE(frames.ok()) << json << ": " << frames.error().message;
    auto back = from_frames(*frames);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(*to_frames(*back), *frames) << *back;
  }
  EXPECT_EQ(around(R"([[6,1,{}],[8,2,{}]])"), "[[6,1,{}],[8,2,{}]]");
}

TEST(JsonForm, IsTheRequestThatTheClientWrites) {
  Bytes message;
  request::write_exec(message, 7, {}, Sql{"select ?", {42}});
  EXPECT_EQ(*to_frames(R"([1, 7, {}, "exec", {"params": [42], "sql": "select ?"}])"), message);
}

TEST(JsonForm, SetsAreOneRunOfBytes) {
  EXPECT_EQ(around(R"([1,2,{},"many",{"sets":[[1],["a"]],"sql":"x"}])"),
            R"([[1,2,{},"many",{"sql":"x","sets":{"hex":"8101816161"}}]])");
}

TEST(JsonForm, RowsFollowTheirEnvelope) {
  BatchBuilder rows;
  rows.start(5);
  std::uint8_t bytes[] = {0x00, 0xff};
  rows.integer(0, 1), rows.real(1, 2), rows.text(2, "a\xff\x01"), rows.blob(3, bytes), rows.null(4);
  rows.end_row();
  Bytes message;
  FrameWriter frame(message);
  cbor::Writer out(message);
  begin_envelope(out, FrameKind::reply, 9, {.epoch = 1}, 1);
  out.map(0);
  frame.end_head();
  rows.finish(message);
  rows.finish(message);
  frame.finish();
  const std::string row = R"([[1,2.0,"a?\u0001",{"hex":"00ff"},null]])";
  EXPECT_EQ(*from_frames(message), R"([[2,9,{"epoch":1},{},[)" + row + "," + row + "]]]");
}

TEST(JsonForm, WhatIsWrongIsSaid) {
  EXPECT_THAT(around(""), HasSubstr("this is not JSON"));
  EXPECT_THAT(around("[1"), HasSubstr("this is not JSON"));
  EXPECT_THAT(around("[1e999]"), HasSubstr("this is not JSON"));
  EXPECT_THAT(around("\"\xff\""), HasSubstr("this is not JSON"));
  for (const char* text : {"{}", "[]", "7", "[[1],2]"})
    EXPECT_THAT(around(text), HasSubstr("an envelope is an array")) << text;
  EXPECT_THAT(around(R"([{"hex":"0"}])"), HasSubstr("pairs of the digits"));
  EXPECT_THAT(around(R"([{"hex":"zz"}])"), HasSubstr("pairs of the digits"));
  EXPECT_THAT(around(R"([{"real":"nan"}])"), HasSubstr("\"inf\" or \"-inf\""));
  EXPECT_THAT(around(std::string(18, '[') + std::string(18, ']')), HasSubstr("16 levels"));
  EXPECT_THAT(around(std::string(100'000, '[') + std::string(100'000, ']')),
              HasSubstr("16 levels"));
  EXPECT_FALSE(from_frames(Bytes{1, 2, 3}).ok());
  EXPECT_FALSE(from_frames(Bytes{16, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}).ok());
}

}  // namespace
}  // namespace outboard::json_form
