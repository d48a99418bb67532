// Engine: one open database with everything that works on it. Messages in, messages out.
//
//   Engine engine(platform);
//   auto client = engine.connect();
//   engine.receive(client, message);
//   while (engine.run()) …;                  // a turn each, of about 4 ms
//   post(engine.take_output(client));        // after every turn
//
// An engine does nothing on its own and waits for nothing: its host calls run() when messages have
// come, while run() says that there is more to do, and at wake_at_us(). It belongs to one thread
// (law L2).
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>

#include "engine/autosave.h"
#include "engine/statements.h"

namespace outboard {

class Engine {
 public:
  // `claim` finds the files of the database that is opened; a simulation brings its own.
  explicit Engine(Platform& platform, ClaimPlace claim = claim_place);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // How to find out, while a statement runs, that its request was taken back by a message that has
  // not been received yet. Asked every few microseconds of work; may be empty.
  void set_cancelled(std::function<bool(ClientId, std::uint64_t id)> cancelled) {
    cancelled_ = std::move(cancelled);
  }

  // What the application adds to its engine: called each time before a file is opened, with what
  // the one who opens it said for it (`config`). What it adds of functions() is what the database
  // has. If it fails, so does the opening. It must not throw.
  using SetUp = std::function<Result<void>(ApplicationFunctions&, std::string_view config)>;
  void set_set_up(SetUp set_up) { set_up_ = std::move(set_up); }

  // REQUIRES for a change: no database is open.
  ApplicationFunctions& functions() { return core_.functions; }

  // A new client, and the end of one: what it had open is rolled back, and what it asked is
  // dropped.
  ClientId connect();
  void disconnect(ClientId client);

  // False also after another connection of the same client took its place (rule H8): the host may
  // close what belongs to this one.
  bool is_connected(ClientId client) const { return clients_.contains(client); }

  // Takes in a message: one or more frames. Whatever it holds, it does no more harm than an error
  // reply.
  void receive(ClientId client, Bytes message);

  // Works for a turn. True: there is more to do at once.
  bool run();

  // What there is to post to that client since the last time; may be empty. A host that cannot post
  // it yet leaves it here: a client with much that was not taken is not served until it is.
  Bytes take_output(ClientId client) { return core_.take_output(client); }

  // When run() wants to be called although nothing came, in the platform's monotonic microseconds.
  std::optional<std::int64_t> wake_at_us() const;

  // Would nobody lose anything but time if the engine ended now: no transaction is open, no result
  // is being read, nothing is on its way in pieces?
  bool is_quiet() const { return !writer_.holder() && tasks_.size() == 0; }

  // The last client closed the database: the host may go.
  bool is_closed() const { return closed_; }

 private:
  using Queue = std::deque<Job>;

  // A flush that is answered when that save is over.
  struct AwaitedSave {
    ClientId client;
    std::uint64_t request;
    std::uint64_t save;
  };

  struct Client {
    bool greeted = false;
    bool has_opened = false;  // and not closed again
    Queue inbox;              // not looked at yet
    Queue blocked;            // waiting for the writer, or for room
    std::size_t queued_bytes = 0;
    bool queue_first = false;  // its tasks had the last turn
  };

  void receive_frame(ClientId id, Client& client, const SharedMessage& message, const Frame& frame);
  void receive_request(ClientId id, Client& client, const SharedMessage& message,
                       const Frame& frame, const Envelope& envelope);
  void receive_chunk(ClientId id, Client& client, const SharedMessage& message,
                     const Envelope& envelope);
  bool end_request(ClientId id, Client& client, std::uint64_t request, const Error& why);
  Result<void> close_if_unused();

  bool serve(ClientId id, Client& client);
  bool serve_task(ClientId id, Client& client);
  bool serve_queue(Client& client);
  bool is_full(ClientId id) const;
  bool has_work() const;
  std::optional<std::size_t> next_unblocked(const Queue& blocked) const;
  void flush_turn();
  void save_turn();
  void keep_time();
  bool is_awaited(ClientId id, std::uint64_t session) const;

  Served answer(const Job& job);
  Served open(const Job& job, const request::Open& open);
  Result<void> open_store(const request::Open& open);
  Served many(const Job& job, const request::Many& many);
  Served begin(const Job& job);
  Served end(const Job& job, Result<std::size_t> depth);
  Served export_database(const Job& job);
  Served flush(const Job& job);
  Served close(const Job& job);
  void start(std::unique_ptr<Task> task);
  void stop_orphans();

  ClaimPlace claim_;
  SetUp set_up_;
  Core core_;
  Writer writer_{core_};
  Tasks tasks_;
  Statements statements_{core_, writer_, tasks_};
  std::unique_ptr<Autosave> autosave_;  // of the store, if it is saved as a whole
  std::vector<AwaitedSave> awaited_saves_;
  std::function<bool(ClientId, std::uint64_t)> cancelled_;
  std::pair<ClientId, std::uint64_t> at_work_{};  // the request that runs just now

  std::map<ClientId, Client> clients_;
  ClientId last_client_ = 0;
  ClientId last_served_ = 0;
  std::uint64_t commits_flushed_ = 0;
  bool is_saving_ = false;
  bool closed_ = false;
};

}  // namespace outboard
