#include "echo.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "worker/message_socket.h"

namespace bench {

namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using WebSocket = websocket::stream<tcp::socket>;

[[noreturn]] void give_up(const char* why) {
  std::fprintf(stderr, "bench: %s\n", why);
  std::exit(1);
}

void end(pid_t process) {
  ::kill(process, SIGKILL);
  ::waitpid(process, nullptr, 0);
}

outboard::SocketMessage next_message(outboard::MessageReader& reader, int socket) {
  for (;;) {
    auto message = reader.next();
    if (!message) give_up("the echo is garbled");
    if (*message) return std::move(**message);
    auto open = reader.read_from(socket);
    if (!open || !*open) ::_exit(0);  // the other side is gone
  }
}

[[noreturn]] void echo_messages(int socket) {
  for (outboard::MessageReader reader;;) {
    auto message = next_message(reader, socket);
    if (!outboard::write_message(socket, message.kind, message.body)) ::_exit(0);
  }
}

[[noreturn]] void echo_web_messages(tcp::acceptor& acceptor) {
  WebSocket stream(acceptor.accept());
  stream.next_layer().set_option(tcp::no_delay(true));
  stream.accept();
  stream.binary(true);
  boost::system::error_code error;
  for (boost::beast::flat_buffer buffer; !error; buffer.clear()) {
    stream.read(buffer, error);
    if (!error) stream.write(buffer.cdata(), error);
  }
  ::_exit(0);
}

}  // namespace

// ---- SocketEcho ----

struct SocketEcho::Reader : outboard::MessageReader {};

SocketEcho::SocketEcho() : reader_(std::make_unique<Reader>()) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) give_up("no socketpair");
  process_ = ::fork();
  if (process_ == 0) {
    ::close(ends[0]);
    echo_messages(ends[1]);
  }
  ::close(ends[1]);
  socket_ = ends[0];
}

SocketEcho::~SocketEcho() {
  ::close(socket_);
  end(process_);
}

void SocketEcho::round_trip(const outboard::Bytes& message) {
  if (!outboard::write_message(socket_, outboard::MessageKind::protocol, message))
    give_up("the echo is gone");
  (void)next_message(*reader_, socket_);
}

// ---- WebSocketEcho ----

struct WebSocketEcho::Client {
  asio::io_context io{1};
  WebSocket stream{io};
  boost::beast::flat_buffer buffer;
};

WebSocketEcho::WebSocketEcho() : client_(std::make_unique<Client>()) {
  tcp::acceptor acceptor(client_->io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  process_ = ::fork();
  if (process_ == 0) echo_web_messages(acceptor);
  auto& stream = client_->stream;
  stream.next_layer().connect(acceptor.local_endpoint());
  stream.next_layer().set_option(tcp::no_delay(true));
  stream.handshake("localhost", "/");
  stream.binary(true);
}

WebSocketEcho::~WebSocketEcho() { end(process_); }

void WebSocketEcho::round_trip(const outboard::Bytes& message) {
  client_->stream.write(asio::buffer(message));
  client_->stream.read(client_->buffer);
  client_->buffer.clear();
}

}  // namespace bench
