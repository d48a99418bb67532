// Arbitrary bytes as messages of two clients to an engine. It answers each frame as often as it
// should, whatever was in it, finds an end to everything, and then still answers a ping.
//
// Time is a counter, and a statement is cancelled after so much work: an input does the same each
// time. Frames with an even id come from one client, the others from another one.
#include <cstdio>
#include <map>
#include <memory>
#include <random>

#include "base/assert.h"
#include "base/bytes.h"
#include "engine/engine.h"

namespace outboard {
namespace {

class Clockwork final : public Platform {
 public:
  std::int64_t wall_ms() override { return 1'700'000'000'000 + now_us / 1'000; }
  std::int64_t monotonic_us() override { return now_us += 10; }
  void random(std::span<std::uint8_t> out) override {
    for (auto& byte : out) byte = static_cast<std::uint8_t>(random_());
  }

  std::int64_t now_us = 1'000'000;

 private:
  std::mt19937 random_{1};
};

class World {
 public:
  World() {
    engine_.set_cancelled([this](ClientId, std::uint64_t) { return ++asked_ > asked_max; });
    for (auto& client : clients_) {
      client = engine_.connect();
      Bytes message;
      request::write_hello(message, 1);
      request::write_open(message, 2, {}, {.path = {}, .name = {}, .storage = Storage::memory});
      request::write_exec(message, 3, {},
                          "create table if not exists t (a integer primary key, b)");
      request::write_exec(message, 4, {}, "insert into t (b) values ('one'), (2), (x'03'), (null)");
      engine_.receive(client, std::move(message));
      work();
      engine_.take_output(client);
    }
    commits_ = commits();
  }

  void receive(std::size_t client, ByteView message) {
    engine_.receive(clients_[client], Bytes(message.begin(), message.end()));
  }

  void work() {
    asked_ = 0;
    for (int turns = 0; engine_.run(); ++turns) {
      OB_ASSERT(turns < 100'000);
      asked_ = 0;
    }
  }

  // Lets time pass until nothing waits for anything.
  void end_everything() {
    work();
    for (int waits = 0; auto wake_us = engine_.wake_at_us(); ++waits) {
      OB_ASSERT(waits < 10'000);
      clock_.now_us = std::max(clock_.now_us, *wake_us);
      work();
    }
  }

  Bytes take_output(std::size_t client) { return engine_.take_output(clients_[client]); }

  // Nothing that an input leaves behind would be seen by the next.
  bool is_untouched() { return !engine_.is_closed() && commits() == commits_; }

 private:
  static constexpr int asked_max = 50;

  std::uint64_t commits() {
    Bytes message;
    write_bare_frame(message, FrameKind::ping, 1, {});
    engine_.take_output(clients_[0]);
    engine_.receive(clients_[0], std::move(message));
    auto output = engine_.take_output(clients_[0]);
    auto frame = FrameReader(output).next();
    std::uint64_t id = 0;
    return read_envelope((*frame)->head, id)->head.commit;
  }

  Clockwork clock_;
  Engine engine_{clock_};
  int asked_ = 0;
  ClientId clients_[2] = {};
  std::uint64_t commits_ = 0;
};

// How many last frames a client should get under an id: from `due` to `due + perhaps`.
struct Answers {
  int due = 0;
  int perhaps = 0;
};
using Owed = std::map<std::uint64_t, Answers>;

// Whether that frame is fit for this test. Counts what is owed for it.
bool consider(const Frame& frame, Owed& owed) {
  std::uint64_t id = 0;
  auto envelope = read_envelope(frame.head, id);
  if (envelope && envelope->kind == FrameKind::request) {
    auto request = request::read(envelope->body);
    auto* open = request ? std::get_if<request::Open>(&*request) : nullptr;
    if (open && open->storage == Storage::file) return false;  // the disk is not ours
  }
  auto kind = envelope ? envelope->kind : FrameKind::error;
  if (kind == FrameKind::chunk || kind == FrameKind::credit) {
    // A broken one ends its request, or is answered itself where there is none.
    bool good = kind == FrameKind::chunk ? request::read_chunk(envelope->body).ok()
                                         : request::read_credit(envelope->body).ok();
    if (!good) ++owed[id].perhaps;
  } else if (kind != FrameKind::cancel) {
    ++owed[id].due;
  }
  return true;
}

void check_tail(ByteView tail) {
  while (!tail.empty()) {
    auto batch = BatchView::read(tail);
    OB_ASSERT(batch.ok());
    for (std::size_t column = 0; column < batch->columns(); ++column) {
      if (batch->rows() > 0) batch->cell(batch->rows() - 1, column).to_value();
    }
    tail = tail.subspan(batch->bytes());
  }
}

// What the engine sent is well-formed; each last frame pays for what is owed.
void settle(const Bytes& output, Owed& owed) {
  FrameReader frames(output);
  for (;;) {
    auto frame = frames.next();
    OB_ASSERT(frame.ok());
    if (!*frame) return;
    std::uint64_t id = 0;
    auto envelope = read_envelope((*frame)->head, id);
    OB_ASSERT(envelope.ok());
    bool last = true;
    switch (envelope->kind) {
      case FrameKind::reply:
      case FrameKind::chunk: {
        auto rows = reply::read_rows(envelope->body);
        last = !rows || !rows->more;
        check_tail((*frame)->tail);
        break;
      }
      case FrameKind::error: OB_ASSERT(!read_error(envelope->body).message.empty()); break;
      case FrameKind::credit: last = false; break;
      default: OB_ASSERT(envelope->kind == FrameKind::hello || envelope->kind == FrameKind::ping);
    }
    if (last) --owed[id].due;
  }
}

class Trial {
 public:
  explicit Trial(World& world) : world_(world) {}

  void feed(ByteView data) {
    FrameReader frames(data);
    auto message_at = data.data();  // of frames in a row that come from the same client
    std::size_t client = 0;
    auto send_up_to = [&](const std::uint8_t* end) {
      if (end == message_at) return;
      world_.receive(client, {message_at, end});
      message_at = end;
      if (++messages_ % 3 != 0) world_.work();  // some of them meet in a queue
    };
    for (auto at = data.data();;) {
      auto frame = frames.next();
      if (!frame) {
        ++owed_[client][0].due;
        return send_up_to(data.data() + data.size());
      }
      if (!*frame) return send_up_to(at);
      auto end = (*frame)->tail.data() + (*frame)->tail.size();
      std::uint64_t id = 0;
      (void)read_envelope((*frame)->head, id);
      if (id % 2 != client) {
        send_up_to(at);
        client = id % 2;
      }
      if (!consider(**frame, owed_[client])) {
        send_up_to(at);
        message_at = end;
      }
      at = end;
    }
  }

  void finish() {
    world_.end_everything();
    Bytes ping;
    write_bare_frame(ping, FrameKind::ping, 0, {});
    for (std::size_t client : {0u, 1u}) {
      world_.receive(client, ping);
      ++owed_[client][0].due;
      settle(world_.take_output(client), owed_[client]);
      for (auto& [id, left] : owed_[client]) {
        bool settled = left.due <= 0 && left.due + left.perhaps >= 0;
        if (!settled)
          std::fprintf(stderr, "client %zu is owed %d answers to %llu\n", client, left.due,
                       static_cast<unsigned long long>(id));
        OB_ASSERT(settled);
      }
    }
  }

 private:
  World& world_;
  int messages_ = 0;
  Owed owed_[2];
};

}  // namespace
}  // namespace outboard

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace outboard;
  static std::unique_ptr<World> world;
  if (!world || !world->is_untouched()) world = std::make_unique<World>();
  Bytes copy(data, data + size);  // frames are aligned as they would be
  Trial trial(*world);
  trial.feed(copy);
  trial.finish();
  return 0;
}
