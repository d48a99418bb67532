// RemoteLink: an engine at the other end of a WebSocket (`outboard serve`).
//
// One thread of ours connects, carries the messages and watches. A connection that breaks or falls
// silent is made anew, after a pause that grows; the client greets what it finds there and sends
// again what it must (client/recovery.cc): the engine may be the same or another. Refused (a wrong
// token, another name), or after too many attempts in vain, it is given up.
#pragma once

#include <memory>
#include <string>

#include <outboard/options.hpp>

#include "base/result.h"
#include "client/link.h"

namespace outboard::net {

class RemoteLink : public Link {
 public:
  // "ws://127.0.0.1:1234/" or "ws+unix:/path/of/a/socket". Fails with bad_request if it is neither.
  static Result<std::unique_ptr<RemoteLink>> start(const std::string& url, ConnectOptions options);
  ~RemoteLink() override;

  void send(Bytes message) override;
  void cancel(std::uint64_t) override {}  // the frame itself does it, at the other end
  std::vector<Arrival> take() override;
  void wait(std::optional<TimePoint> until, const std::atomic<bool>& done) override;
  void nudge() override;
  bool recovers() const override { return true; }
  void begin_again() override;
  void set_on_lost(std::function<void()> on_lost) override;
  bool has_room() const override;
  void close() override;

 private:
  class Core;
  explicit RemoteLink(std::unique_ptr<Core> core);

  std::unique_ptr<Core> core_;
};

}  // namespace outboard::net
