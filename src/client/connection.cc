#include "client/connection.h"

#include "protocol/request.h"

namespace outboard::detail {

namespace {

class CloseCall : public Call {
  Next take(const Piece&) override { return Next::last; }
};

Error closed() { return Error{Code::worker_lost, "the database is closed", "open it again"}; }

}  // namespace

bool Connection::enlist(const std::shared_ptr<Call>& call) {
  if (lost_) {
    call->error = *lost_;
    call->done = true;
    return false;
  }
  calls_.emplace(call->id, call);
  return true;
}

bool Connection::wait(Call& call, const std::atomic<bool>& signal,
                      std::optional<Link::TimePoint> until) {
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      sort_arrivals();
    }
    if (call.done || signal) {
      link_->nudge();  // what was sorted on the way may be for others who wait
      return true;
    }
    if (until && std::chrono::steady_clock::now() >= *until) return false;
    link_->wait(until, signal);
  }
}

void Connection::sort_arrivals() {
  for (auto& arrival : link_->take()) {
    if (auto* why = std::get_if<Error>(&arrival)) {
      lose(*why);
    } else {
      sort(std::make_shared<const Bytes>(std::move(std::get<Bytes>(arrival))));
    }
  }
}

void Connection::sort(const std::shared_ptr<const Bytes>& message) {
  FrameReader frames(*message);
  for (;;) {
    auto frame = frames.next();
    if (!frame) return lose(frame.error());
    if (!*frame) return;
    std::uint64_t id = 0;
    auto envelope = read_envelope((*frame)->head, id);
    if (!envelope) return lose(envelope.error());
    sort(Piece{message, *envelope, (*frame)->tail});
  }
}

void Connection::sort(Piece piece) {
  auto entry = calls_.find(piece.envelope.id);
  if (entry == calls_.end()) return;  // of a request that nobody waits for any more
  auto& call = *entry->second;
  switch (piece.envelope.kind) {
    case FrameKind::error: call.error = read_error(piece.envelope.body); return finish(entry);
    case FrameKind::hello:
    case FrameKind::ping: return finish(entry);
    case FrameKind::reply:
    case FrameKind::chunk: {
      auto next = call.take(piece);
      if (next == Call::Next::last || call.error) return finish(entry);
      if (auto chunks = call.credit()) {
        Bytes message;
        write_credit_frame(message, call.id, chunks);
        link_->send(std::move(message));
      }
      return;
    }
    default: return;
  }
}

void Connection::finish(std::map<std::uint64_t, std::shared_ptr<Call>>::iterator entry) {
  entry->second->done = true;
  calls_.erase(entry);
}

void Connection::lose(const Error& why) {
  if (!lost_) lost_ = why;
  while (!calls_.empty()) {
    calls_.begin()->second->error = *lost_;
    finish(calls_.begin());
  }
}

void Connection::cancel(Call& call) {
  if (call.done) return;
  Bytes message;
  write_bare_frame(message, FrameKind::cancel, call.id, {});
  link_->cancel(call.id);
  link_->send(std::move(message));
}

void Connection::forget(Call& call) {
  std::lock_guard lock(mutex_);
  calls_.erase(call.id);
}

Result<void> Connection::close() {
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) return {};
  }
  auto call = std::make_shared<CloseCall>();
  send(call,
       [](Bytes& message, std::uint64_t id) { request::write_plain(message, id, {}, "close"); });
  wait(*call, std::nullopt);
  link_->close();
  std::lock_guard lock(mutex_);
  lose(closed());
  lost_ = closed();
  if (call->error && call->error->code != Code::worker_lost) return *call->error;
  return {};
}

}  // namespace outboard::detail
