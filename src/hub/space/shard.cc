#include "hub/space/shard.h"

#include <algorithm>

#include "base/assert.h"
#include "sync/mutant.h"

namespace outboard::hub {

Shard::Shard(Platform& platform, Log& log, Authorise authorise)
    : platform_(platform), log_(log), authorise_(std::move(authorise)) {}

Shard::~Shard() = default;

// ---- Connections ----

Shard::Connection* Shard::find(std::uint64_t connection) {
  auto found = connections_.find(connection);
  return found == connections_.end() ? nullptr : found->second.get();
}

void Shard::opened(std::uint64_t connection) {
  OB_ASSERT(!find(connection));
  auto one = std::make_unique<Connection>();
  one->number = connection;
  one->opened_at_ms = one->heard_at_ms = now_ms();
  auto& kept = *connections_.emplace(connection, std::move(one)).first->second;
  next_tick_ms_ = std::min(next_tick_ms_, kept.opened_at_ms + limits::log_retry_ms);
  if (broken_) return refuse(kept, Reason::unavailable, "the log is to be verified");
  if (connections_.size() > limits::connections_max)
    return refuse(kept, Reason::busy, "too many connections");
}

void Shard::closed(std::uint64_t connection) {
  if (auto* one = find(connection)) forget(*one);
}

void Shard::forget(Connection& one) {
  if (one.stage == Stage::open && --connections_of_[one.claim.subject] == 0)
    connections_of_.erase(one.claim.subject);
  if (one.space) {
    auto follower = one.space->followers.find(one.hello.replica);
    if (follower != one.space->followers.end() && follower->second == one.number)
      one.space->followers.erase(follower);
  }
  // While the log is away the line does not move: it must not grow with every attempt (L7).
  std::erase_if(line_, [&](const InLine& waiting) {
    return std::visit([&](auto& item) { return item.connection == one.number; }, waiting);
  });
  connections_.erase(one.number);
}

void Shard::send(Connection& to, const sync::Frame& frame) {
  actions_.emplace_back(
      SendShared{to.number, std::make_shared<const Bytes>(sync::write_frame(frame))});
}

// The connection is no more when this returns.
void Shard::refuse(Connection& one, const sync::ErrorFrame& error) {
  send(one, error);
  actions_.emplace_back(CloseConnection{one.number});
  forget(one);
}

void Shard::refuse(Connection& one, Reason reason, std::string message) {
  refuse(one, sync::ErrorFrame{.reason = reason, .message = std::move(message)});
}

void Shard::received(std::uint64_t connection, ByteView frame) {
  auto* one = find(connection);
  if (!one) return;
  one->heard_at_ms = now_ms();
  if (one->stage == Stage::fresh && frame.size() > limits::hello_bytes_max)
    return refuse(*one, Reason::too_large, "the first frame is longer than 16 KiB");
  auto read = sync::read_frame(frame);
  if (!read.ok()) {
    auto reason = read.error().code == Code::outdated    ? Reason::outdated
                  : read.error().code == Code::too_large ? Reason::too_large
                                                         : Reason::bad_request;
    return refuse(*one, reason, read.error().message);
  }
  bool is_hello = std::holds_alternative<sync::Hello>(*read);
  if (is_hello != (one->stage == Stage::fresh))
    return refuse(*one, Reason::bad_request, "HELLO comes first, once, and then WELCOME");
  if (one->stage == Stage::waiting)
    return refuse(*one, Reason::bad_request, "nothing may follow HELLO before WELCOME");
  if (one->probed_by) answer_probe(*one);
  std::visit([&](const auto& said) { hear(*one, said); }, *read);
}

void Shard::drain(std::int64_t reconnect_after_ms) {
  while (!connections_.empty()) {
    auto& one = *connections_.begin()->second;
    send(one, sync::Drain{static_cast<std::uint64_t>(reconnect_after_ms)});
    actions_.emplace_back(CloseConnection{one.number});
    forget(one);
  }
}

// ---- Time ----

// Once a second is exact enough for all that waits here.
void Shard::tick() {
  auto now = now_ms();
  if (to_try_again_ && now >= try_again_at_ms_) {
    append(*std::exchange(to_try_again_, std::nullopt));
    work();
  }
  std::vector<std::uint64_t> numbers;
  for (auto& [number, one] : connections_) numbers.push_back(number);
  for (auto number : numbers)
    if (auto* one = find(number)) check_time(*one, now);
  next_tick_ms_ = connections_.empty() && !to_try_again_ ? never : now + limits::log_retry_ms;
}

void Shard::check_time(Connection& one, std::int64_t now) {
  if (one.stage == Stage::fresh) {
    if (now - one.opened_at_ms >= limits::hello_timeout_ms)
      refuse(one, Reason::timeout, "no HELLO within 5 s");
    return;
  }
  if (one.probes && now >= one.probe_until_ms) {
    auto silent = std::exchange(one.probes, 0);
    if (auto* other = find(silent))
      refuse(*other, Reason::displaced, "another instance of this replica has connected");
    line_.emplace_back(HelloInLine{one.number});
    return work();
  }
  if (one.stage != Stage::open) return;
  if (now - one.heard_at_ms >= limits::silence_max_ms)
    return refuse(one, Reason::timeout, "nothing was heard for 45 s");
  if (!one.unacked.empty() && now - one.progress_at_ms >= limits::progress_timeout_ms)
    return refuse(one, Reason::timeout, "nothing was taken in for 60 s");
  if (!one.claim.expires_ms) return;
  auto left_ms = one.claim.expires_ms - platform_.wall_ms();
  if (left_ms <= 0) return refuse(one, Reason::expired, "the token has expired");
  if (left_ms <= limits::auth_due_ms && !std::exchange(one.told_auth_due, true))
    send(one, sync::AuthDue{static_cast<std::uint64_t>(left_ms)});
}

}  // namespace outboard::hub
