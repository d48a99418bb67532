// What open() is told, as JSON and as CBOR.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include <outboard/config.hpp>

#include "base/repository_testing.h"
#include "capi/json_tree.h"

namespace outboard {
namespace {

using namespace std::chrono_literals;

const Config other_than_default{.path = "a \"b\"/é.db",
                                .options = {.host = Host::process,
                                            .storage = Storage::memory,
                                            .durability = Durability::power,
                                            .seed = "seed.db",
                                            .open_timeout = 1ms,
                                            .process = {.program = "/bin/outboard",
                                                        .start_timeout = 2ms,
                                                        .silence_max = 3ms,
                                                        .restarts_max = 4}}};

std::string wrong_with(std::string_view json) {
  auto config = config_from_json(json);
  return config ? "" : config.error().message;
}

TEST(Configs, ComeBackTheSameFromBothForms) {
  for (auto& config : {Config{.path = "a"}, other_than_default}) {
    EXPECT_EQ(*config_from_json(to_json(config)), config);
    EXPECT_EQ(*config_from_cbor(to_cbor(config)), config);
  }
}

TEST(Configs, TakeTheDefaultsForWhatIsNotGiven) {
  EXPECT_EQ(*config_from_json(R"({"path": "a"})"), Config{.path = "a"});
}

TEST(Configs, L10_TellAllThatIsWrongAtOnce) {
  EXPECT_EQ(wrong_with(R"({"storage": "disk", "durability": 1, "open_timeout_ms": 0.5,
                           "process": {"restarts_max": -1, "silence_ms": 1},
                           "host": "inline", "host": "thread", "": 1})"),
            "path: it is missing\n"
            "storage: \"disk\" is none of \"file\", \"memory\", \"autosave\"\n"
            "durability: a text is wanted, not a whole number\n"
            "host: it is there more than once\n"
            "open_timeout_ms: a whole number is wanted, not a number\n"
            "process.restarts_max: -1 is not from 0 to 1000000\n"
            "process.silence_ms: there is no such key\n"
            ": there is no such key");
}

TEST(Configs, L10_ThePageShowsWhatIsTold) {
  std::ifstream page(in_repository("docs/config.md"));
  std::string text(std::istreambuf_iterator<char>(page), {});
  auto told = wrong_with(R"({"storage": "disk", "process": {"restarts_max": "5"},
                             "host": "thread", "host": "thread", "durabilty": "power"})");
  EXPECT_NE(text.find("```text\n" + told + "\n```"), std::string::npos) << told;
}

TEST(Configs, L10_WhatIsNoJsonOrNoCborIsToldSo) {
  EXPECT_EQ(wrong_with("{\"path\": \"a\""), "this is no JSON from byte 13 on");
  EXPECT_NE(wrong_with("nonsense").find("no JSON from byte"), std::string::npos);
  EXPECT_NE(wrong_with("").find("no JSON from byte"), std::string::npos);
  EXPECT_EQ(wrong_with(std::string(100'000, '[')), "JSON: more than 16 levels");
  EXPECT_EQ(wrong_with("18446744073709551615"),
            "an object is wanted, not a number\npath: it is missing");
  EXPECT_FALSE(config_from_cbor(Bytes{0xa1, 0x61}).ok());
  EXPECT_FALSE(config_from_cbor(Bytes{0xa0, 0xa0}).ok());
}

TEST(Configs, OpenADatabase) {
  auto db = open(*config_from_json(R"({"path": "x", "storage": "memory", "host": "inline"})"));
  ASSERT_TRUE(db.ok());
  EXPECT_EQ(db->info().storage, Storage::memory);
}

TEST(JsonTrees, ComeBackTheSame) {
  auto text = R"({
  "a": [1, -2, 1.5, null, true],
  "b": {
    "c": "é\n"
  },
  "d": {}
})";
  EXPECT_EQ(to_json(*tree_from_json(text)), text);
}

}  // namespace
}  // namespace outboard
