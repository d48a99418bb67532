// Echo: what our hosts are measured by: the bare thing that carries the same bytes, and sends them
// back, without an engine.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include <outboard/value.hpp>

namespace bench {

// Messages over a socketpair, led by their length as a sidecar's are, to a process that sends them
// back.
class SocketEcho {
 public:
  SocketEcho();
  ~SocketEcho();
  SocketEcho(const SocketEcho&) = delete;
  SocketEcho& operator=(const SocketEcho&) = delete;

  void round_trip(const outboard::Bytes& message);

 private:
  struct Reader;
  std::unique_ptr<Reader> reader_;
  int socket_ = -1;
  pid_t process_ = 0;
};

// The same over a WebSocket of Beast's, by TCP on this machine.
class WebSocketEcho {
 public:
  WebSocketEcho();
  ~WebSocketEcho();
  WebSocketEcho(const WebSocketEcho&) = delete;
  WebSocketEcho& operator=(const WebSocketEcho&) = delete;

  void round_trip(const outboard::Bytes& message);

 private:
  struct Client;
  std::unique_ptr<Client> client_;
  pid_t process_ = 0;
};

}  // namespace bench
