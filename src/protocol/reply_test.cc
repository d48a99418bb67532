#include "protocol/reply.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/bytes.h"

namespace outboard::reply {
namespace {

template <class Write>
Bytes written(Write write) {
  Bytes bytes;
  cbor::Writer out(bytes);
  write(out);
  return bytes;
}

Result<std::optional<Uuid>> greeted(const char* range) {
  return read_client_hello(written([&](cbor::Writer& out) {
    out.map(1), out.text("protocol"), out.array(2);
    out.count(static_cast<std::uint64_t>(range[0] - '0'));
    out.count(static_cast<std::uint64_t>(range[1] - '0'));
  }));
}

TEST(ReplyTest, open_comes_back) {
  for (bool created : {false, true}) {
    Info info{.path = "/data/é.db",
              .sqlite = "3.53.2",
              .build = "0.1.0",
              .storage = created ? Storage::memory : Storage::file,
              .durability = created ? Durability::power : Durability::process,
              .created = created};
    std::vector<Outcome> outcomes;
    if (created) outcomes = {Outcome::unknown, Outcome::applied, Outcome::not_applied};
    auto opened = read_open(written([&](cbor::Writer& out) { write_open(out, {info, outcomes}); }));
    ASSERT_TRUE(opened);
    auto& read = opened->info;
    EXPECT_EQ(read.path, info.path);
    EXPECT_EQ(read.sqlite, info.sqlite);
    EXPECT_EQ(read.build, info.build);
    EXPECT_EQ(read.storage, info.storage);
    EXPECT_EQ(read.durability, info.durability);
    EXPECT_EQ(read.created, created);
    EXPECT_EQ(opened->outcomes, outcomes);
  }
}

TEST(ReplyTest, rows_come_back) {
  const Statement statements[] = {
      {},
      {.changes = 2, .last_insert_rowid = std::numeric_limits<std::int64_t>::min()},
      {.has_columns = true},
      {.last_insert_rowid = -1, .has_columns = true, .columns = {"a", "", "a"}}};
  for (auto& statement : statements) {
    for (bool more : {false, true}) {
      auto read = read_rows(written([&](cbor::Writer& out) { write_rows(out, statement, more); }));
      ASSERT_TRUE(read);
      EXPECT_EQ(read->more, more);
      EXPECT_EQ(read->statement.changes, statement.changes);
      EXPECT_EQ(read->statement.last_insert_rowid, statement.last_insert_rowid);
      EXPECT_EQ(read->statement.has_columns, statement.has_columns);
      EXPECT_EQ(read->statement.columns, statement.columns);
    }
  }
}

TEST(ReplyTest, names_of_columns_that_are_not_utf8_are_made_so) {
  Statement statement{.has_columns = true, .columns = {"a\xFF"}};
  auto read = read_rows(written([&](cbor::Writer& out) { write_rows(out, statement, false); }));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->statement.columns[0], "a?");
}

TEST(ReplyTest, export_and_its_chunks_come_back_as_rows) {
  auto whole = read_rows(written([](cbor::Writer& out) { write_export(out, 8'192, true); }));
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->bytes, 8'192);
  EXPECT_TRUE(whole->more);
  EXPECT_EQ(whole->statement.columns, std::vector<std::string>{"data"});
  for (bool more : {false, true})
    EXPECT_EQ(read_rows(written([&](cbor::Writer& out) { write_chunk(out, more); }))->more, more);
}

TEST(ReplyTest, the_results_of_a_batch_come_back) {
  std::vector<Statement> sent(3);
  sent[0].changes = 1;
  sent[1].has_columns = true;
  sent[1].columns = {"a"};
  sent[2].last_insert_rowid = 7;
  auto read = read_batch(written([&](cbor::Writer& out) { write_batch(out, sent); }));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ((*read)[i].changes, sent[i].changes);
    EXPECT_EQ((*read)[i].columns, sent[i].columns);
    EXPECT_EQ((*read)[i].last_insert_rowid, sent[i].last_insert_rowid);
  }
  EXPECT_EQ(read_batch(written([](cbor::Writer& out) { write_batch(out, {}); }))->size(), 0u);
}

TEST(ReplyTest, what_follows_a_reply_or_is_unknown_in_it_is_refused) {
  auto rows = written([](cbor::Writer& out) { write_rows(out, {}, false), out.null(); });
  EXPECT_FALSE(read_rows(rows));
  auto open = written([](cbor::Writer& out) { write_open(out, {}), out.null(); });
  EXPECT_FALSE(read_open(open));
  auto batch = written([](cbor::Writer& out) { write_batch(out, {}), out.null(); });
  EXPECT_FALSE(read_batch(batch));
  auto unknown = written([](cbor::Writer& out) { out.map(1), out.text("new"), out.null(); });
  EXPECT_EQ(read_rows(unknown).error().message, "reply: unknown key 'new'");
  EXPECT_EQ(read_batch(unknown).error().message, "reply: unknown key 'new'");
  EXPECT_EQ(read_open(unknown).error().message, "open: unknown key 'new'");
}

TEST(ReplyTest, H10_a_client_is_served_if_its_range_has_our_version) {
  EXPECT_EQ(*greeted("11"), std::nullopt);
  EXPECT_TRUE(greeted("13"));
  EXPECT_TRUE(greeted("01"));
  EXPECT_EQ(greeted("23").error().code, Code::outdated);
  EXPECT_EQ(greeted("23").error().hint, "update the engine");
  auto nothing = read_client_hello(written([](cbor::Writer& out) { out.map(0); }));
  EXPECT_EQ(nothing.error().message, "hello: protocol is missing");
}

TEST(ReplyTest, a_hello_of_another_shape_is_refused) {
  auto three = written([](cbor::Writer& out) {
    out.map(1), out.text("protocol"), out.array(3), out.count(1), out.count(1), out.count(1);
  });
  EXPECT_FALSE(read_client_hello(three));
  auto single = written([](cbor::Writer& out) { write_hello(out); });  // that is an engine's
  EXPECT_FALSE(read_client_hello(single));
}

}  // namespace
}  // namespace outboard::reply
