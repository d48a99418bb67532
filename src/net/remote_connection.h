// RemoteConnection: one WebSocket to a served engine, from connecting to its end.
//
// run() does everything on the thread that calls it, within an io_context of its own: when it is
// over, nothing of it is left to happen. send() and stop() may be called from any thread, and
// before run(). What is not sent when it ends goes with it.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include <outboard/options.hpp>

#include "base/bytes.h"
#include "net/engine_address.h"
#include "net/tls.h"
#include "net/wire.h"

namespace outboard::net {

class RemoteConnection {
 public:
  // `received` is called by run(). The context is for an address with TLS.
  RemoteConnection(const EngineAddress& address, const ConnectOptions& options, TlsContext tls,
                   std::function<void(Bytes)> received)
      : address_(address),
        options_(options),
        tls_(std::move(tls)),
        received_(std::move(received)) {}
  RemoteConnection(const RemoteConnection&) = delete;
  RemoteConnection& operator=(const RemoteConnection&) = delete;

  struct End {
    std::string why;
    std::optional<Error> refusal = std::nullopt;  // trying again is of no use
    bool has_answered = false;                    // anything at all
  };

  // Connects and carries messages, until it breaks or is stopped. Once.
  End run();

  void send(Bytes message);
  void stop();

  // What send() was given and the socket has not taken yet.
  std::size_t queued_bytes() const { return queued_bytes_; }

 private:
  using error_code = boost::system::error_code;

  void find();
  void connect(std::vector<Wire::Protocol::endpoint> endpoints);
  void make_secret();
  void shake_hands();
  void notice_refusal();
  void notice_farewell();
  void read();
  void write();
  void end(const std::string& what, error_code error);

  // A handler that does nothing once this has ended.
  template <class Handler>
  auto unless_over(Handler handler);

  const EngineAddress& address_;
  const ConnectOptions& options_;
  const TlsContext tls_;
  const std::function<void(Bytes)> received_;
  std::atomic<std::size_t> queued_bytes_{0};

  // The thread's own.
  boost::asio::io_context io_{1};
  boost::asio::ip::tcp::resolver resolver_{io_};
  boost::beast::websocket::stream<Wire, false> stream_{io_};
  boost::beast::flat_buffer buffer_;
  boost::beast::websocket::response_type response_;
  std::deque<Bytes> outbox_;  // the first is being written, once it is up
  bool is_up_ = false;
  bool is_over_ = false;
  End end_;
};

}  // namespace outboard::net
