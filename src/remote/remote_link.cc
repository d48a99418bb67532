#include "remote/remote_link.h"

#include <system_error>

#include "base/limits.h"
#include "net/remote_connection.h"

namespace outboard {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Between an attempt in vain and the next one.
constexpr milliseconds first_pause{20}, longest_pause{1'000};

}  // namespace

RemoteLink::RemoteLink(net::EngineAddress address, ConnectOptions options, net::TlsContext tls)
    : address_(std::move(address)),
      options_(std::move(options)),
      tls_(std::move(tls)),
      connection_(new_connection()) {}  // takes what is sent before it stands

RemoteLink::~RemoteLink() { close(); }

Result<std::unique_ptr<RemoteLink>> RemoteLink::start(const std::string& url,
                                                      ConnectOptions options) {
  auto address = TRY(net::read_engine_address(url));
  net::TlsContext tls;
  if (address.is_secret) tls = TRY(net::client_tls(options.tls_ca_file));
  auto link = std::unique_ptr<RemoteLink>(
      new RemoteLink(std::move(address), std::move(options), std::move(tls)));
  try {
    link->thread_ = std::thread([link = link.get()] { link->work(); });
  } catch (const std::system_error& error) {
    return fail(Code::unavailable, std::string("no thread could be started: ") + error.what(),
                "close what is not needed, and try again");
  }
  return link;
}

std::shared_ptr<net::RemoteConnection> RemoteLink::new_connection() {
  return std::make_shared<net::RemoteConnection>(
      address_, options_, tls_, [this](Bytes message) { to_client_.push(std::move(message)); });
}

void RemoteLink::work() {
  auto connection = connection_;
  bool was_there = false;
  auto last_there = Clock::now();
  for (unsigned failures = 0; connection;) {
    auto end = connection->run();
    if (end.has_answered) {
      was_there = true;
      last_there = Clock::now();
    }
    failures = end.has_answered ? 0 : failures + 1;
    if (end.refusal) return give_up(*end.refusal);
    if (!was_there)
      return give_up(fail(Code::unavailable, "there is no engine: " + end.why,
                          "see whether `outboard serve` runs, and at which address"));
    if (failures > 0 && Clock::now() - last_there >= options_.patience)
      return give_up(fail(Code::worker_lost, "the engine was not found again: " + end.why,
                          "see whether `outboard serve` runs, and connect again"));
    connection = replace_connection(end.why);
    if (connection) pause(failures, first_pause, longest_pause);
  }
}

// Null if this is to end.
std::shared_ptr<net::RemoteConnection> RemoteLink::replace_connection(const std::string& why) {
  auto next = new_connection();
  bool goes_on = tell_lost(why, [&] { connection_ = next; });
  return goes_on ? next : nullptr;
}

void RemoteLink::send(Bytes message) {
  std::lock_guard lock(mutex_);
  if (accepts_ && !stop_) connection_->send(std::move(message));
}

bool RemoteLink::has_room() const {
  std::lock_guard lock(mutex_);
  return connection_->queued_bytes() <= limits::link_queued_bytes_max;
}

void RemoteLink::close() {
  {
    std::lock_guard lock(mutex_);
    stop_locked();
    connection_->stop();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace outboard
