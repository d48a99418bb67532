// Core: what every part of an engine works with: its database, its clients' ways out, its clock.
//
// Lives on the engine's thread, as everything in this room does (law L2).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/outcomes.h"
#include "journal/journal.h"
#include "protocol/batch.h"
#include "protocol/reply.h"
#include "protocol/request.h"
#include "store/store.h"

namespace outboard {

// A message that several requests may lie in; their views are good as long as one of these is.
using SharedMessage = std::shared_ptr<const Bytes>;

// One request on its way through the engine.
struct Job {
  ClientId client = 0;
  std::uint64_t id = 0;
  std::uint64_t session = 0;     // 0: none
  std::uint64_t n = 0;           // what its client numbers it, for its outcome to be kept; 0: no
  std::int64_t deadline_us = 0;  // 0: none
  SharedMessage message;
  request::Any what;
  std::size_t bytes = 0;  // of its frame

  bool waits_for_room = false;  // for its result beside others; else what waits wants the writer

  // Pieces that came before it was this job's turn.
  std::vector<std::pair<SharedMessage, request::Chunk>> chunks = {};
};

// What became of a job: answered, or a task by now; or it waits for the writer, or for a result of
// others to be through.
enum class Served { done, must_wait, needs_room };

class Core {
 public:
  Core(Platform& world, std::uint64_t epoch) : platform(world), epoch_(epoch) {}

  Platform& platform;
  ApplicationFunctions functions;             // of the application; outlives the store
  std::unique_ptr<Store> store;               // null until `open`
  std::unique_ptr<journal::Journal> journal;  // of the store's writer
  Outcomes outcomes{platform};
  BatchBuilder batch;  // for whoever is at work just now

  std::int64_t now_us() { return platform.monotonic_us(); }

  // Where a client's frames gather until its host takes them.
  Bytes& output(ClientId client) { return outputs_[client]; }

  std::size_t output_bytes(ClientId client) const;
  Bytes take_output(ClientId client);
  void drop_output(ClientId client) { outputs_.erase(client); }

  // Answers to what committed in this turn can be taken back until their host takes them: each then
  // becomes that error. `from` is where they begin in the client's output.
  void begin_turn() { acknowledged_.clear(); }
  void acknowledge(ClientId client, std::uint64_t id, std::size_t from);
  void retract_turn(const Error& why);

  // Head of all that leaves: this life of the engine, and its commits so far.
  Head head() const { return {.epoch = epoch_, .commit = store ? store->commits() : 0}; }

  void reply_error(ClientId client, std::uint64_t id, const Error& error);

  // In the transaction that commits what a job did: all of it, with what it is answered if that is
  // worth keeping, or a part. Nothing, where the job has no number.
  Result<void> note(const Job& job, const Bytes& answer);
  Result<void> note_begun(const Job& job);

  // True: the job was applied before, and has been answered.
  bool answered_before(const Job& job);

  // A reply whose body `write` writes.
  template <class Write>
  void reply(ClientId client, std::uint64_t id, Write write) {
    frame(client, id, FrameKind::reply, write, [](Bytes&) {});
  }

  // A frame with a body and a tail.
  template <class Write, class Tail>
  void frame(ClientId client, std::uint64_t id, FrameKind kind, Write write, Tail tail) {
    auto& out = output(client);
    if (out.empty()) out.reserve(256);
    FrameWriter written(out);
    cbor::Writer writer(out);
    begin_envelope(writer, kind, id, head(), 1);
    write(writer);
    written.end_head();
    tail(out);
    written.finish();
  }

 private:
  std::uint64_t epoch_;
  std::map<ClientId, Bytes> outputs_;

  struct Acknowledgement {
    ClientId client;
    std::uint64_t id;
    std::size_t from, to;  // in the client's output
  };
  std::vector<Acknowledgement> acknowledged_;  // in this turn, in order
};

}  // namespace outboard
