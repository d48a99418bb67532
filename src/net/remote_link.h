// RemoteLink: an engine at the other end of a WebSocket (`outboard serve`).
//
// A thread of ours connects, carries the messages and watches. A connection that breaks or falls
// silent is made anew, with pauses that grow; the client greets what it finds there, the same
// engine or another, and sends again what it must (client/recovery.cc). Refused (a wrong token,
// another name), not found at the first attempt, or lost for longer than the patience of the
// options, it is given up.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <outboard/options.hpp>

#include "client/link.h"
#include "client/mailbox.h"
#include "net/engine_address.h"

namespace outboard::net {

class RemoteConnection;

class RemoteLink : public Link {
 public:
  // Fails as read_engine_address() does, or with unavailable where no thread can be started.
  static Result<std::unique_ptr<RemoteLink>> start(const std::string& url, ConnectOptions options);
  ~RemoteLink() override;

  void send(Bytes message) override;
  void cancel(std::uint64_t) override {}  // the frame itself does it, at the other end
  std::vector<Arrival> take() override { return to_client_.take(); }
  void wait(std::optional<TimePoint> until, const std::atomic<bool>& done) override {
    to_client_.wait(until, done);
  }
  void nudge() override { to_client_.nudge(); }
  bool recovers() const override { return true; }
  void begin_again() override;
  void set_on_lost(std::function<void()> on_lost) override;
  bool has_room() const override;
  void close() override;

 private:
  RemoteLink(EngineAddress address, ConnectOptions options);

  std::shared_ptr<RemoteConnection> new_connection();

  // The thread's.
  void work();
  std::shared_ptr<RemoteConnection> replace_connection(const std::string& why);
  void give_up(Error error);
  void pause(unsigned failures);

  const EngineAddress address_;
  const ConnectOptions options_;
  Mailbox<Arrival> to_client_;

  mutable std::mutex mutex_;  // guards what is below; held for moments only
  std::condition_variable stopped_;
  std::shared_ptr<RemoteConnection> connection_;
  std::function<void()> on_lost_;
  bool accepts_ = true;  // false: an EngineLost has not been taken notice of
  bool stop_ = false;

  std::thread thread_;
};

}  // namespace outboard::net
