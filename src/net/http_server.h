// HttpServer: answers HTTP/1.1 requests on one port, on one thread of its own.
//
// The handler runs on that thread, one call at a time, and must not block for long: nobody else is
// served meanwhile. Everything else is called by whoever made the server, from one thread, never
// from the handler. What the handler refers to must outlive the server.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/http_message.h"
#include "net/limits.h"

namespace outboard::net {

struct HttpServerOptions {
  std::string address = "127.0.0.1";  // an IP address; 0.0.0.0 and :: stand for all of them
  std::uint16_t port = 0;             // 0: any free one

  std::size_t connections_max = limits::http_connections_max;
  std::int64_t head_timeout_ms = limits::http_head_timeout_ms;
  std::int64_t idle_timeout_ms = limits::http_idle_timeout_ms;
  std::int64_t stop_timeout_ms = limits::http_stop_timeout_ms;
};

class HttpServer {
 public:
  // Answers any well-formed request without a body, whatever its method; what is malformed or too
  // large never gets here. The body of an answer to HEAD is left out by the server.
  using Handler = std::function<Response(const Request&)>;

  // Takes the port; connections wait until serve(). Fails with bad_request (no such address here),
  // busy (the port is taken) or denied (the port is privileged).
  static Result<std::unique_ptr<HttpServer>> listen(HttpServerOptions options);

  // Starts the thread and answers from now on. Called once.
  void serve(Handler handler);

  // As stop().
  ~HttpServer();

  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;

  // Can only programs of this machine reach it?
  bool is_loopback() const;

  // Takes no more requests, finishes the answers under way for at most stop_timeout_ms, and
  // returns when all connections are closed. May be called again.
  void stop();

 private:
  class Core;
  class Connection;

  explicit HttpServer(std::unique_ptr<Core> core);

  std::unique_ptr<Core> core_;
};

}  // namespace outboard::net
