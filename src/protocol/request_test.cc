#include "protocol/request.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/limits.h"

namespace outboard::request {
namespace {

// Writes a frame and reads it again. Keeps the message that the result looks into.
class RequestTest : public testing::Test {
 protected:
  template <class Write>
  Envelope send(Write write) {
    message.clear();
    write(message);
    FrameReader frames(message);
    auto frame = **frames.next();
    EXPECT_FALSE(frames.next()->has_value());
    EXPECT_TRUE(frame.tail.empty());
    std::uint64_t id = 0;
    return *read_envelope(frame.head, id);
  }

  template <class Expected, class Write>
  Expected received(Write write) {
    auto envelope = send(write);
    EXPECT_EQ(envelope.kind, FrameKind::request);
    EXPECT_EQ(envelope.id, 9u);
    EXPECT_EQ(envelope.head, head);
    auto any = read(envelope.body);
    EXPECT_TRUE(any) << (any ? "" : any.error().message);
    auto* expected = any ? std::get_if<Expected>(&*any) : nullptr;
    EXPECT_TRUE(expected);
    return expected ? *expected : Expected();
  }

  // What is said about a body that `write` writes after the name of the operation.
  template <class Write>
  static std::string complaint(std::string_view operation, Write write) {
    Bytes body;
    cbor::Writer out(body);
    out.text(operation);
    write(out);
    auto any = read(body);
    return any ? "none" : any.error().message;
  }

  const Head head{.session = 2, .timeout_ms = 3, .n = 4};
  Bytes message;
};

TEST_F(RequestTest, hello_comes_back) {
  auto envelope = send([](Bytes& out) { write_hello(out, 1); });
  EXPECT_EQ(envelope.kind, FrameKind::hello);
  cbor::Reader in(envelope.body);
  EXPECT_EQ(in.map(), 2u);
  EXPECT_EQ(in.text(), "build");
}

TEST_F(RequestTest, open_comes_back) {
  for (auto storage : {Storage::file, Storage::memory}) {
    for (auto durability : {Durability::process, Durability::power}) {
      Open sent{
          .path = "/data/é.db", .name = "notes", .storage = storage, .durability = durability};
      auto open = received<Open>([&](Bytes& out) { write_open(out, 9, head, sent); });
      EXPECT_EQ(open.path, sent.path);
      EXPECT_EQ(open.name, sent.name);
      EXPECT_EQ(open.storage, storage);
      EXPECT_EQ(open.durability, durability);
    }
  }
  auto nameless = received<Open>([&](Bytes& out) { write_open(out, 9, head, {}); });
  EXPECT_EQ(nameless.name, "");
}

TEST_F(RequestTest, exec_comes_back_with_its_parameters_still_encoded) {
  auto bare = received<Exec>([&](Bytes& out) { write_exec(out, 9, head, "select 1"); });
  EXPECT_EQ(bare.sql, "select 1");
  EXPECT_TRUE(bare.params.empty());

  auto positional = received<Exec>([&](Bytes& out) {
    write_exec(out, 9, head, {"select ?", {nullptr, 1, 1.5, "a", Bytes{1}}});
  });
  cbor::Reader in(positional.params);
  EXPECT_EQ(in.array(), 5u);
  for (auto& expected : {Value(), Value(1), Value(1.5), Value("a"), Value(Bytes{1})})
    EXPECT_EQ(in.value().to_value(), expected);
  EXPECT_TRUE(in.ok() && in.at_end());
}

TEST_F(RequestTest, names_are_sent_shorter_first_then_by_bytes) {
  auto params = Params::named({{"zz", 1}, {":b", 2}, {"c", 3}, {"aaa", 4}, {"\xC3\xA9", 5}});
  auto exec = received<Exec>([&](Bytes& out) { write_exec(out, 9, head, {"select", params}); });
  cbor::Reader in(exec.params);
  EXPECT_EQ(in.map(), 5u);
  for (auto name : {"c", ":b", "zz", "\xC3\xA9", "aaa"}) {
    EXPECT_EQ(in.text(), name);
    in.integer();
  }
  EXPECT_TRUE(in.ok() && in.at_end());
}

TEST_F(RequestTest, many_and_its_chunks_come_back) {
  Sets sets;
  sets.add(1, "a");
  sets.add();
  sets.add(nullptr);
  for (bool more : {false, true}) {
    auto many = received<Many>([&](Bytes& out) { write_many(out, 9, head, "insert", sets, more); });
    EXPECT_EQ(many.sql, "insert");
    EXPECT_EQ(many.more, more);
    EXPECT_EQ(to_hex(many.sets), "820161618081f6");

    auto envelope = send([&](Bytes& out) { write_many_chunk(out, 9, sets, more); });
    EXPECT_EQ(envelope.kind, FrameKind::chunk);
    auto chunk = read_chunk(envelope.body);
    ASSERT_TRUE(chunk);
    EXPECT_EQ(to_hex(chunk->sets), "820161618081f6");
    EXPECT_EQ(chunk->more, more);
    EXPECT_TRUE(chunk->data.empty());
  }
}

TEST_F(RequestTest, batch_comes_back) {
  std::vector<Sql> statements = {"delete from t", {"insert into t values (?)", {1}}};
  for (bool atomic : {false, true}) {
    auto batch =
        received<Batch>([&](Bytes& out) { write_batch(out, 9, head, statements, atomic); });
    EXPECT_EQ(batch.atomic, atomic);
    ASSERT_EQ(batch.statements.size(), 2u);
    EXPECT_EQ(batch.statements[0].sql, "delete from t");
    EXPECT_TRUE(batch.statements[0].params.empty());
    EXPECT_EQ(batch.statements[1].sql, "insert into t values (?)");
    EXPECT_EQ(to_hex(batch.statements[1].params), "8101");
  }
}

TEST_F(RequestTest, stream_comes_back) {
  auto stream =
      received<Stream>([&](Bytes& out) { write_stream(out, 9, head, {"select ?", {1}}, 500); });
  EXPECT_EQ(stream.sql, "select ?");
  EXPECT_EQ(to_hex(stream.params), "8101");
  EXPECT_EQ(stream.chunk_rows, 500u);
  auto bare = received<Stream>([&](Bytes& out) { write_stream(out, 9, head, "select 1", 0); });
  EXPECT_TRUE(bare.params.empty());
  EXPECT_EQ(bare.chunk_rows, 0u);
}

TEST_F(RequestTest, import_and_its_chunks_come_back) {
  const Bytes data = {1, 2, 3};
  for (bool more : {false, true}) {
    auto import = received<Import>([&](Bytes& out) { write_import(out, 9, head, data, more); });
    EXPECT_EQ(to_hex(import.data), "010203");
    EXPECT_EQ(import.more, more);

    auto envelope = send([&](Bytes& out) { write_import_chunk(out, 9, data, more); });
    EXPECT_EQ(envelope.kind, FrameKind::chunk);
    auto chunk = read_chunk(envelope.body);
    ASSERT_TRUE(chunk);
    EXPECT_EQ(to_hex(chunk->data), "010203");
    EXPECT_EQ(chunk->more, more);
    EXPECT_TRUE(chunk->sets.empty());
  }
}

TEST_F(RequestTest, plain_operations_come_back) {
  auto plain = [&](const char* operation) {
    return [&, operation](Bytes& out) { write_plain(out, 9, head, operation); };
  };
  received<Begin>(plain("begin"));
  received<Commit>(plain("commit"));
  received<Rollback>(plain("rollback"));
  received<Export>(plain("export"));
  received<Close>(plain("close"));
}

TEST_F(RequestTest, credit_comes_back) {
  auto envelope = send([](Bytes& out) { write_credit_frame(out, 9, 64); });
  EXPECT_EQ(envelope.kind, FrameKind::credit);
  EXPECT_EQ(*read_credit(envelope.body), 64u);
}

TEST_F(RequestTest, L10_what_is_missing_wrong_or_too_much_is_named) {
  auto empty = [](cbor::Writer& out) { out.map(0); };
  EXPECT_EQ(complaint("exec", empty), "sql is missing");
  EXPECT_EQ(complaint("stream", empty), "sql is missing");
  EXPECT_EQ(complaint("many", empty), "sql is missing");
  EXPECT_EQ(complaint("batch", empty), "statements is missing");
  EXPECT_EQ(complaint("open", empty), "none");
  EXPECT_EQ(complaint("import", empty), "none");
  EXPECT_EQ(complaint("dance", empty), "unknown operation 'dance'");
  EXPECT_EQ(complaint("begin", [](cbor::Writer& out) { out.map(0), out.null(); }),
            "something follows where nothing should");
  EXPECT_EQ(complaint("begin", [](cbor::Writer& out) { out.map(1), out.text("x"), out.null(); }),
            "begin: unknown key 'x'");
  EXPECT_EQ(complaint("exec", [](cbor::Writer& out) { out.array(0); }), "expected a map");
  EXPECT_EQ(complaint("exec",
                      [](cbor::Writer& out) {
                        out.map(2), out.text("sql"), out.text(""), out.text("params"), out.count(1);
                      }),
            "params: expected an array or a map");
  EXPECT_EQ(complaint("many",
                      [](cbor::Writer& out) {
                        out.map(2), out.text("sql"), out.text(""), out.text("sets"), out.map(0);
                      }),
            "expected bytes");
  EXPECT_EQ(
      complaint("open",
                [](cbor::Writer& out) { out.map(1), out.text("storage"), out.text("cloud"); }),
      "open: storage: expected 'file', 'memory' or 'autosave'");
}

TEST_F(RequestTest, a_zero_byte_in_the_sql_is_refused) {
  EXPECT_EQ(complaint("exec",
                      [](cbor::Writer& out) {
                        out.map(1), out.text("sql"), out.text(std::string_view("a\0b", 3));
                      }),
            "sql: there is a zero byte in it");
}

// The code for a body of `operation` whose arguments `write` writes; nothing if it is read.
template <class Write>
std::optional<Code> refusal(std::string_view operation, Write write) {
  Bytes body;
  cbor::Writer out(body);
  out.text(operation);
  write(out);
  auto any = read(body);
  return any ? std::nullopt : std::optional(any.error().code);
}

TEST_F(RequestTest, L7_the_text_of_a_script_ends_at_the_limit) {
  auto exec = [](std::size_t bytes) {
    return refusal("exec", [&](cbor::Writer& out) {
      out.map(1), out.text("sql"), out.text(std::string(bytes, ' '));
    });
  };
  EXPECT_EQ(exec(limits::sql_bytes_max), std::nullopt);
  EXPECT_EQ(exec(limits::sql_bytes_max + 1), Code::too_large);
}

TEST_F(RequestTest, L7_a_batch_ends_at_its_limit) {
  auto batch = [](std::size_t statements) {
    return refusal("batch", [&](cbor::Writer& out) {
      out.map(1), out.text("statements"), out.array(statements);
      for (std::size_t i = 0; i < statements; ++i) out.map(1), out.text("sql"), out.text("");
    });
  };
  EXPECT_EQ(batch(limits::batch_statements_max), std::nullopt);
  EXPECT_EQ(batch(limits::batch_statements_max + 1), Code::too_large);
}

// Each operation cut off at every byte, and with every byte changed: an error or a request, never
// harm.
TEST_F(RequestTest, L10_no_damaged_request_does_harm) {
  std::vector<Bytes> messages(5);
  write_open(messages[0], 9, head, {.path = "p", .name = "n"});
  write_exec(messages[1], 9, head, {"select :a", Params::named({{"a", 1}, {"bb", "text"}})});
  Sets sets;
  sets.add(1, "a", 1.5);
  sets.add(nullptr, Bytes{1});
  write_many(messages[2], 9, head, "insert", sets, true);
  write_batch(messages[3], 9, head, {{"a", {1}}, "b"}, true);
  write_stream(messages[4], 9, head, {"select ?", {1}}, 500);
  for (auto& original : messages) {
    FrameReader frames(original);
    auto envelope = (**frames.next()).head;
    for (std::size_t at = 0; at < envelope.size(); ++at) {
      std::uint64_t id = 0;
      Bytes cut(envelope.begin(), envelope.begin() + static_cast<std::ptrdiff_t>(at));
      auto short_one = read_envelope(cut, id);
      EXPECT_FALSE(short_one && read(short_one->body)) << at;
      for (int byte = 0; byte < 256; ++byte) {
        Bytes changed(envelope.begin(), envelope.end());
        changed[at] = static_cast<std::uint8_t>(byte);
        if (auto other = read_envelope(changed, id)) (void)read(other->body);
      }
    }
  }
}

}  // namespace
}  // namespace outboard::request
