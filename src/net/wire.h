// Wire: what a WebSocket runs over: TCP or a Unix socket, with TLS or without.
//
// A stream as Asio and Beast know it. One thread's. It goes when no operation on it is under way.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_stream.hpp>
#include <boost/beast/websocket/teardown.hpp>

namespace outboard::net {

class Wire {
 public:
  using Protocol = boost::asio::generic::stream_protocol;
  using next_layer_type = boost::beast::basic_stream<Protocol>;
  using executor_type = next_layer_type::executor_type;
  using Tls = boost::asio::ssl::stream<next_layer_type&>;

  explicit Wire(boost::asio::io_context& io) : socket_(io) {}
  explicit Wire(Protocol::socket socket) : socket_(std::move(socket)) {}

  executor_type get_executor() noexcept { return socket_.get_executor(); }
  next_layer_type& next_layer() { return socket_; }
  const next_layer_type& next_layer() const { return socket_; }

  // Small messages leave at once. Once it is connected; of no consequence for a Unix socket.
  void send_at_once() {
    boost::system::error_code ignored;
    socket_.socket().set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  }

  // From here on all is TLS, beginning with the handshake. Once; the context is kept.
  Tls& protect(std::shared_ptr<boost::asio::ssl::context> context) {
    context_ = std::move(context);
    return tls_.emplace(socket_, *context_).next_layer();
  }

  // Handlers are all of one type from here on down: else each of Beast's, which hold each other,
  // would be compiled with all that TLS makes of it, which takes minutes.
  using Transferred = std::move_only_function<void(boost::system::error_code, std::size_t)>;

  template <class Buffers>
  void async_read_some(const Buffers& buffers, Transferred handler) {
    if (tls_) return tls_->async_read_some(buffers, std::move(handler));
    socket_.async_read_some(buffers, std::move(handler));
  }

  template <class Buffers>
  void async_write_some(const Buffers& buffers, Transferred handler) {
    if (tls_) return tls_->async_write_some(buffers, std::move(handler));
    socket_.async_write_some(buffers, std::move(handler));
  }

  using Ended = std::move_only_function<void(boost::system::error_code)>;

  template <class Handler>
  friend void async_teardown(boost::beast::role_type role, Wire& wire, Handler&& handler) {
    Ended ended(std::forward<Handler>(handler));
    if (wire.tls_) return wire.tls_->next_layer().async_shutdown(std::move(ended));
    using boost::beast::websocket::async_teardown;
    async_teardown(role, wire.socket_, std::move(ended));
  }

 private:
  next_layer_type socket_;
  std::shared_ptr<boost::asio::ssl::context> context_;
  std::optional<boost::beast::flat_stream<Tls>> tls_;  // flat: a frame is one record
};

}  // namespace outboard::net
