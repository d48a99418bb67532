#include "worker/message_socket.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>

#include "base/limits.h"

namespace outboard {

namespace {

constexpr std::size_t head_bytes = 8;
constexpr std::size_t read_bytes = 256u << 10;

void write_head(std::uint8_t* head, MessageKind kind, std::size_t bytes) {
  store_le(head, static_cast<std::uint32_t>(bytes));
  store_le(head + 4, static_cast<std::uint32_t>(kind));
}

Error gone() {
  return fail(Code::unavailable, std::string("the socket failed: ") + std::strerror(errno), "");
}

// Sends head and body from `from` on. How much was taken; -1: errno says why not.
ssize_t send_some(int socket, const std::uint8_t* head, ByteView body, std::size_t from,
                  int flags) {
  iovec parts[2];
  std::size_t count = 0;
  if (from < head_bytes)
    parts[count++] = {const_cast<std::uint8_t*>(head) + from, head_bytes - from};
  auto body_from = from > head_bytes ? from - head_bytes : 0;
  if (body_from < body.size())
    parts[count++] = {const_cast<std::uint8_t*>(body.data()) + body_from, body.size() - body_from};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = count;
  return ::sendmsg(socket, &message, flags | MSG_NOSIGNAL);
}

}  // namespace

Result<bool> MessageReader::read_from(int socket) {
  if (at_ > 0) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
  }
  auto before = bytes_.size();
  bytes_.resize(before + read_bytes);
  ssize_t got;
  do got = ::recv(socket, bytes_.data() + before, read_bytes, 0);
  while (got < 0 && errno == EINTR);
  bytes_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0) {
    if (errno == EAGAIN) return true;
    if (errno == ECONNRESET) return false;
    return gone();
  }
  return got > 0;
}

Result<std::optional<SocketMessage>> MessageReader::next() {
  auto left = bytes_.size() - at_;
  if (left < head_bytes) return std::optional<SocketMessage>();
  std::size_t size = load_le<std::uint32_t>(bytes_.data() + at_);
  if (size > limits::link_message_bytes_max)
    return fail(Code::too_large, "a message between the processes is larger than 512 MiB", "");
  if (left < head_bytes + size) return std::optional<SocketMessage>();
  SocketMessage message;
  message.kind = static_cast<MessageKind>(load_le<std::uint32_t>(bytes_.data() + at_ + 4));
  auto body = bytes_.begin() + static_cast<std::ptrdiff_t>(at_ + head_bytes);
  message.body.assign(body, body + static_cast<std::ptrdiff_t>(size));
  at_ += head_bytes + size;
  return std::optional<SocketMessage>(std::move(message));
}

bool write_message(int socket, MessageKind kind, ByteView body) {
  std::uint8_t head[head_bytes];
  write_head(head, kind, body.size());
  for (std::size_t written = 0; written < head_bytes + body.size();) {
    auto sent = send_some(socket, head, body, written, 0);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return false;
    written += static_cast<std::size_t>(sent);
  }
  return true;
}

void MessageWriter::push(MessageKind kind, Bytes body) {
  auto& waiting = messages_.emplace_back();
  write_head(waiting.head, kind, body.size());
  bytes_ += body.size();
  waiting.body = std::move(body);
}

void MessageWriter::clear() {
  messages_.clear();
  written_ = bytes_ = 0;
}

Result<void> MessageWriter::write_to(int socket) {
  while (!messages_.empty()) {
    auto& first = messages_.front();
    auto sent = send_some(socket, first.head, first.body, written_, MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return {};
    if (sent < 0) return gone();
    written_ += static_cast<std::size_t>(sent);
    if (written_ < head_bytes + first.body.size()) continue;
    bytes_ -= first.body.size();
    messages_.pop_front();
    written_ = 0;
  }
  return {};
}

}  // namespace outboard
