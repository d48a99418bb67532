// Parameters in, cells out.

#include "store/statement.h"

#include "store/store_testing.h"

namespace outboard {
namespace {

Bytes array(std::initializer_list<Value> values) {
  Bytes out;
  cbor::Writer writer(out);
  writer.array(values.size());
  for (auto& value : values) writer.value(value);
  return out;
}

Bytes map(std::initializer_list<std::pair<const char*, Value>> values) {
  Bytes out;
  cbor::Writer writer(out);
  writer.map(values.size());
  for (auto& [name, value] : values) {
    writer.text(name);
    writer.value(value);
  }
  return out;
}

struct Parameters : testing::Test {
  // "ok", or what is wrong with them.
  std::string bind(std::string_view sql, ByteView params) {
    auto prepared = trial.writer().prepare(sql);
    auto bound = prepared->statement->bind(params);
    return bound ? "ok" : bound.error().message;
  }

  StoreTrial trial;
};

TEST_F(Parameters, EachHasToHaveAValueAndNoneIsLeftOver) {
  EXPECT_EQ(bind("select ?, ?", array({1, 2})), "ok");
  EXPECT_EQ(bind("select 1", array({})), "ok");
  EXPECT_EQ(bind("select 1", {}), "ok");
  for (auto params : {array({}), array({1}), array({1, 2, 3}), Bytes()})
    EXPECT_NE(bind("select ?, ?", params), "ok");
  EXPECT_NE(bind("select ?3", array({1})), "ok");
  EXPECT_EQ(bind("select ?3", array({1, 2, 3})), "ok");
}

TEST_F(Parameters, NamesMayBeGivenWithOrWithoutTheirPrefix) {
  for (auto sql : {"select :a", "select @a", "select $a"}) {
    EXPECT_EQ(bind(sql, map({{"a", 1}})), "ok");
    EXPECT_EQ(bind(sql, map({{std::string(1, sql[7]).append("a").c_str(), 1}})), "ok");
  }
  EXPECT_NE(bind("select :a", map({{"b", 1}})), "ok");
  EXPECT_NE(bind("select :a", map({{"a", 1}, {":a", 2}})), "ok");
  EXPECT_NE(bind("select :a", map({{"a", 1}, {"b", 2}})), "ok");
  EXPECT_NE(bind("select :a, :b", map({{"a", 1}})), "ok");
  EXPECT_NE(bind("select ?", map({{"a", 1}})), "ok");
  EXPECT_EQ(bind("select :a, :a", map({{"a", 1}})), "ok");
  EXPECT_NE(bind("select :a", map({{"", 1}})), "ok");
}

TEST_F(Parameters, TheyComeBackAsTheyWere) {
  const Value values[] = {nullptr,
                          0,
                          std::numeric_limits<std::int64_t>::min(),
                          std::numeric_limits<std::int64_t>::max(),
                          1.5,
                          -0.0,
                          std::numeric_limits<double>::infinity(),
                          "",
                          "é",
                          std::string("a\0b", 3),
                          Bytes{},
                          Bytes{0, 255}};
  for (auto& value : values) {
    auto params = array({value});
    auto prepared = trial.writer().prepare("select ?");
    ASSERT_TRUE(prepared->statement->bind(params).ok());
    ASSERT_TRUE(*prepared->statement->step());
    auto& statement = *prepared->statement;
    EXPECT_EQ(statement.kind(0), value.kind());
    switch (value.kind()) {
      case Kind::null: break;
      case Kind::integer: EXPECT_EQ(statement.integer(0), value.integer()); break;
      case Kind::real: EXPECT_EQ(statement.real(0), value.real()); break;
      case Kind::text: EXPECT_EQ(statement.text(0), value.text()); break;
      case Kind::blob: EXPECT_TRUE(std::ranges::equal(statement.blob(0), value.blob())); break;
    }
  }
}

TEST_F(Parameters, L10_WhatIsNoValueIsRefused) {
  for (auto junk : {Bytes{0x81, 0x80}, Bytes{0x81, 0xf5}, Bytes{0x81, 0x62, 0xff, 0xff},
                    Bytes{0x81}, Bytes{0xa1, 0x01, 0x01}, Bytes{0x01},
                    Bytes{0x81, 0x1b, 255, 255, 255, 255, 255, 255, 255, 255}})
    EXPECT_NE(bind("select ?", junk), "ok");
}

}  // namespace
}  // namespace outboard
