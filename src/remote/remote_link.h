// RemoteLink: an engine at the other end of a WebSocket (`outboard serve`).
//
// A thread of ours connects, carries the messages and watches. A connection that breaks or falls
// silent is made anew, with pauses that grow; the client greets what it finds there, the same
// engine or another, and sends again what it must (client/recovery.cc). Refused (a wrong token,
// another name), not found at the first attempt, or lost for longer than the patience of the
// options, it is given up.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include <outboard/options.hpp>

#include "client/recovering_link.h"
#include "net/engine_address.h"
#include "net/tls.h"

namespace outboard::net {
class RemoteConnection;
}

namespace outboard {

class RemoteLink : public RecoveringLink {
 public:
  // Fails as read_engine_address() and client_tls() do, or with unavailable where no thread can be
  // started.
  static Result<std::unique_ptr<RemoteLink>> start(const std::string& url, ConnectOptions options);
  ~RemoteLink() override;

  void send(Bytes message) override;
  std::vector<Arrival> take() override { return to_client_.take(); }
  bool has_room() const override;
  void close() override;

 private:
  RemoteLink(net::EngineAddress address, ConnectOptions options, net::TlsContext tls);

  std::shared_ptr<net::RemoteConnection> new_connection();

  // The thread's.
  void work();
  std::shared_ptr<net::RemoteConnection> replace_connection(const std::string& why);

  const net::EngineAddress address_;
  const ConnectOptions options_;
  const net::TlsContext tls_;                          // null: it takes none
  std::shared_ptr<net::RemoteConnection> connection_;  // under the lock
  std::thread thread_;
};

}  // namespace outboard
