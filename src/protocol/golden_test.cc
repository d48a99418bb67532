// The golden frames (tests/golden): the bytes that the other side's codec wrote. Ours reads each,
// and writes the same where it has a writer for it.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <set>

#include "base/bytes.h"
#include "base/repository_testing.h"
#include "protocol/batch.h"
#include "protocol/reply.h"
#include "protocol/request.h"

namespace outboard {
namespace {

using Rows = std::vector<std::vector<Value>>;

constexpr auto int64_min = std::numeric_limits<std::int64_t>::min();
constexpr auto int64_max = std::numeric_limits<std::int64_t>::max();
constexpr auto infinity = std::numeric_limits<double>::infinity();

const Head from_engine{.epoch = 1'790'000'000'000, .commit = 42};

std::map<std::string, std::string> golden_frames() {
  std::map<std::string, std::string> frames;
  std::ifstream file(in_repository("tests/golden/frames.txt"));
  for (std::string line; std::getline(file, line);) {
    auto bar = line.find(" | ");
    if (bar != std::string::npos) frames[line.substr(0, bar)] = line.substr(bar + 3);
  }
  return frames;
}

Bytes from_hex(const std::string& hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

void append_batch(Bytes& out, std::size_t columns, const Rows& rows) {
  BatchBuilder builder;
  builder.start(columns);
  for (auto& row : rows) {
    for (std::size_t column = 0; column < columns; ++column) {
      auto& cell = row[column];
      switch (cell.kind()) {
        case Kind::null: builder.null(column); break;
        case Kind::integer: builder.integer(column, cell.integer()); break;
        case Kind::real: builder.real(column, cell.real()); break;
        case Kind::text: builder.text(column, cell.text()); break;
        case Kind::blob: builder.blob(column, cell.blob()); break;
      }
    }
    builder.end_row();
  }
  builder.finish(out);
}

// The frames that we can write, by name.
class Written {
 public:
  Written() {
    requests();
    replies();
  }
  const std::map<std::string, std::string>& frames() const { return frames_; }

 private:
  template <class Write>
  void frame(const char* name, Write write) {
    Bytes message;
    write(message);
    frames_[name] = to_hex(message);
  }

  template <class Write>
  void engine(const char* name, FrameKind kind, std::uint64_t id, Write write,
              const std::vector<std::pair<std::size_t, Rows>>& batches = {}) {
    frame(name, [&](Bytes& message) {
      FrameWriter frame(message);
      cbor::Writer out(message);
      begin_envelope(out, kind, id, from_engine, 1);
      write(out);
      frame.end_head();
      for (auto& [columns, rows] : batches) append_batch(message, columns, rows);
      frame.finish();
    });
  }

  void rows(const char* name, const reply::Statement& statement, bool more,
            const std::vector<std::pair<std::size_t, Rows>>& batches = {}, std::uint64_t id = 3) {
    engine(
        name, FrameKind::reply, id,
        [&](cbor::Writer& out) { reply::write_rows(out, statement, more); }, batches);
  }

  void requests();
  void replies();

  std::map<std::string, std::string> frames_;
};

const std::vector<Value>& integers() {
  static const std::vector<Value> values = {0,
                                            1,
                                            23,
                                            24,
                                            255,
                                            256,
                                            65'535,
                                            65'536,
                                            4'294'967'295,
                                            4'294'967'296,
                                            9'007'199'254'740'991,
                                            9'007'199'254'740'992,
                                            int64_max,
                                            -1,
                                            -24,
                                            -25,
                                            -256,
                                            -257,
                                            -65'536,
                                            -65'537,
                                            -4'294'967'296,
                                            -4'294'967'297,
                                            -9'007'199'254'740'992,
                                            int64_min};
  return values;
}

const std::vector<Value>& reals() {
  static const std::vector<Value> values = {0.0,
                                            -0.0,
                                            1.0,
                                            -1.0,
                                            0.5,
                                            1.5,
                                            65'504.0,
                                            65'505.0,
                                            0x1p-14,
                                            0x1p-15,
                                            0x1p-24,
                                            0x1p-25,
                                            2048.0,
                                            2049.0,
                                            1.1,
                                            3.5e38,
                                            1e300,
                                            3.4028234663852886e38,
                                            1.401298464324817e-45,
                                            16'777'217.0,
                                            5e-324,
                                            infinity,
                                            -infinity,
                                            std::nan("")};
  return values;
}

const std::vector<Value>& texts() {
  static const std::vector<Value> values = {"",
                                            "a",
                                            "twenty-three characters",
                                            "twenty-four characters..",
                                            "é",
                                            "日本",
                                            "🙂",
                                            "\xEF\xBB\xBF"
                                            "bom",
                                            std::string_view("nul\0inside", 10),
                                            std::string(256, 'x'),
                                            Bytes{},
                                            Bytes{0, 255},
                                            nullptr};
  return values;
}

void Written::requests() {
  namespace to = request;
  auto exec = [&](const char* name, std::uint64_t id, const Sql& sql, const Head& head = {}) {
    frame(name, [&](Bytes& out) { to::write_exec(out, id, head, sql); });
  };
  auto plain = [&](const char* name, std::uint64_t id, const Head& head = {}) {
    frame(name, [&](Bytes& out) { to::write_plain(out, id, head, name); });
  };
  const Head in_session{.session = 1};

  frame("hello", [](Bytes& out) { to::write_hello(out, 1); });
  frame("hello_named", [](Bytes& out) {
    to::write_hello(out, 1, Uuid{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255});
  });
  frame("open", [](Bytes& out) {
    to::write_open(out, 2, {},
                   {.path = "/data/notes.db",
                    .name = "notes",
                    .storage = Storage::file,
                    .durability = Durability::power});
  });
  frame("open_again", [](Bytes& out) {
    to::write_open(out, 2, {}, {.path = "/data/notes.db", .name = {}, .unanswered = {7, 8, 300}});
  });
  exec("exec", 3, "select 1");
  exec("exec_integers", 256, {"select ?", integers()});
  exec("exec_reals", 65'536, {"select ?", reals()});
  exec("exec_texts", 5, {"select ?", texts()});
  exec("exec_named", 6,
       {"select :a, $b, @long", Params::named({{":a", 1}, {"b", "two"}, {"@long", nullptr}})},
       {.session = 7, .timeout_ms = 1'500});
  frame("many", [](Bytes& out) {
    Sets sets;
    sets.add(1, "a");
    sets.add(2, nullptr);
    sets.add();
    to::write_many(out, 7, {.n = 3}, "insert into t values (?, ?)", sets, false);
  });
  Sets one, two, real;
  one.add(1);
  two.add(2);
  two.add(3);
  real.add(4.5);
  frame("many_more",
        [&](Bytes& out) { to::write_many(out, 8, {}, "insert into t values (?)", one, true); });
  frame("chunk_sets", [&](Bytes& out) { to::write_many_chunk(out, 8, two, true); });
  frame("chunk_sets_last", [&](Bytes& out) { to::write_many_chunk(out, 8, real, false); });
  frame("batch", [](Bytes& out) {
    to::write_batch(out, 9, {}, {"delete from t", {"insert into t values (?)", {1}}}, true);
  });
  frame("stream", [](Bytes& out) { to::write_stream(out, 10, {}, {"select ?", {"x"}}, 1'000); });
  plain("begin", 11, in_session);
  plain("commit", 12, in_session);
  plain("rollback", 13, in_session);
  plain("export", 14);
  frame("import", [](Bytes& out) { to::write_import(out, 15, {}, Bytes{1, 2, 3}, true); });
  frame("chunk_data_last", [](Bytes& out) { to::write_import_chunk(out, 15, Bytes{4}, false); });
  plain("close", 16);
  frame("credit", [](Bytes& out) { write_credit_frame(out, 10, 4); });
  frame("cancel", [](Bytes& out) { write_bare_frame(out, FrameKind::cancel, 10, {}); });
  frame("ping", [](Bytes& out) { write_bare_frame(out, FrameKind::ping, 17, {}); });
}

void Written::replies() {
  engine("hello_answer", FrameKind::hello, 1, reply::write_hello);
  engine("open_reply", FrameKind::reply, 2, [](cbor::Writer& out) {
    reply::write_open(out, {.info = {.path = "/data/notes.db",
                                     .sqlite = "3.53.2",
                                     .build = "0.1.0",
                                     .storage = Storage::file,
                                     .durability = Durability::power,
                                     .created = true}});
  });
  engine("open_again_reply", FrameKind::reply, 2, [](cbor::Writer& out) {
    reply::write_open(out,
                      {.info = {.path = "/data/notes.db", .sqlite = "3.53.2", .build = "0.1.0"},
                       .outcomes = {Outcome::applied, Outcome::not_applied, Outcome::unknown}});
  });
  engine("depth_reply", FrameKind::reply, 12,
         [](cbor::Writer& out) { reply::write_depth(out, 0); });
  engine("export_reply", FrameKind::reply, 14,
         [](cbor::Writer& out) { reply::write_export(out, 8'192, true); },
         {{1, {{Bytes{'S', 'Q', 'L'}}, {Bytes{'i', 't', 'e'}}}}});
  engine("close_reply", FrameKind::reply, 16, [](cbor::Writer& out) { out.map(0); });
  frame("error", [](Bytes& out) {
    write_error_frame(out, 3, from_engine,
                      {Code::constraint, "UNIQUE constraint failed: note.id", "use another id"});
  });
  frame("error_without_hint", [](Bytes& out) {
    write_error_frame(out, 0, from_engine, {Code::internal, "a frame is broken", ""});
  });
  frame("error_with_outcome", [](Bytes& out) {
    write_error_frame(out, 3, from_engine,
                      {Code::worker_lost, "its answer is lost", "", Outcome::applied});
  });
  engine("chunk_rows", FrameKind::chunk, 10,
         [](cbor::Writer& out) { reply::write_chunk(out, true); }, {{1, {{1}, {2}}}});
  engine("chunk_rows_last", FrameKind::chunk, 10,
         [](cbor::Writer& out) { reply::write_chunk(out, false); }, {{1, {{3}}}});

  rows("write_reply", {.changes = 2, .last_insert_rowid = int64_min}, false);
  rows("empty_reply", {.has_columns = true, .columns = {"id", "title"}}, false, {{2, {}}});
  rows("rows_reply",
       {.last_insert_rowid = 1,
        .has_columns = true,
        .columns = {"null", "integer", "real", "ascii", "utf8", "blob", "mixed"}},
       false,
       {{7,
         {{nullptr, 1, 1.0, "one", "é", Bytes{1}, nullptr},
          {nullptr, -1, -0.0, "", "日本", Bytes{}, int64_max},
          {nullptr, int64_min, 1e300, "three", std::string("🙂\0", 5), Bytes{2, 3}, 0.25},
          {nullptr, 9'007'199'254'740'993, infinity, "four", "", Bytes{4}, "text é"},
          {nullptr, 0, 5e-324, "five",
           "\xEF\xBB\xBF"
           "bom",
           Bytes{5, 6, 7, 8, 9, 10, 11, 12, 13}, Bytes{255}}}}});
  rows("mixed_reply",
       {.last_insert_rowid = 1, .has_columns = true, .columns = {"number", "text", "blob"}}, true,
       {{3, {{nullptr, "a", Bytes{1, 2}}, {2, nullptr, nullptr}, {2.5, "bc", Bytes{}}}}});
  rows("malformed_text_reply", {.has_columns = true, .columns = {"a", "b"}}, false,
       {{2,
         {{"\xFF"
           "a",
           "\xC3"},
          {"b", "\xA9"}}}});
  rows("many_reply", {.has_columns = true, .columns = {"x"}}, false,
       {{2, {{0, "a"}, {2, "b"}, {2, "c"}}}}, 7);
  reply::Statement written{.changes = 1, .last_insert_rowid = 1};
  reply::Statement one{.last_insert_rowid = 1, .has_columns = true, .columns = {"a"}};
  reply::Statement two{.last_insert_rowid = 1, .has_columns = true, .columns = {"b", "b"}};
  engine("batch_reply", FrameKind::reply, 9,
         [&](cbor::Writer& out) { reply::write_batch(out, {written, one, two}); },
         {{1, {{"x"}}}, {2, {{1, 2}}}});
}

// Nobody sends events yet.
const std::set<std::string> only_read = {"event"};

TEST(GoldenTest, we_write_the_same_bytes) {
  auto golden = golden_frames();
  ASSERT_FALSE(golden.empty()) << "tests/golden/frames.txt is not there";
  Written written;
  for (auto& [name, hex] : written.frames()) {
    ASSERT_TRUE(golden.contains(name)) << name;
    EXPECT_EQ(hex, golden[name]) << name;
  }
}

TEST(GoldenTest, every_frame_has_a_writer_or_is_known_to_have_none) {
  Written written;
  for (auto& [name, hex] : golden_frames())
    EXPECT_NE(written.frames().contains(name), only_read.contains(name)) << name;
}

Result<void> read_body(const std::string& name, const Envelope& envelope) {
  switch (envelope.kind) {
    case FrameKind::hello:
      if (name != "hello_answer") TRY(reply::read_client_hello(envelope.body));
      return {};
    case FrameKind::request: TRY(request::read(envelope.body)); return {};
    case FrameKind::reply:
      if (name == "open_reply" || name == "open_again_reply") {
        TRY(reply::read_open(envelope.body));
      } else if (name == "batch_reply") {
        TRY(reply::read_batch(envelope.body));
      } else if (name != "depth_reply") {
        TRY(reply::read_rows(envelope.body));
      }
      return {};
    case FrameKind::error:
      return read_error(envelope.body).message.empty() ? Result<void>(Error{}) : Result<void>();
    case FrameKind::chunk:
      if (envelope.head.epoch) {
        TRY(reply::read_rows(envelope.body));
      } else {
        TRY(request::read_chunk(envelope.body));
      }
      return {};
    case FrameKind::credit: TRY(request::read_credit(envelope.body)); return {};
    case FrameKind::cancel:
    case FrameKind::event:
    case FrameKind::ping: return {};
  }
  return {};
}

TEST(GoldenTest, we_read_every_frame) {
  for (auto& [name, hex] : golden_frames()) {
    auto message = from_hex(hex);
    FrameReader frames(message);
    auto frame = frames.next();
    ASSERT_TRUE(frame && *frame) << name;
    EXPECT_FALSE(frames.next()->has_value()) << name;
    std::uint64_t id = 0;
    auto envelope = read_envelope((*frame)->head, id);
    ASSERT_TRUE(envelope) << name << ": " << envelope.error().message;
    auto body = read_body(name, *envelope);
    EXPECT_TRUE(body) << name << ": " << body.error().message;
    for (auto tail = (*frame)->tail; !tail.empty();) {
      auto batch = BatchView::read(tail);
      ASSERT_TRUE(batch) << name;
      for (std::size_t row = 0; row < batch->rows(); ++row)
        for (std::size_t column = 0; column < batch->columns(); ++column)
          batch->cell(row, column).to_value();
      tail = tail.subspan(batch->bytes());
    }
  }
}

}  // namespace
}  // namespace outboard
