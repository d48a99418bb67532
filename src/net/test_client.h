// For tests only: a client that sends raw bytes and takes raw bytes, so that tests can be as rude
// as they like.
//
// Lives on one thread. Waits at most 5 s for anything.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace outboard::net {

struct Answer {
  unsigned status = 0;  // 0: the connection ended instead
  std::string head;
  std::string body;

  std::string field(std::string_view name) const {
    auto at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string::npos) return {};
    at += name.size() + 4;
    return head.substr(at, head.find('\r', at) - at);
  }
};

class TestClient {
 public:
  explicit TestClient(std::uint16_t port, int receive_buffer_bytes = 0) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    timeval limit = {5, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (receive_buffer_bytes > 0)
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                   sizeof receive_buffer_bytes);
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  TestClient(TestClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)),
        connected_(other.connected_),
        received_(std::move(other.received_)) {}
  ~TestClient() { vanish(); }

  bool connected() const { return connected_; }

  bool send(std::string_view bytes) {
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }

  // Sends a GET, or another method, for localhost. `fields` are whole lines.
  bool ask(std::string_view target, std::string_view fields = "", std::string_view method = "GET") {
    return send(std::string(method) + " " + std::string(target) +
                " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n");
  }

  Answer answer() {
    Answer answer = head();
    std::string length = answer.field("Content-Length");
    std::size_t body_bytes = length.empty() ? 0 : std::strtoull(length.c_str(), nullptr, 10);
    while (received_.size() < body_bytes && receive()) {
    }
    answer.body = received_.substr(0, body_bytes);
    received_.erase(0, body_bytes);
    return answer;
  }

  // Only the head: for answers to HEAD, for 304, and to read a body oneself.
  Answer head() {
    std::size_t end;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos)
      if (!receive()) return {};
    Answer answer;
    answer.head = received_.substr(0, end + 2);
    answer.status = static_cast<unsigned>(std::atoi(answer.head.c_str() + 9));
    received_.erase(0, end + 4);
    return answer;
  }

  // Has the server closed the connection, with nothing more sent?
  bool is_closed() { return received_.empty() && !receive() && closed_; }

  // Fills `out` with some of what comes next and returns how much; 0 at the end.
  std::size_t some(std::span<char> out) {
    if (received_.empty()) return static_cast<std::size_t>(receive_into(out.data(), out.size()));
    auto size = received_.copy(out.data(), out.size());
    received_.erase(0, size);
    return size;
  }

  void send_no_more() { ::shutdown(socket_, SHUT_WR); }

  // As a program that crashed: without goodbye.
  void vanish() {
    if (socket_ < 0) return;
    linger at_once = {1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(std::exchange(socket_, -1));
  }

 private:
  bool receive() {
    auto before = received_.size();
    received_.resize(before + (64 << 10));
    auto got = receive_into(received_.data() + before, 64 << 10);
    received_.resize(before + static_cast<std::size_t>(got));
    return got > 0;
  }

  ssize_t receive_into(char* at, std::size_t size) {
    auto got = ::recv(socket_, at, size, 0);
    closed_ = got == 0;
    return got < 0 ? 0 : got;
  }

  int socket_ = -1;
  bool connected_ = false;
  bool closed_ = false;
  std::string received_;
};

}  // namespace outboard::net
