#include "net/socket_server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <future>
#include <map>
#include <optional>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include "base/bytes.h"
#include "net/admission.h"
#include "net/tls.h"
#include "net/wire.h"

namespace outboard::net {

namespace {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;
using std::chrono::milliseconds;

using Socket = Wire::Protocol::socket;

constexpr milliseconds pause_before_reading{2};
constexpr milliseconds pause_before_looking{5};

// What the system takes as the path of a Unix socket, its last zero left out.
constexpr std::size_t unix_path_bytes_max = sizeof(sockaddr_un::sun_path) - 1;

// Is there a socket of a server that is no more?
bool is_left_behind(asio::io_context& io, const asio::local::stream_protocol::endpoint& endpoint) {
  asio::local::stream_protocol::socket probe(io);
  error_code error;
  probe.connect(endpoint, error);
  return error == asio::error::connection_refused;
}

}  // namespace

class SocketServer::Core {
 public:
  class Connection;

  explicit Core(SocketServerOptions the_options) : options(std::move(the_options)) {}
  ~Core() {
    if (local_ && !url.empty()) ::unlink(options.unix_path.c_str());
  }

  Result<void> listen();
  void serve(Handlers the_handlers);
  Result<void> renew_certificate();
  void stop_reading();
  void stop();

  const SocketServerOptions options;
  Handlers handlers;
  std::string url;
  std::vector<std::string> hosts;  // all names it may be called by

  // The thread's own.
  std::map<Client, std::shared_ptr<Connection>> open;
  std::size_t connections = 0;
  Client last_client = 0;
  bool stopping = false;
  TlsContext tls;  // null: plain

  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};  // to stop()

 private:
  Result<void> listen_locally();
  Result<void> listen_on_address();
  template <class Acceptor>
  void accept(Acceptor& acceptor);
  Error listen_failure(error_code error) const;

  std::optional<asio::ip::tcp::acceptor> tcp_;
  std::optional<asio::local::stream_protocol::acceptor> local_;
  std::thread thread_;
};

// One connection: a head is read and judged, then it is a WebSocket or told why not.
class SocketServer::Core::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Core& core, Socket socket) : core_(core), stream_(std::move(socket)) {
    ++core_.connections;
  }
  ~Connection() { --core_.connections; }

  void start() {
    auto& wire = stream_.next_layer();
    wire.send_at_once();
    wire.next_layer().expires_after(milliseconds(limits::socket_greeting_timeout_ms));
    if (!core_.tls) return read_head();
    wire.protect(core_.tls).async_handshake(asio::ssl::stream_base::server,
                                            [self = shared_from_this()](error_code error) {
                                              if (!error) self->read_head();
                                            });
  }

  void read_head() {
    parser_.header_limit(limits::http_head_bytes_max);
    parser_.body_limit(0);
    http::async_read(stream_.next_layer(), buffer_, parser_,
                     [self = shared_from_this()](error_code error, std::size_t) {
                       if (!error) self->judge();
                     });
  }

  void send(Bytes message) {
    queued_bytes_ += message.size();
    queue_.push_back(std::move(message));
    if (queued_bytes_ > core_.options.queued_bytes_max)
      return close(websocket::close_code::try_again_later,
                   "the client does not read: more is queued than is kept for it");
    if (queue_.size() == 1) write();
  }

  // What is queued goes out first, unless the client does not read.
  void close(websocket::close_code code, std::string why) {
    if (std::exchange(closing_, true)) return;
    reason_ = websocket::close_reason(code, beast::string_view(why.substr(0, 120)));
    bool gives_up = code == websocket::close_code::try_again_later;
    if (gives_up) return end();
    if (queue_.empty()) say_goodbye();
  }

  // Without a word.
  void end() {
    beast::get_lowest_layer(stream_).close();
    leave();
  }

  Client client = 0;

 private:
  void judge() {
    auto& request = parser_.get();
    HeadOfRequest head{
        .target = std::string(request.target()),
        .host = std::string(request[http::field::host]),
        .origin = std::string(request[http::field::origin]),
        .authorization = std::string(request[http::field::authorization]),
        .is_upgrade = websocket::is_upgrade(request),
    };
    auto verdict = admit(
        head,
        {.token = core_.options.token, .hosts = core_.hosts, .origins = core_.options.origins});
    bool is_stranger = head.is_upgrade && verdict.answer && verdict.answer->status == 401;
    if (verdict.answer && !is_stranger) return tell(std::move(*verdict.answer));
    if (verdict.wants_metrics) return tell(text_response(200, core_.handlers.metrics()));
    if (core_.stopping || core_.open.size() >= core_.options.connections_max)
      return tell(text_response(503, "There are too many connections.\n"));

    beast::get_lowest_layer(stream_).expires_never();
    stream_.set_option(websocket::stream_base::timeout{
        .handshake_timeout = milliseconds(limits::socket_greeting_timeout_ms),
        .idle_timeout = milliseconds(limits::socket_idle_timeout_ms),
        .keep_alive_pings = true});
    stream_.read_message_max(core_.options.message_bytes_max);
    stream_.binary(true);
    stream_.async_accept(request, [self = shared_from_this(), is_stranger](error_code error) {
      if (error) return;
      if (is_stranger)
        self->close(static_cast<websocket::close_code>(wrong_token_close_code),
                    "the token is missing or wrong");
      else
        self->enter();
    });
  }

  void tell(Response response) {
    response_.emplace(static_cast<http::status>(response.status), 11);
    response_->set(http::field::content_type, "text/plain; charset=utf-8");
    response_->set(http::field::connection, "close");
    response_->set(http::field::cache_control, "no-store");
    if (response.status == 401) response_->set(http::field::www_authenticate, "Bearer");
    response_->body() = std::get<std::string>(std::move(response.body));
    response_->prepare_payload();
    http::async_write(stream_.next_layer(), *response_,
                      [self = shared_from_this()](error_code, std::size_t) {
                        beast::get_lowest_layer(self->stream_).close();
                      });
  }

  void enter() {
    client = ++core_.last_client;
    core_.open[client] = shared_from_this();
    core_.handlers.opened(client);
    buffer_.clear();
    read();
    beat();
  }

  // A page does not see the pings of a WebSocket, but a message without frames.
  void beat() {
    beat_.expires_after(milliseconds(limits::socket_beat_ms));
    beat_.async_wait([self = shared_from_this()](error_code error) {
      if (error || self->client == 0 || self->closing_) return;
      if (self->queue_.empty()) self->send({});
      self->beat();
    });
  }

  void read() {
    if (core_.stopping) return;        // nothing more is taken in, but for the client's goodbye
    if (!core_.handlers.may_read()) {  // the engine has enough to do
      pause_.expires_after(pause_before_reading);
      return pause_.async_wait([self = shared_from_this()](error_code error) {
        if (!error) self->read();
      });
    }
    stream_.async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) {
      self->on_read(error);
    });
  }

  void on_read(error_code error) {
    if (error || client == 0) return leave();
    if (core_.stopping) return;
    if (!stream_.got_binary()) {
      close(websocket::close_code::unknown_data, "messages are binary");
    } else if (!closing_) {
      auto data = buffer_.cdata();
      auto* bytes = static_cast<const std::uint8_t*>(data.data());
      core_.handlers.received(client, Bytes(bytes, bytes + data.size()));
    }
    buffer_.clear();
    read();
  }

  void write() {
    stream_.async_write(asio::buffer(queue_.front()),
                        [self = shared_from_this()](error_code error, std::size_t) {
                          if (error) return self->leave();
                          self->queued_bytes_ -= self->queue_.front().size();
                          self->queue_.pop_front();
                          if (!self->queue_.empty()) return self->write();
                          if (self->closing_) self->say_goodbye();
                        });
  }

  void say_goodbye() {
    stream_.async_close(reason_, [self = shared_from_this()](error_code) { self->leave(); });
  }

  void leave() {
    pause_.cancel();
    beat_.cancel();
    if (auto gone = std::exchange(client, 0)) {
      core_.open.erase(gone);
      core_.handlers.closed(gone);
    }
  }

  Core& core_;
  websocket::stream<Wire, false> stream_;
  asio::steady_timer pause_{core_.io}, beat_{core_.io};
  beast::flat_buffer buffer_;
  http::request_parser<http::empty_body> parser_;
  std::optional<http::response<http::string_body>> response_;
  std::deque<Bytes> queue_;
  std::size_t queued_bytes_ = 0;
  bool closing_ = false;
  websocket::close_reason reason_;
};

Error SocketServer::Core::listen_failure(error_code error) const {
  auto where = options.unix_path.empty()
                   ? options.address + ", port " + std::to_string(options.port)
                   : options.unix_path;
  if (error == asio::error::address_in_use)
    return fail(Code::busy, where + " is taken by another program", "stop it, or choose another");
  if (error == asio::error::access_denied)
    return fail(Code::denied, "listening on " + where + " is not allowed", "choose another");
  return fail(Code::unavailable, "cannot listen on " + where + ": " + error.message());
}

Result<void> SocketServer::Core::listen() {
  if (options.token.empty())
    return fail(Code::bad_request, "a server needs a token", "let one be made, or give one");
  TRY(options.unix_path.empty() ? listen_on_address() : listen_locally());
  hosts.insert(hosts.end(), options.hosts.begin(), options.hosts.end());
  return {};
}

Result<void> SocketServer::Core::listen_locally() {
  using Protocol = asio::local::stream_protocol;
  auto& path = options.unix_path;
  if (path.size() > unix_path_bytes_max)
    return fail(Code::bad_request, path + " is too long a path for a socket",
                "choose one of at most " + std::to_string(unix_path_bytes_max) + " bytes");
  Protocol::endpoint endpoint(path);
  error_code error;
  local_.emplace(io, Protocol());
  local_->bind(endpoint, error);
  if (error == asio::error::address_in_use && is_left_behind(io, endpoint)) {
    ::unlink(path.c_str());
    local_->bind(endpoint, error);
  }
  // For its owner only: nobody can connect before it listens.
  if (!error && ::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0)
    error = error_code(errno, boost::system::system_category());
  if (!error) local_->listen(asio::socket_base::max_listen_connections, error);
  if (error) return listen_failure(error);
  url = "ws+unix:" + path;
  hosts = {"localhost"};
  return {};
}

Result<void> SocketServer::Core::listen_on_address() {
  if (options.tls_certificate_file.empty() != options.tls_key_file.empty())
    return fail(Code::bad_request, "TLS takes both a certificate and its key",
                "--tls-certificate and --tls-key go together");
  if (!options.tls_key_file.empty())
    tls = TRY(server_tls(options.tls_certificate_file, options.tls_key_file));
  error_code error;
  auto address = asio::ip::make_address(options.address, error);
  if (error)
    return fail(Code::bad_request, "\"" + options.address + "\" is no IP address",
                "127.0.0.1 is this machine alone, 0.0.0.0 all of its addresses");
  if (!tls && !address.is_loopback())
    return fail(Code::bad_request,
                options.address + " is not an address of this machine alone, and there is no TLS",
                "give it a certificate: --tls-certificate and --tls-key; 127.0.0.1 needs none");
  asio::ip::tcp::endpoint endpoint(address, options.port);
  tcp_.emplace(io);
  tcp_->open(endpoint.protocol(), error);
  if (!error) tcp_->set_option(asio::socket_base::reuse_address(true), error);
  if (!error) tcp_->bind(endpoint, error);
  if (!error) tcp_->listen(asio::socket_base::max_listen_connections, error);
  if (error) return listen_failure(error);
  auto port = std::to_string(tcp_->local_endpoint().port());
  auto host = address.is_v6() ? "[" + options.address + "]" : options.address;
  hosts = {"localhost:" + port, host + ":" + port};
  if (!tls) {
    url = "ws://" + host + ":" + port + "/";
    return {};
  }
  auto names = certificate_names(tls);
  for (auto& name : names) {
    if (name.find(':') != name.npos) name = "[" + name + "]";
    hosts.push_back(name + ":" + port);
    if (port == "443") hosts.push_back(name);
  }
  url = "wss://" + (names.empty() ? host : names.front()) + ":" + port + "/";
  return {};
}

template <class Acceptor>
void SocketServer::Core::accept(Acceptor& acceptor) {
  acceptor.async_accept([&](error_code error, auto socket) {
    if (stopping) return;
    if (!error && connections < 2 * options.connections_max)
      std::make_shared<Connection>(*this, Socket(std::move(socket)))->start();
    accept(acceptor);
  });
}

void SocketServer::Core::serve(Handlers the_handlers) {
  handlers = std::move(the_handlers);
  if (tcp_) accept(*tcp_);
  if (local_) accept(*local_);
  thread_ = std::thread([this] { io.run(); });
}

Result<void> SocketServer::Core::renew_certificate() {
  if (options.tls_key_file.empty()) return {};
  auto renewed = TRY(server_tls(options.tls_certificate_file, options.tls_key_file));
  asio::post(io, [this, renewed = std::move(renewed)] { tls = renewed; });
  return {};
}

void SocketServer::Core::stop_reading() {
  if (!thread_.joinable()) return;
  std::promise<void> done;
  asio::post(io, [&] {
    stopping = true;
    error_code ignored;
    if (tcp_) tcp_->close(ignored);
    if (local_) local_->close(ignored);
    done.set_value();
  });
  done.get_future().wait();
}

void SocketServer::Core::stop() {
  if (!thread_.joinable()) return;
  stop_reading();
  asio::steady_timer patience(io), look(io);
  std::function<void(error_code)> check = [&](error_code) {
    if (open.empty()) return io.stop();
    look.expires_after(pause_before_looking);
    look.async_wait(check);
  };
  asio::post(io, [&] {
    auto all = open;
    for (auto& [client, connection] : all)
      connection->close(websocket::close_code::going_away, "the server ends");
    patience.expires_after(milliseconds(limits::socket_stop_timeout_ms));
    patience.async_wait([this](error_code) { io.stop(); });
    check({});
  });
  thread_.join();
  auto all = std::exchange(open, {});
  for (auto& [client, connection] : all) connection->end();
}

SocketServer::SocketServer(std::unique_ptr<Core> core) : core_(std::move(core)) {}
SocketServer::~SocketServer() { stop(); }

Result<std::unique_ptr<SocketServer>> SocketServer::listen(SocketServerOptions options) {
  auto core = std::make_unique<Core>(std::move(options));
  TRY(core->listen());
  return std::unique_ptr<SocketServer>(new SocketServer(std::move(core)));
}

void SocketServer::serve(Handlers handlers) { core_->serve(std::move(handlers)); }

const std::string& SocketServer::url() const { return core_->url; }

void SocketServer::send(Client client, Bytes message) {
  asio::post(core_->io, [core = core_.get(), client, message = std::move(message)]() mutable {
    if (auto found = core->open.find(client); found != core->open.end()) {
      auto connection = found->second;
      connection->send(std::move(message));
    }
  });
}

void SocketServer::drop(Client client, std::string why) {
  asio::post(core_->io, [core = core_.get(), client, why = std::move(why)] {
    if (auto found = core->open.find(client); found != core->open.end()) {
      auto connection = found->second;
      connection->close(websocket::close_code::policy_error, why);
    }
  });
}

Result<void> SocketServer::renew_certificate() { return core_->renew_certificate(); }
void SocketServer::stop_reading() { core_->stop_reading(); }
void SocketServer::stop() { core_->stop(); }

}  // namespace outboard::net
