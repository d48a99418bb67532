// ThreadHost: an engine on a thread of its own, for one client.
//
// Messages pass through two mailboxes; neither side ever waits for a lock that the other holds
// while it works (law L1). If the engine fails (an exception of the standard library, a broken
// invariant), every waiting call ends in worker_lost.
#pragma once

#include <functional>
#include <memory>

#include "client/link.h"
#include "worker/engine_thread.h"

namespace outboard {

class ThreadHost : public Link {
 public:
  explicit ThreadHost(SetUpFunction set_up = {});
  ~ThreadHost() override { close(); }

  void send(Bytes message) override { engine_.send(client_, std::move(message)); }
  void cancel(std::uint64_t id) override { engine_.take_back(client_, id); }
  // Called by the engine's thread for as long as that lives: it must be quick, and must not throw.
  void set_on_arrival(std::function<void()> on_arrival) override;
  std::vector<Arrival> take() override;
  void wait(std::optional<TimePoint> until, const std::atomic<bool>& done) override;
  void nudge() override;

  // A thread that is stuck in the operating system is left behind after ten seconds, one that was
  // parked at once.
  void close() override;

 private:
  class ToClient;

  std::shared_ptr<ToClient> to_client_;  // the thread's too: it may outlive this
  EngineThread engine_;
  const std::uint64_t client_;
};

}  // namespace outboard
