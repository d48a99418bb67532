#include "net/http_server.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <exception>
#include <optional>
#include <thread>
#include <unordered_set>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/write.hpp>

#include "base/assert.h"

namespace outboard::net {

namespace {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Stream = beast::basic_stream<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date_now() {
  std::time_t now = std::time(nullptr);
  std::tm parts = {};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text;
  return {text.data(),
          std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

// The answer to a head that could not be read, or nothing if nobody waits for one. `target` is what
// was read of it.
std::optional<Response> answer_to(error_code error, std::string_view target) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return target.empty() ? text_response(414, "The address is too long.\n")
                          : text_response(431, "The head of the request is too large.\n");
  if (error == http::error::body_limit)
    return text_response(413, "Requests with a body are not taken here.\n");
  if (error == http::error::end_of_stream || error == http::error::partial_message) return {};
  if (error.category() == http::make_error_code(http::error::bad_method).category())
    return text_response(400, "This is no well-formed HTTP request.\n");
  return {};
}

Error listen_failure(error_code error, const HttpServerOptions& options) {
  std::string port = std::to_string(options.port);
  if (error == asio::error::address_in_use)
    return fail(Code::busy, "port " + port + " is taken by another program",
                "stop it, or choose another with --port");
  if (error == asio::error::access_denied)
    return fail(Code::denied, "port " + port + " is reserved for privileged programs",
                "choose one from 1024 on with --port");
  if (error == boost::system::errc::address_not_available)
    return fail(Code::bad_request, "this machine has no address " + options.address,
                "127.0.0.1 is this machine alone, 0.0.0.0 all of its addresses");
  return fail(Code::unavailable,
              "cannot listen on " + options.address + ", port " + port + ": " + error.message());
}
}  // namespace

class HttpServer::Core {
 public:
  explicit Core(HttpServerOptions the_options) : options(std::move(the_options)) {}

  Result<void> listen();
  void serve(Handler the_handler);
  void stop();
  void left(Connection& connection);

  const HttpServerOptions options;
  Handler handler;
  bool stopping = false;
  tcp::endpoint endpoint;

 private:
  void run();
  void accept();
  void admit(Socket socket);
  void close_all();

  std::unordered_set<Connection*> connections_;  // each owned by the operation it waits for
  std::size_t served_ = 0;                       // of these, without those that are told 503
  asio::io_context io_{1};
  Acceptor acceptor_{io_};
  Timer accept_pause_{io_};
  Timer stop_deadline_{io_};
  std::thread thread_;
};

// One connection: reads a head, answers, and again. Lives as long as an operation of its own is
// under way.
class HttpServer::Connection : public std::enable_shared_from_this<Connection> {
 public:
  enum class Admission { served, refused };

  Connection(Core& core, Socket socket, Admission the_admission)
      : admission(the_admission), core_(core), stream_(std::move(socket)) {}
  ~Connection() { core_.left(*this); }

  void start();
  void finish();  // what is being sent, and no more
  void close() { stream_.close(); }

  const Admission admission;

 private:
  void wait_for_request();
  void read_head();
  void on_head(error_code error, std::size_t head_bytes);
  Response handle();
  void send(Response response, bool keep_alive);
  void send_more();
  void on_sent(error_code error);
  bool load_chunk();
  void linger();

  // A handler for an operation, which keeps this connection alive until the operation ends.
  template <class Method>
  auto then(Method method) {
    return [self = shared_from_this(), method](error_code error, std::size_t size) {
      method(*self, error, size);
    };
  }

  Core& core_;
  Stream stream_;
  beast::flat_buffer buffer_{limits::http_head_bytes_max + 4096};
  std::optional<http::request_parser<http::empty_body>> parser_;

  // What is being sent, if anything.
  std::optional<http::response<http::buffer_body>> message_;
  std::optional<http::response_serializer<http::buffer_body>> serializer_;
  Response response_;
  std::uint64_t file_bytes_left_ = 0;
  std::unique_ptr<std::array<char, limits::http_chunk_bytes>> chunk_;

  std::size_t lingered_bytes_ = 0;
};

// ---- Connection: reading ----

void HttpServer::Connection::start() {
  error_code ignored;
  stream_.socket().set_option(tcp::no_delay(true), ignored);
  if (admission == Admission::served) return wait_for_request();
  send(text_response(503, "Too many connections at present: try again in a moment.\n"), false);
}

void HttpServer::Connection::wait_for_request() {
  if (buffer_.size() > 0) return read_head();
  stream_.expires_after(milliseconds(core_.options.idle_timeout_ms));
  stream_.async_read_some(buffer_.prepare(4096),
                          then([](Connection& self, error_code error, std::size_t size) {
                            if (error) return;
                            self.buffer_.commit(size);
                            self.read_head();
                          }));
}

void HttpServer::Connection::read_head() {
  parser_.emplace();
  parser_->header_limit(limits::http_head_bytes_max);
  parser_->body_limit(limits::http_body_bytes_max);
  stream_.expires_after(milliseconds(core_.options.head_timeout_ms));
  http::async_read_header(stream_, buffer_, *parser_,
                          then([](Connection& self, error_code error, std::size_t size) {
                            self.on_head(error, size);
                          }));
}

void HttpServer::Connection::on_head(error_code error, std::size_t head_bytes) {
  if (core_.stopping) return;
  const auto& head = parser_->get();
  // The parser's own limit is for the first line and for the fields, each.
  if (!error && head_bytes > limits::http_head_bytes_max) error = http::error::header_limit;
  if (!error && !parser_->is_done()) error = http::error::body_limit;
  if (error) {
    if (auto answer = answer_to(error, head.target())) send(std::move(*answer), false);
    return;
  }
  if (head.target().size() > limits::http_target_bytes_max)
    return send(text_response(414, "The address is too long.\n"), false);
  if (head.version() != 10 && head.version() != 11)
    return send(text_response(400, "This server speaks HTTP/1.1.\n"), false);
  auto hosts = head.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && head.version() == 11))
    return send(text_response(400, "A request names one host.\n"), false);
  send(handle(), head.keep_alive());
}

Response HttpServer::Connection::handle() {
  const auto& head = parser_->get();
  Request request;
  request.method = head.method_string();
  request.target = head.target();
  for (const auto& field : head) request.fields.push_back({field.name_string(), field.value()});
  try {
    return core_.handler(request);
  } catch (const std::exception&) {  // of the standard library: ours throws nothing
    return text_response(500, "The server failed to answer this.\n");
  }
}

// ---- Connection: sending ----

void HttpServer::Connection::send(Response response, bool keep_alive) {
  response_ = std::move(response);
  auto* file = std::get_if<File>(&response_.body);
  auto* text = std::get_if<std::string>(&response_.body);
  message_.emplace();
  message_->result(response_.status);
  message_->version(parser_ && parser_->is_done() ? parser_->get().version() : 11);
  message_->set(http::field::date, http_date_now());
  message_->set("X-Content-Type-Options", "nosniff");  // the type is as we say
  for (const auto& field : response_.fields) message_->insert(field.name, field.value);
  if (response_.status != 304) message_->content_length(file ? file->size_bytes() : text->size());
  message_->keep_alive(keep_alive);

  bool bodiless = response_.status == 304 || (parser_ && parser_->is_header_done() &&
                                              parser_->get().method() == http::verb::head);
  auto& body = message_->body();
  body.more = false;
  file_bytes_left_ = file && !bodiless ? file->size_bytes() : 0;
  if (file_bytes_left_ > 0) {
    if (!chunk_) chunk_ = std::make_unique<std::array<char, limits::http_chunk_bytes>>();
    if (!load_chunk()) return;
  } else if (text && !bodiless && !text->empty()) {
    body.data = text->data();
    body.size = text->size();
  }
  serializer_.emplace(*message_);
  send_more();
}

void HttpServer::Connection::send_more() {
  stream_.expires_after(milliseconds(core_.options.idle_timeout_ms));
  http::async_write_some(
      stream_, *serializer_,
      then([](Connection& self, error_code error, std::size_t) { self.on_sent(error); }));
}

void HttpServer::Connection::on_sent(error_code error) {
  if (error == http::error::need_buffer) {
    if (!load_chunk()) return;
  } else if (error) {
    return;
  }
  if (!serializer_->is_done()) return send_more();

  bool keep_alive = message_->keep_alive();
  serializer_.reset();
  message_.reset();
  response_ = {};
  chunk_.reset();
  if (core_.stopping) return;
  if (keep_alive) return wait_for_request();
  stream_.socket().shutdown(tcp::socket::shutdown_send, error);
  if (!error) linger();
}

// False when the file has become shorter than was announced: then only a cut connection tells.
bool HttpServer::Connection::load_chunk() {
  auto wanted = std::min<std::uint64_t>(chunk_->size(), file_bytes_left_);
  auto got =
      std::get<File>(response_.body).read({chunk_->data(), static_cast<std::size_t>(wanted)});
  if (!got || *got == 0) return false;
  file_bytes_left_ -= *got;
  message_->body() = {chunk_->data(), *got, file_bytes_left_ > 0};
  return true;
}

// Closing while the client still sends would make its system drop our last answer: so let it see
// the end and close first.
void HttpServer::Connection::linger() {
  if (lingered_bytes_ == 0) stream_.expires_after(milliseconds(limits::http_linger_timeout_ms));
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(4096),
                          then([](Connection& self, error_code error, std::size_t size) {
                            self.lingered_bytes_ += size;
                            if (error || self.core_.stopping) return;
                            if (self.lingered_bytes_ <= limits::http_linger_bytes_max)
                              self.linger();
                          }));
}

void HttpServer::Connection::finish() {
  if (!serializer_) close();
}

// ---- Core ----

Result<void> HttpServer::Core::listen() {
  error_code error;
  auto address = asio::ip::make_address(options.address, error);
  if (error)
    return fail(Code::bad_request, "\"" + options.address + "\" is no IP address",
                "127.0.0.1 is this machine alone, 0.0.0.0 all of its addresses");
  endpoint = {address, options.port};
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(Acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (!error) endpoint = acceptor_.local_endpoint(error);
  if (error) return listen_failure(error, options);
  return {};
}

void HttpServer::Core::serve(Handler the_handler) {
  OB_ASSERT(!handler);
  handler = std::move(the_handler);
  accept();
  thread_ = std::thread([this] { run(); });
}

void HttpServer::Core::run() {
  for (;;) {
    try {
      io_.run();
      return;
    } catch (const std::exception&) {  // memory is short: that connection is gone, the others go on
    }
  }
}

void HttpServer::Core::accept() {
  acceptor_.async_accept([this](error_code error, Socket socket) {
    if (stopping) return;
    if (!error) {
      accept();
      return admit(std::move(socket));
    }
    // Out of sockets, most likely: some will be free again when connections end.
    accept_pause_.expires_after(milliseconds(limits::http_accept_pause_ms));
    accept_pause_.async_wait([this](error_code cancelled) {
      if (!cancelled && !stopping) accept();
    });
  });
}

void HttpServer::Core::admit(Socket socket) {
  auto refused = connections_.size() - served_;
  if (served_ >= options.connections_max && refused >= limits::http_refusals_max) return;
  auto admission = served_ < options.connections_max ? Connection::Admission::served
                                                     : Connection::Admission::refused;
  auto connection = std::make_shared<Connection>(*this, std::move(socket), admission);
  connections_.insert(connection.get());
  if (admission == Connection::Admission::served) ++served_;
  connection->start();
}

void HttpServer::Core::left(Connection& connection) {
  connections_.erase(&connection);
  if (connection.admission == Connection::Admission::served) --served_;
  if (stopping && connections_.empty()) stop_deadline_.cancel();
}

void HttpServer::Core::close_all() {
  for (auto* connection : connections_) connection->close();
}

void HttpServer::Core::stop() {
  if (!thread_.joinable()) return;
  OB_ASSERT(thread_.get_id() != std::this_thread::get_id());
  asio::post(io_, [this] {
    stopping = true;
    error_code ignored;
    acceptor_.close(ignored);
    accept_pause_.cancel();
    for (auto* connection : connections_) connection->finish();
    if (connections_.empty()) return;
    stop_deadline_.expires_after(milliseconds(options.stop_timeout_ms));
    stop_deadline_.async_wait([this](error_code cancelled) {
      if (!cancelled) close_all();
    });
  });
  thread_.join();
}

// ---- HttpServer ----

HttpServer::HttpServer(std::unique_ptr<Core> core) : core_(std::move(core)) {}

HttpServer::~HttpServer() { stop(); }

Result<std::unique_ptr<HttpServer>> HttpServer::listen(HttpServerOptions options) {
  auto core = std::make_unique<Core>(std::move(options));
  TRY(core->listen());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(core)));
}

void HttpServer::serve(Handler handler) { core_->serve(std::move(handler)); }

std::uint16_t HttpServer::port() const { return core_->endpoint.port(); }

bool HttpServer::is_loopback() const {
  auto address = core_->endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
  return address.is_loopback();
}

void HttpServer::stop() { core_->stop(); }

}  // namespace outboard::net
