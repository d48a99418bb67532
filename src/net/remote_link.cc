#include "net/remote_link.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include "base/limits.h"
#include "client/mailbox.h"
#include "net/limits.h"

namespace outboard::net {

namespace {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::generic::stream_protocol;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr milliseconds first_pause{20}, longest_pause{1'000};

struct Place {
  stream_protocol::endpoint endpoint;
  std::string host;    // as the server is called
  std::string target;  // "/"
};

Result<Place> place_of(const std::string& url) {
  auto wrong =
      fail(Code::bad_request, "\"" + url + "\" is not the address of an engine",
           "it looks like ws://127.0.0.1:1234/ or ws+unix:/path; `outboard serve` says it");
  constexpr std::string_view web = "ws://", local = "ws+unix:";
  if (url.starts_with(local)) {
    auto path = url.substr(local.size());
    if (path.empty() || path.size() > 100) return wrong;
    return Place{asio::local::stream_protocol::endpoint(path), "localhost", "/"};
  }
  if (!url.starts_with(web)) return wrong;
  auto rest = url.substr(web.size());
  auto slash = std::min(rest.find('/'), rest.size());
  auto host = rest.substr(0, slash);
  auto colon = host.rfind(':');
  if (colon == host.npos) return wrong;
  auto name = host.substr(0, colon);
  if (name == "localhost") name = "127.0.0.1";
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  unsigned port = 0;
  for (char digit : host.substr(colon + 1)) {
    if (digit < '0' || digit > '9' || port > 65'535) return wrong;
    port = port * 10 + static_cast<unsigned>(digit - '0');
  }
  error_code error;
  auto address = asio::ip::make_address(name, error);
  if (error || port == 0 || port > 65'535) return wrong;
  if (!address.is_loopback())
    return fail(Code::denied, "without TLS an engine is only spoken to on this machine",
                "forward a port of this machine to it, for example with ssh -L");
  return Place{asio::ip::tcp::endpoint(address, static_cast<std::uint16_t>(port)), host,
               slash < rest.size() ? rest.substr(slash) : "/"};
}

}  // namespace

class RemoteLink::Core {
 public:
  Core(Place place, ConnectOptions the_options)
      : place_(std::move(place)), options_(std::move(the_options)) {}

  void start() {
    thread_ = std::thread([this] { work(); });
  }
  void stop();
  void send(Bytes message);
  std::vector<Arrival> take();

  Mailbox<Arrival> to_client;

  mutable std::mutex mutex;  // guards what is below; held for moments only
  bool accepts = true;       // false: an EngineLost has not been taken notice of
  std::function<void()> on_lost;
  std::size_t queued_bytes = 0;

 private:
  using Stream = websocket::stream<beast::basic_stream<stream_protocol>>;

  void work();
  void live();
  void connect();
  void shake_hands();
  void read();
  void write();
  void fail_with(const std::string& what, error_code error);

  // A handler that does nothing once its connection has ended.
  template <class Handler>
  auto unless_over(Handler handler) {
    return [this, handler](error_code error, auto&&...) {
      if (!is_over_) handler(error);
    };
  }
  void lose(const std::string& why);
  void give_up(Error error);

  const Place place_;
  const ConnectOptions options_;

  // The thread's own.
  asio::io_context io_{1};
  std::optional<Stream> stream_;
  beast::flat_buffer buffer_;
  websocket::response_type response_;
  std::deque<Bytes> writing_;
  bool is_up_ = false;
  bool is_over_ = false;
  bool has_answered_ = false;
  std::string why_;
  std::optional<Error> refused_;

  std::deque<Bytes> outbox_;  // guarded by the mutex
  bool stop_ = false;         // too
  std::condition_variable stopped_;
  std::thread thread_;
};

void RemoteLink::Core::work() {
  for (unsigned failures = 0;;) {
    live();
    {
      std::lock_guard lock(mutex);
      if (stop_) return;
    }
    if (refused_) return give_up(*refused_);
    failures = has_answered_ ? 0 : failures + 1;
    if (failures >= options_.attempts_max)
      return give_up({Code::worker_lost, "the engine cannot be reached: " + why_,
                      "see whether `outboard serve` runs, and connect again"});
    lose(why_);
    auto pause = failures
                     ? std::min(first_pause * (1u << std::min(failures - 1, 10u)), longest_pause)
                     : milliseconds(0);
    std::unique_lock lock(mutex);
    if (stopped_.wait_for(lock, pause, [&] { return stop_; })) return;
  }
}

// One connection, from its beginning to its end.
void RemoteLink::Core::live() {
  is_up_ = is_over_ = has_answered_ = false;
  why_ = "the connection was closed";
  writing_.clear();
  buffer_.clear();
  stream_.emplace(io_);
  io_.restart();
  connect();
  io_.run();
  stream_.reset();
  io_.restart();
  io_.poll();  // what was waiting is told, and does nothing
}

void RemoteLink::Core::fail_with(const std::string& what, error_code error) {
  if (stream_ && error == websocket::error::closed && !stream_->reason().reason.empty()) {
    why_ = "the server closed the connection: " + std::string(stream_->reason().reason.c_str());
  } else {
    why_ = what + ": " + error.message();
  }
  is_up_ = false;
  is_over_ = true;
  beast::get_lowest_layer(*stream_).close();
  io_.stop();
}

void RemoteLink::Core::connect() {
  auto& socket = beast::get_lowest_layer(*stream_);
  socket.expires_after(options_.silence_max);
  socket.async_connect(place_.endpoint, unless_over([this](error_code error) {
                         if (error) return fail_with("connecting failed", error);
                         shake_hands();
                       }));
}

void RemoteLink::Core::shake_hands() {
  response_ = {};
  beast::get_lowest_layer(*stream_).expires_never();
  stream_->set_option(websocket::stream_base::timeout{.handshake_timeout = options_.silence_max,
                                                      .idle_timeout = options_.silence_max,
                                                      .keep_alive_pings = true});
  stream_->read_message_max(limits::link_message_bytes_max);
  stream_->binary(true);
  stream_->set_option(websocket::stream_base::decorator([this](websocket::request_type& head) {
    head.set(http::field::authorization, "Bearer " + options_.token);
  }));
  stream_->async_handshake(
      response_, place_.host, place_.target, unless_over([this](error_code error) {
        if (error == websocket::error::upgrade_declined) {
          auto status = response_.result_int();
          if (status == 401 || status == 403)
            refused_ = Error{Code::denied, response_.body(),
                             "use the address and the token that `outboard serve` says"};
          if (status == 404)
            refused_ = Error{Code::not_found, "there is no engine at this address", ""};
        }
        if (error) return fail_with("the server refused", error);
        is_up_ = true;
        read();
        write();
      }));
}

void RemoteLink::Core::read() {
  stream_->async_read(buffer_, unless_over([this](error_code error) {
                        if (error) return fail_with("the connection broke", error);
                        has_answered_ = true;
                        auto data = buffer_.cdata();
                        auto* bytes = static_cast<const std::uint8_t*>(data.data());
                        to_client.push(Bytes(bytes, bytes + data.size()));
                        buffer_.clear();
                        read();
                      }));
}

void RemoteLink::Core::write() {
  if (!is_up_ || !writing_.empty()) return;
  {
    std::lock_guard lock(mutex);
    if (outbox_.empty()) return;
    writing_.push_back(std::move(outbox_.front()));
    outbox_.pop_front();
    queued_bytes -= writing_.front().size();
  }
  stream_->async_write(asio::buffer(writing_.front()), unless_over([this](error_code error) {
                         if (error) return fail_with("the connection broke", error);
                         writing_.clear();
                         write();
                       }));
}

void RemoteLink::Core::lose(const std::string& why) {
  std::function<void()> tell;
  {
    std::lock_guard lock(mutex);
    outbox_.clear();
    queued_bytes = 0;
    if (!std::exchange(accepts, false) || stop_) return;  // it has not been noticed yet
    tell = on_lost;
  }
  to_client.push(EngineLost{why});
  if (tell) tell();
}

void RemoteLink::Core::give_up(Error error) {
  while (!error.message.empty() && error.message.back() == '\n') error.message.pop_back();
  {
    std::lock_guard lock(mutex);
    outbox_.clear();
    queued_bytes = 0;
    accepts = false;
  }
  to_client.push(std::move(error));
}

void RemoteLink::Core::send(Bytes message) {
  {
    std::lock_guard lock(mutex);
    if (!accepts || stop_) return;
    queued_bytes += message.size();
    outbox_.push_back(std::move(message));
  }
  asio::post(io_, [this] { write(); });
}

void RemoteLink::Core::stop() {
  {
    std::lock_guard lock(mutex);
    if (std::exchange(stop_, true)) return;
  }
  stopped_.notify_all();
  asio::post(io_, [this] {
    if (stream_ && !is_over_) fail_with("the connection ends", error_code());
  });
  if (thread_.joinable()) thread_.join();
}

Result<std::unique_ptr<RemoteLink>> RemoteLink::start(const std::string& url,
                                                      ConnectOptions options) {
  auto place = TRY(place_of(url));
  auto core = std::make_unique<Core>(std::move(place), std::move(options));
  try {
    core->start();
  } catch (const std::system_error& error) {
    return fail(Code::unavailable, std::string("no thread could be started: ") + error.what(),
                "close what is not needed, and try again");
  }
  return std::unique_ptr<RemoteLink>(new RemoteLink(std::move(core)));
}

RemoteLink::RemoteLink(std::unique_ptr<Core> core) : core_(std::move(core)) {}
RemoteLink::~RemoteLink() { close(); }

void RemoteLink::send(Bytes message) { core_->send(std::move(message)); }
std::vector<Link::Arrival> RemoteLink::take() { return core_->to_client.take(); }
void RemoteLink::wait(std::optional<TimePoint> until, const std::atomic<bool>& done) {
  core_->to_client.wait(until, done);
}
void RemoteLink::nudge() { core_->to_client.nudge(); }

void RemoteLink::begin_again() {
  std::lock_guard lock(core_->mutex);
  core_->accepts = true;
}

void RemoteLink::set_on_lost(std::function<void()> on_lost) {
  std::lock_guard lock(core_->mutex);
  core_->on_lost = std::move(on_lost);
}

bool RemoteLink::has_room() const {
  std::lock_guard lock(core_->mutex);
  return core_->queued_bytes <= limits::link_queued_bytes_max;
}

void RemoteLink::close() { core_->stop(); }

}  // namespace outboard::net
