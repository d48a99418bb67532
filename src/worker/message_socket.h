// Messages over a stream socket between this program and a sidecar: each is led by its length and
// its kind, 4 bytes each, little-endian (rule H20).
//
// Both ends are of the same build, so this is nobody's contract but theirs. One thread may read
// while another writes.
#pragma once

#include <deque>
#include <mutex>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"

namespace outboard {

enum class MessageKind : std::uint32_t {
  protocol = 0,  // frames of the protocol
  beat = 1,      // the sidecar is alive, and has nothing to say
  ready = 2,     // the sidecar's first: its build
  failed = 3,    // the sidecar's last: why
};

struct SocketMessage {
  MessageKind kind = MessageKind::protocol;
  Bytes body = {};
};

// Cuts up what is read. Memory grows with what has come, not with what was announced.
class MessageReader {
 public:
  // Reads once what is there. False: the other side has closed. Fails on a broken socket.
  Result<bool> read_from(int socket);

  // The next whole message. Fails with too_large beyond limits::link_message_bytes_max.
  Result<std::optional<SocketMessage>> next();

 private:
  Bytes bytes_;
  std::size_t at_ = 0;  // how far it is cut up
};

// Writes all of a message, and waits where the other side does not read. False: it is gone.
bool write_message(int socket, MessageKind kind, ByteView body);

// What waits to be written without waiting.
class MessageWriter {
 public:
  void push(MessageKind kind, Bytes body);
  bool is_empty() const { return messages_.empty(); }
  std::size_t bytes() const { return bytes_; }
  void clear();

  // Writes as much as the socket takes now. Fails if the other side is gone.
  Result<void> write_to(int socket);

 private:
  struct Waiting {
    std::uint8_t head[8];
    Bytes body;
  };
  std::deque<Waiting> messages_;
  std::size_t written_ = 0;  // of the first one
  std::size_t bytes_ = 0;
};

}  // namespace outboard
