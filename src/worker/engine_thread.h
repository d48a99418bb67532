// EngineThread: an engine on a thread of its own, for any number of clients that are far away: at
// the other end of a socket.
//
// Messages go in from any thread and wait in a queue; what the engine says to a client is handed to
// its Outlet, on the engine's thread. If the engine fails, every client is told why, and nothing
// more happens. Outlives no Outlet: disconnect() or stop() first.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include <outboard/set_up.hpp>

#include "base/bytes.h"

namespace outboard {

class EngineThread {
 public:
  // Where a client's messages go. Called on the engine's thread: it must not wait.
  class Outlet {
   public:
    virtual ~Outlet() = default;
    virtual void deliver(Bytes message) = 0;

    // The engine dropped the client, or is gone. Last.
    virtual void end(const std::string& why) = 0;
  };

  // Fails by std::system_error where no thread can be started. `set_up` may be empty.
  explicit EngineThread(SetUpFunction set_up = {});
  ~EngineThread() { stop(); }
  EngineThread(const EngineThread&) = delete;
  EngineThread& operator=(const EngineThread&) = delete;

  // A client, known by a number of its own. The engine lets the outlet go after disconnect().
  std::uint64_t connect(std::shared_ptr<Outlet> outlet);
  void disconnect(std::uint64_t client);

  // Hands a message to the engine.
  void send(std::uint64_t client, Bytes message);

  // A cancel frame for that request is on its way: it stops also what runs just now.
  void take_back(std::uint64_t client, std::uint64_t request);

  // As send(), for a message from elsewhere: what a cancel frame in it takes back is found here.
  void forward(std::uint64_t client, Bytes message);

  // Bytes that were sent and that the engine has not taken yet, of all clients.
  std::size_t waiting_bytes() const;

  // Waits until there is less than that.
  void wait_for_room(std::size_t bytes) const;

  // Waits until the engine has answered what it can of what was sent before, and has handed that
  // out; for that long at most. What waits for a client (more of a result's credit, the end of a
  // transaction) is not waited for.
  void settle(std::chrono::milliseconds at_most);

  // For whoever watches.
  struct Figures {
    std::uint64_t clients = 0;
    std::uint64_t messages = 0;
    std::uint64_t message_bytes = 0;
    std::uint64_t turns = 0;
    std::uint64_t progress = 0;  // counts on whenever the engine gets on with anything
    bool waits = false;          // it has nothing to do
    bool is_lost = false;
  };
  Figures figures() const;

  // Stops what runs, closes the file and ends the thread. A thread that is stuck in the operating
  // system is left behind after ten seconds. Twice is once.
  void stop();

 private:
  struct Shared;
  static void work(const std::shared_ptr<Shared>& shared, SetUpFunction set_up);

  std::shared_ptr<Shared> shared_;  // the thread's too: it may outlive this
  std::thread thread_;
};

}  // namespace outboard
