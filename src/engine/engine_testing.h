// What the tests of the engine share: an engine over a clock that the test sets, and clients that
// speak the protocol with it, frames in and frames out.
//
//   EngineTrial trial;
//   TestClient a(trial);
//   EXPECT_EQ(a.exec("select 1, 'x'"), "1 x");
//
// For tests only; not part of the library. One thread.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace outboard {

class TrialPlatform final : public Platform {
 public:
  std::int64_t wall_ms() override { return 1'700'000'000'000 + now_us / 1'000; }
  std::int64_t monotonic_us() override { return now_us += tick_us; }
  void random(std::span<std::uint8_t> out) override {
    for (auto& byte : out) byte = static_cast<std::uint8_t>(random_());
  }

  std::int64_t now_us = 1'000'000;
  std::int64_t tick_us = 1;  // what passes each time somebody looks

 private:
  std::mt19937 random_{1};
};

// What came back for one request so far.
struct Answer {
  bool ended = false;
  int frames = 0;
  std::uint64_t granted = 0;  // chunks that the engine is ready for
  std::optional<Error> error;
  FrameKind kind = FrameKind::reply;  // of the first frame
  reply::Statement statement;
  std::vector<reply::Statement> statements;  // of a batch
  std::vector<Outcome> outcomes;             // of requests that `open` asked about
  std::vector<std::string> rows;             // cells with blanks between them
  Head head;                                 // of the last frame

  // "…" while there is more to come, "busy" for an error, "ok 3" for three changes, "1 a|2 b" for
  // rows.
  std::string brief() const {
    if (error) return std::string(name_of(error->code));
    std::string out;
    for (auto& row : rows) out += (out.empty() ? "" : "|") + row;
    if (!ended) return out + "…";
    return statement.has_columns || !rows.empty() ? out : "ok " + std::to_string(statement.changes);
  }
  std::string message() const { return error ? error->message : ""; }
};

class EngineTrial {
 public:
  explicit EngineTrial(Durability durability = Durability::process, ClaimPlace claim = claim_place)
      : engine(platform, std::move(claim)),
        open{.path = "trial", .name = {}, .storage = Storage::memory, .durability = durability} {}

  // Turns until there is nothing more to do.
  void run() {
    for (int turns = 0; engine.run(); ++turns)
      if (turns == 1'000'000) return (void)(ADD_FAILURE() << "the engine has work for ever");
  }
  void pass_ms(std::int64_t ms) {
    platform.now_us += ms * 1'000;
    run();
  }

  TrialPlatform platform;
  Engine engine;
  request::Open open;
};

class TestClient {
 public:
  enum class Start { bare, greeted, open };

  explicit TestClient(EngineTrial& trial, Start start = Start::open)
      : trial_(trial), client_(trial.engine.connect()) {
    if (start == Start::bare) return;
    EXPECT_EQ(hello(protocol_version, protocol_version).brief(), "ok 0");
    if (start == Start::greeted) return;
    EXPECT_EQ(open(trial.open), "ok 0");
  }
  // One that says who it is.
  TestClient(EngineTrial& trial, const Uuid& name)
      : trial_(trial), client_(trial.engine.connect()) {
    introduce(name);
    EXPECT_EQ(open(trial.open), "ok 0");
  }
  ~TestClient() {
    if (client_) trial_.engine.disconnect(client_);
  }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  void introduce(const Uuid& name) {
    send([&](Bytes& message, std::uint64_t id) { request::write_hello(message, id, name); });
  }

  // The engine goes without a word.
  void lose_engine() { client_ = 0; }
  void disconnect() { trial_.engine.disconnect(std::exchange(client_, 0)); }

  // Hands over what `write(message, id)` writes, and gives its id. Nothing is worked on yet.
  template <class Write>
  std::uint64_t send(Write write) {
    Bytes message;
    write(message, ++last_id_);
    trial_.engine.receive(client_, std::move(message));
    return last_id_;
  }
  void send_raw(Bytes message) { trial_.engine.receive(client_, std::move(message)); }

  // Frames that belong to a request which is under way.
  void credit(std::uint64_t id, std::uint64_t chunks) {
    Bytes message;
    write_credit_frame(message, id, chunks);
    send_raw(std::move(message));
  }
  void cancel(std::uint64_t id) {
    Bytes message;
    write_bare_frame(message, FrameKind::cancel, id, {});
    send_raw(std::move(message));
  }
  void chunk_of_sets(std::uint64_t id, const std::vector<std::vector<Value>>& sets, bool more) {
    send_raw(chunk_frame(id, [&](cbor::Writer& out) {
      out.map(more ? 2 : 1);
      out.text("sets");
      write_sets(out, sets);
      if (!more) return;
      out.text("more");
      out.boolean(true);
    }));
  }
  void chunk_of_data(std::uint64_t id, ByteView data, bool more) {
    Bytes message;
    request::write_import_chunk(message, id, data, more);
    send_raw(std::move(message));
  }
  template <class Write>
  static Bytes chunk_frame(std::uint64_t id, Write write) {
    Bytes message;
    FrameWriter frame(message);
    cbor::Writer out(message);
    begin_envelope(out, FrameKind::chunk, id, {}, 1);
    write(out);
    frame.end_head();
    frame.finish();
    return message;
  }

  // Requests, sent only.
  std::uint64_t ask(const Sql& sql, Head head = {}) {
    return send(
        [&](Bytes& message, std::uint64_t id) { request::write_exec(message, id, head, sql); });
  }
  std::uint64_t ask_plain(std::string_view operation, Head head = {}) {
    return send([&](Bytes& message, std::uint64_t id) {
      request::write_plain(message, id, head, operation);
    });
  }
  std::uint64_t ask_stream(const Sql& sql, std::uint64_t chunk_rows, Head head = {}) {
    return send([&](Bytes& message, std::uint64_t id) {
      request::write_stream(message, id, head, sql, chunk_rows);
    });
  }
  std::uint64_t ask_batch(const std::vector<Sql>& statements, Atomic atomic, Head head = {}) {
    return send([&](Bytes& message, std::uint64_t id) {
      request::write_batch(message, id, head, statements, atomic == Atomic::yes);
    });
  }
  std::uint64_t ask_import(ByteView data, bool more = false, Head head = {}) {
    return send([&](Bytes& message, std::uint64_t id) {
      request::write_import(message, id, head, data, more);
    });
  }
  std::uint64_t ask_many(std::string_view sql, const std::vector<std::vector<Value>>& sets,
                         bool more = false, Head head = {}) {
    return send([&](Bytes& message, std::uint64_t id) {
      FrameWriter frame(message);
      cbor::Writer out(message);
      begin_envelope(out, FrameKind::request, id, head, 2);
      out.text("many");
      out.map(more ? 3 : 2);
      out.text("sql");
      out.text(sql);
      out.text("sets");
      write_sets(out, sets);
      if (more) {
        out.text("more");
        out.boolean(true);
      }
      frame.end_head();
      frame.finish();
    });
  }

  // Requests, sent and worked on; what came of them in brief.
  std::string exec(const Sql& sql, Head head = {}) { return done(ask(sql, head)); }
  std::string plain(std::string_view operation, std::uint64_t session) {
    return done(ask_plain(operation, {.session = session}));
  }
  std::string many(std::string_view sql, const std::vector<std::vector<Value>>& sets,
                   Head head = {}) {
    return done(ask_many(sql, sets, false, head));
  }
  std::string batch(const std::vector<Sql>& statements, Atomic atomic = Atomic::no,
                    Head head = {}) {
    return done(ask_batch(statements, atomic, head));
  }
  std::string open(const request::Open& with) {
    return done(send(
        [&](Bytes& message, std::uint64_t id) { request::write_open(message, id, {}, with); }));
  }
  std::string import(ByteView file) { return done(ask_import(file)); }
  Bytes exported() { return collected(ask_plain("export")); }
  Bytes collected(std::uint64_t id) {
    for (trial_.run(); !answer(id).ended; trial_.run()) credit(id, 8);
    Bytes file;
    for (auto& part : blobs_[id]) append(file, part);
    return file;
  }
  Answer hello(std::uint64_t oldest, std::uint64_t newest) {
    auto id = send([&](Bytes& message, std::uint64_t number) {
      FrameWriter frame(message);
      cbor::Writer out(message);
      begin_envelope(out, FrameKind::hello, number, {}, 1);
      out.map(1);
      out.text("protocol");
      out.array(2);
      out.count(oldest);
      out.count(newest);
      frame.end_head();
      frame.finish();
    });
    return answer(id);
  }

  // What came for that request so far. Each request ends once (law L8).
  const Answer& answer(std::uint64_t id) {
    collect();
    return answers_[id];
  }
  bool ended(std::uint64_t id) { return answer(id).ended; }
  std::string brief(std::uint64_t id) { return answer(id).brief(); }
  std::string done(std::uint64_t id) {
    trial_.run();
    return brief(id);
  }
  const Answer& last() { return answer(last_id_); }

  ClientId id() const { return client_; }

 private:
  static void write_sets(cbor::Writer& out, const std::vector<std::vector<Value>>& sets) {
    Sets encoded;
    for (auto& set : sets) encoded.add(set);
    out.blob(encoded.encoded());
  }

  void collect() {
    auto message = trial_.engine.take_output(client_);
    FrameReader frames(message);
    for (;;) {
      auto frame = frames.next();
      ASSERT_TRUE(frame.ok()) << frame.error().message;
      if (!*frame) return;
      std::uint64_t id = 0;
      auto envelope = read_envelope((*frame)->head, id);
      ASSERT_TRUE(envelope.ok()) << envelope.error().message;
      take(answers_[id], *envelope, (*frame)->tail);
    }
  }

  void take(Answer& answer, const Envelope& envelope, ByteView tail) {
    if (envelope.id != 0) {
      EXPECT_FALSE(answer.ended) << "a frame after the last one of request " << envelope.id;
    }
    if (answer.frames++ == 0) answer.kind = envelope.kind;
    answer.head = envelope.head;
    if (envelope.kind == FrameKind::credit)
      return (void)(answer.granted += request::read_credit(envelope.body).value_or(0));
    answer.ended = true;
    if (envelope.kind == FrameKind::error) {
      answer.error = read_error(envelope.body);
    } else if (auto rows = reply::read_rows(envelope.body)) {
      if (envelope.kind == FrameKind::reply) answer.statement = rows->statement;
      answer.ended = !rows->more;
    } else if (auto batch = reply::read_batch(envelope.body)) {
      answer.statements = *batch;
    } else if (auto opened = reply::read_open(envelope.body)) {
      answer.outcomes = opened->outcomes;
    }
    while (!tail.empty()) {
      auto view = BatchView::read(tail);
      ASSERT_TRUE(view.ok());
      for (std::size_t row = 0; row < view->rows(); ++row) {
        std::string cells;
        for (std::size_t column = 0; column < view->columns(); ++column) {
          auto cell = view->cell(row, column);
          if (cell.kind == Kind::blob)
            blobs_[envelope.id].emplace_back(cell.bytes.begin(), cell.bytes.end());
          cells += (column ? " " : "") + text_of_cell(cell);
        }
        answer.rows.push_back(std::move(cells));
      }
      tail = tail.subspan(view->bytes());
    }
  }

  static std::string text_of_cell(const ValueView& cell) {
    if (cell.kind == Kind::text) return std::string(text_of(cell.bytes));
    if (cell.kind == Kind::blob) return "blob(" + std::to_string(cell.bytes.size()) + ")";
    return to_sql_literal(cell.to_value());
  }

  EngineTrial& trial_;
  ClientId client_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, Answer> answers_;
  std::map<std::uint64_t, std::vector<Bytes>> blobs_;
};

// A statement that would never end, and one that returns that many rows.
inline constexpr const char* endless =
    "with recursive i(v) as (select 1 union all select v + 1 from i) select count(*) from i";
inline std::string counting(int rows) {
  return "with recursive i(v) as (select 1 union all select v + 1 from i where v < " +
         std::to_string(rows) + ") select v from i";
}

}  // namespace outboard
