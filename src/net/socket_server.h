// SocketServer: WebSocket connections for whoever knows the token: on loopback, on a Unix socket,
// or, with TLS, on any address.
//
// Everything happens on one thread of its own, the handlers too: they must not wait. send() and
// drop() may be called from any thread, the rest from the one that made the server. A connection
// whose client does not read is dropped beyond limits::socket_queued_bytes_max. What the handlers
// refer to must outlive the server.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <outboard/value.hpp>

#include "base/result.h"
#include "net/limits.h"

namespace outboard::net {

struct SocketServerOptions {
  // Where it listens: an address, of this machine alone unless there is a certificate; or the path
  // of a Unix socket instead.
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one
  std::string unix_path = {};

  // With both of these it speaks TLS: a chain of certificates and the key of the first, in PEM.
  std::string tls_certificate_file = {};
  std::string tls_key_file = {};

  // What a client must show, as `Authorization: Bearer …` or as `?token=…`. Not empty.
  std::string token;

  // Pages of these origins may connect; programs send none. "http://localhost:8080"
  std::vector<std::string> origins = {};

  // By these names the server may be called, beside localhost, its address, and what stands in its
  // certificate.
  std::vector<std::string> hosts = {};

  std::size_t queued_bytes_max = limits::socket_queued_bytes_max;
  std::size_t message_bytes_max = limits::socket_message_bytes_max;
  std::size_t connections_max = limits::socket_connections_max;
};

class SocketServer {
 public:
  using Client = std::uint64_t;

  struct Handlers {
    std::function<void(Client)> opened;
    std::function<void(Client, Bytes)> received;
    std::function<void(Client)> closed;    // by either side; after opened
    std::function<bool()> may_read;        // false: nobody is read from for a moment
    std::function<std::string()> metrics;  // as Prometheus reads them
  };

  // Takes the port, or the path: a socket that a server left there when it was killed is replaced.
  // Connections wait until serve(). Fails with bad_request (no TLS and not an address of this
  // machine alone, no token), busy, denied, or as server_tls() does.
  static Result<std::unique_ptr<SocketServer>> listen(SocketServerOptions options);

  // Starts the thread, and lets clients in from now on. Called once. Fails by std::system_error
  // where no thread can be started.
  void serve(Handlers handlers);

  // As stop().
  ~SocketServer();
  SocketServer(const SocketServer&) = delete;
  SocketServer& operator=(const SocketServer&) = delete;

  // "ws://127.0.0.1:1234/", "wss://name:1234/" or "ws+unix:/path".
  const std::string& url() const;

  // Reads certificate and key again, for those who connect from now on. Fails as server_tls() does,
  // and goes on with what it had.
  Result<void> renew_certificate();

  void send(Client client, Bytes message);
  void drop(Client client, std::string why);

  // Lets nobody in any more, and takes nothing more from those who are in: after it `received` is
  // not called. What is still sent to them goes out.
  void stop_reading();

  // Sends what is queued, for limits::socket_stop_timeout_ms at most, and closes. Twice is once.
  void stop();

 private:
  class Core;
  explicit SocketServer(std::unique_ptr<Core> core);

  std::unique_ptr<Core> core_;
};

}  // namespace outboard::net
