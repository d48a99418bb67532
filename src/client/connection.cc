#include "client/connection.h"

#include "protocol/reply.h"
#include "protocol/request.h"

namespace outboard::detail {

namespace {

constexpr std::chrono::seconds close_patience{5};

class CloseCall : public Call {
  Next take(const Piece&) override { return Next::last; }
};

Error closed() { return Error{Code::worker_lost, "the database is closed", "open it again"}; }

}  // namespace

// Numbers it. False: the engine is gone, and the call has failed.
bool Connection::enlist(const std::shared_ptr<Call>& call) {
  // Somebody who only sends, and drops the futures, sorts his answers now and then.
  constexpr std::size_t answers_left_unsorted = 256;
  std::lock_guard lock(mutex_);
  if (++sent_since_sorting_ > answers_left_unsorted && sort_arrivals()) link_->nudge();
  call->id = ++last_id_;
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
    bool sorted;
    {
      std::lock_guard lock(mutex_);
      sorted = sort_arrivals();
    }
    if (sorted) link_->nudge();  // some of it may be what others wait for
    if (call.done || signal) return true;
    if (until && std::chrono::steady_clock::now() >= *until) return false;
    link_->wait(until, signal);
  }
}

// True: there was something.
bool Connection::sort_arrivals() {
  sent_since_sorting_ = 0;
  auto arrivals = link_->take();
  for (auto& arrival : arrivals) {
    if (auto* why = std::get_if<Error>(&arrival)) {
      lose(*why);
    } else {
      sort(std::make_shared<const Bytes>(std::move(std::get<Bytes>(arrival))));
    }
  }
  return !arrivals.empty();
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
  if (entry == calls_.end()) return drop(piece);
  auto& call = *entry->second;
  switch (piece.envelope.kind) {
    case FrameKind::error: call.error = read_error(piece.envelope.body); return finish(entry);
    case FrameKind::hello:
    case FrameKind::ping: return finish(entry);
    case FrameKind::credit:
      call.grant(request::read_credit(piece.envelope.body).value_or(0));
      while (auto chunk = call.next_chunk()) link_->send(std::move(*chunk));
      return;
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

// Of a request that nobody waits for any more: what is left of its result need not be kept open.
void Connection::drop(const Piece& piece) {
  if (piece.envelope.kind != FrameKind::reply && piece.envelope.kind != FrameKind::chunk) return;
  auto rows = reply::read_rows(piece.envelope.body);
  if (!rows || !rows->more) return;
  Bytes message;
  write_bare_frame(message, FrameKind::cancel, piece.envelope.id, {});
  link_->send(std::move(message));
}

void Connection::finish(std::map<std::uint64_t, std::shared_ptr<Call>>::iterator entry) {
  entry->second->done = true;
  entry->second->ended();
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
  bool in_time = wait(*call, std::chrono::steady_clock::now() + close_patience);
  link_->close();
  {
    std::lock_guard lock(mutex_);
    lose(closed());
    lost_ = closed();
  }
  link_->nudge();  // whoever still waits for an answer
  if (!in_time)
    return Error{Code::timeout, "the engine was at work, and what it did was taken back",
                 "give long statements a timeout, or cancel them before closing"};
  if (call->error && call->error->code != Code::worker_lost) return *call->error;
  return {};
}

}  // namespace outboard::detail
