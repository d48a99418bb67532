#include "hub/media_type.h"

#include <gtest/gtest.h>

namespace outboard::hub {
namespace {

TEST(MediaType, KnowsWhatPagesAreMadeOf) {
  EXPECT_EQ(media_type_of("index.html"), "text/html; charset=utf-8");
  EXPECT_EQ(media_type_of("worker.mjs"), "text/javascript; charset=utf-8");
  EXPECT_EQ(media_type_of("app.min.JS"), "text/javascript; charset=utf-8");
  EXPECT_EQ(media_type_of("outboard.wasm"), "application/wasm");
  EXPECT_EQ(media_type_of("app.js.map"), "application/json");
  EXPECT_EQ(media_type_of("app.webmanifest"), "application/manifest+json");
}

TEST(MediaType, TakesTheRestForBytes) {
  for (auto name : {"notes.db", "LICENSE", "html", "x.", ""})
    EXPECT_EQ(media_type_of(name), "application/octet-stream") << name;
}

}  // namespace
}  // namespace outboard::hub
