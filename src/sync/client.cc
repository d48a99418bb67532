#include "sync/client.h"

#include <algorithm>

#include "base/assert.h"
#include "base/bytes.h"
#include "sync/mutant.h"

namespace outboard::sync {

std::string_view name_of(Phase phase) {
  switch (phase) {
    case Phase::idle: return "idle";
    case Phase::waiting: return "waiting";
    case Phase::connecting: return "connecting";
    case Phase::hello: return "hello";
    case Phase::repair: return "repair";
    case Phase::catchup: return "catchup";
    case Phase::live: return "live";
    case Phase::halted: return "halted";
  }
  return "";
}

Client::Client(Platform& platform, Journal& journal, ClientOptions options)
    : platform_(platform), journal_(journal), options_(std::move(options)) {}

// ---- The application's ----

void Client::start() {
  if (status_.phase != Phase::idle && status_.phase != Phase::halted) return;
  status_.failed_attempts = 0;
  status_.halted_for.reset();
  connect();
}

void Client::stop() {
  drop_connection();
  status_.phase = Phase::idle;
  schedule();
}

void Client::set_token(std::string token) {
  options_.token = std::move(token);
  token_wanted_ = false;
  if (is_talking()) return send_frame(Auth{options_.token});
  if (status_.phase == Phase::waiting) connect();
}

Result<void> Client::send(std::string key, ByteView bytes) {
  if (key.size() > limits::message_key_bytes_max || bytes.size() > limits::message_bytes_max)
    return fail(Code::too_large, "a message of more than 4 KiB, or its key of more than 100 bytes",
                "commit what is that large to a table");
  if (status_.phase != Phase::live)
    return fail(Code::unavailable, "not live: the message was dropped", "send the next one later");
  send_frame(Message{.key = std::move(key), .bytes = bytes});
  return {};
}

// ---- Connections ----

void Client::connect() {
  status_.phase = Phase::connecting;
  attempt_at_ms_ = never;
  deadline_ms_ = now_ms() + limits::connect_timeout_ms;
  actions_.emplace_back(Connect{++connection_});
  schedule();
}

void Client::connected(std::uint64_t connection) {
  if (connection != connection_ || status_.phase != Phase::connecting) {
    actions_.emplace_back(Close{connection});
    return;
  }
  status_.phase = Phase::hello;
  deadline_ms_ = now_ms() + limits::connect_timeout_ms;
  heard_at_ms_ = now_ms();
  ping_sent_ = false;
  say_hello();
  schedule();
}

void Client::lost(std::uint64_t connection) {
  if (connection != connection_ || status_.phase < Phase::connecting ||
      status_.phase == Phase::halted)
    return;
  retry_later("the connection was lost");
}

void Client::received(std::uint64_t connection, ByteView frame) {
  if (connection != connection_ && !OB_MUTANT(client_hears_old_connections)) return;
  if (status_.phase < Phase::hello || status_.phase == Phase::halted) return;
  heard_at_ms_ = now_ms();
  ping_sent_ = false;
  auto read = read_frame(frame);
  if (!read.ok()) {
    auto reason = read.error().code == Code::outdated ? Reason::outdated : Reason::bad_request;
    return fail_connection(reason, read.error().message);
  }
  std::visit([&](const auto& one) { hear(one); }, *read);
  schedule();
}

void Client::online() {
  if (status_.phase != Phase::waiting) return;
  status_.failed_attempts = 0;
  connect();
}

// Ends the connection, if there is one, and tries again: later each time, at random, so that not
// all come back at once (F15).
void Client::retry_later(std::string_view why, std::int64_t at_least_ms) {
  drop_connection();
  status_.why = why;
  if (OB_MUTANT(client_gives_up) && status_.failed_attempts >= 5) return;
  auto doublings = std::min<std::uint64_t>(status_.failed_attempts++, 6);
  auto longest = std::min(limits::reconnect_first_ms << doublings, limits::reconnect_max_ms);
  status_.phase = Phase::waiting;
  attempt_at_ms_ = now_ms() + at_least_ms + jitter(longest);
  schedule();
}

void Client::halt(Reason reason, std::string_view why) {
  drop_connection();
  status_.phase = Phase::halted;
  status_.halted_for = reason;
  status_.why = why;
  schedule();
}

// Forgets all that is of a connection. What comes from it later is not listened to.
void Client::drop_connection() {
  if (status_.phase >= Phase::connecting && status_.phase <= Phase::live)
    actions_.emplace_back(Close{connection_});
  ++connection_;
  assembly_.reset();
  unanswered_.clear();
  unanswered_bytes_ = 0;
  unacked_bytes_ = 0;
  status_.paused.reset();
  attempt_at_ms_ = deadline_ms_ = ack_at_ms_ = verdict_due_ms_ = never;
}

// The hub broke the rules of the dialogue: it is told, and tried again later.
void Client::fail_connection(Reason reason, std::string_view why) {
  send_frame(ErrorFrame{.reason = reason, .message = std::string(why)});
  retry_later(why);
}

void Client::send_frame(const Frame& frame) {
  actions_.emplace_back(Send{connection_, write_frame(frame)});
}

std::int64_t Client::jitter(std::int64_t below) {
  std::array<std::uint8_t, 8> bytes;
  platform_.random(bytes);
  return static_cast<std::int64_t>(load_le<std::uint64_t>(bytes.data()) %
                                   static_cast<std::uint64_t>(below));
}

// ---- Time ----

void Client::tick() {
  auto now = now_ms();
  if (now >= attempt_at_ms_) return connect();
  if (now >= deadline_ms_) return retry_later("the hub did not answer in time");
  if (!is_talking()) return schedule();

  auto silence_ms = now - heard_at_ms_;
  if (silence_ms >= limits::silence_max_ms && !OB_MUTANT(client_trusts_silence))
    return retry_later("nothing was heard of the hub for 45 s");
  if (now >= verdict_due_ms_) return retry_later("the hub gave no verdict for 60 s");
  if (silence_ms >= limits::ping_after_ms && !ping_sent_) {
    ping_sent_ = true;
    send_frame(Ping{++pings_});
  }
  if (now >= ack_at_ms_) acknowledge();
  schedule();
}

void Client::schedule() {
  next_tick_ms_ = std::min({attempt_at_ms_, deadline_ms_, ack_at_ms_, verdict_due_ms_});
  if (!is_talking()) return;
  auto silence = ping_sent_ ? limits::silence_max_ms : limits::ping_after_ms;
  next_tick_ms_ = std::min(next_tick_ms_, heard_at_ms_ + silence);
}

}  // namespace outboard::sync
