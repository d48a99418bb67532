#include "client/connection.h"

#include <random>

#include "client/calls.h"
#include "client/no_waiting.h"
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

Connection::Section::Section(Connection& connection)
    : connection_(connection), lock_(connection.mutex_) {}

Connection::Section::~Section() {
  bool has_sorted = std::exchange(connection_.has_sorted_, false);
  auto told = std::exchange(connection_.told_, {});
  lock_.unlock();
  if (has_sorted) connection_.link_->nudge();  // some of it may be what others wait for
  for (auto& [executor, ready] : told) {
    connection_.call_back(executor, std::move(ready));
    connection_.doorbell_->remove(*executor);
  }
}

std::shared_ptr<Connection> Connection::over(std::unique_ptr<Link> link, Executor* executor) {
  std::shared_ptr<Connection> connection(new Connection(std::move(link), executor));
  connection->doorbell_->set_answer([self = connection->weak_from_this()] {
    if (auto here = self.lock()) here->attend();
  });
  connection->link_->set_on_arrival([doorbell = connection->doorbell_] { doorbell->ring(); });
  return connection;
}

Connection::Connection(std::unique_ptr<Link> link, Executor* executor)
    : link_(std::move(link)), executor_(executor), recovers_(link_->recovers()) {
  if (!recovers_) return;
  std::random_device random;
  for (auto& byte : name_) byte = static_cast<std::uint8_t>(random());
  link_->set_on_lost([this] { attend(); });
}

// Numbers it. False: it has ended already, mostly since the engine is gone.
bool Connection::enlist(const std::shared_ptr<Call>& call) {
  // Somebody who only sends, and drops the futures, sorts his answers now and then.
  constexpr std::size_t answers_left_unsorted = 256;
  if (++sent_since_sorting_ > answers_left_unsorted) sort_arrivals();
  call->id = ++last_id_;
  bool is_gone = call->session != 0 && call->session <= lost_sessions_;
  if (!is_gone || call->role != Role::rollback) call->error = refusal(*call);
  if (call->error || (is_gone && call->role == Role::rollback)) {
    call->done = true;
    return false;
  }
  if (recovers_ && (call->role == Role::write || call->role == Role::ends)) call->n = ++last_n_;
  calls_.emplace(call->id, call);
  return true;
}

std::optional<Error> Connection::refusal(const Call& call) {
  if (lost_) {
    auto error = *lost_;
    if (recovers_ && call.role != Role::read) error.outcome = Outcome::not_applied;
    return error;
  }
  if (call.session != 0 && call.session <= lost_sessions_)
    return lost_error(call, Outcome::not_applied);
  if (recovers_ && (!link_->has_room() || kept_bytes_ > limits::link_queued_bytes_max))
    return Error{Code::busy, "more than 64 MiB are waiting to be sent",
                 "wait for some answers before asking more"};
  return std::nullopt;
}

bool Connection::wait(Call& call, const std::atomic<bool>& signal,
                      std::chrono::milliseconds at_most) {
  if (NoWaiting::is_here()) at_most = {};
  return wait_here(call, signal, at_most);
}

bool Connection::wait_here(Call& call, const std::atomic<bool>& signal,
                           std::chrono::milliseconds at_most) {
  std::optional<Link::TimePoint> until;
  if (at_most.count() >= 0) until = std::chrono::steady_clock::now() + at_most;
  for (;;) {
    {
      Section section(*this);
      sort_arrivals();
    }
    if (call.done || signal) return true;
    if (until && std::chrono::steady_clock::now() >= *until) return false;
    link_->wait(until, signal);
  }
}

bool Connection::watch(Call& call, Executor* executor, std::function<void()> ready) {
  if (!executor) executor = executor_;
  if (!executor) return false;
  doorbell_->add(*executor);  // first: what comes from here on rings
  Section section(*this);
  sort_arrivals();
  call.executor_ = executor;
  call.ready_ = std::move(ready);
  if (call.is_ready()) tell(call);
  return true;
}

bool Connection::call_back(Executor* executor, std::function<void()> ready) {
  if (!executor) executor = executor_;
  if (!executor) return false;
  NoWaiting in_post;
  executor->post([ready = std::move(ready)] {
    NoWaiting in_callback;
    ready();
  });
  return true;
}

void Connection::tell(Call& call) {
  if (call.ready_) told_.push_back({call.executor_, std::exchange(call.ready_, nullptr)});
}

// True: there was something.
bool Connection::sort_arrivals() {
  sent_since_sorting_ = 0;
  auto arrivals = link_->take();
  for (auto& arrival : arrivals) {
    if (auto* why = std::get_if<Error>(&arrival)) {
      lose(*why);
    } else if (auto* lost = std::get_if<EngineLost>(&arrival)) {
      recover(lost->why);
    } else {
      sort(std::make_shared<const Bytes>(std::move(std::get<Bytes>(arrival))));
    }
  }
  has_sorted_ |= !arrivals.empty();
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
  if (call.is_dropped_ && piece.envelope.kind != FrameKind::credit) {
    drop(piece);
    bool has_begun = call.opens_transaction && piece.envelope.kind == FrameKind::reply;
    auto session = call.session;
    finish(entry);
    if (has_begun) send_rollback(session);
    return;
  }
  switch (piece.envelope.kind) {
    case FrameKind::error: call.error = read_error(piece.envelope.body); return finish(entry);
    case FrameKind::hello:
    case FrameKind::ping: return finish(entry);
    case FrameKind::credit:
      call.grant(request::read_credit(piece.envelope.body).value_or(0));
      return send_chunks(call);
    case FrameKind::reply:
    case FrameKind::chunk: {
      auto next = call.take(piece);
      if (next == Call::Next::last || call.error) return finish(entry);
      call.is_heard_ = true;
      release(call);
      if (call.is_ready()) tell(call);
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
  auto call = std::move(entry->second);
  calls_.erase(entry);
  release(*call);
  if (call == greeting_ && hello_->error) call->error = hello_->error;
  call->done = true;
  call->ended();
  tell(*call);
  if (call->is_attended_ && --attended_ == 0) doorbell_->rest();
  if (call == greeting_ && is_recovering_) greeted();
}

void Connection::lose(const Error& why) {
  if (!lost_) lost_ = why;
  while (!calls_.empty()) {
    auto& call = *calls_.begin()->second;
    call.error = *lost_;
    if (call.n != 0) call.error->outcome = call.is_sent_ ? Outcome::unknown : Outcome::not_applied;
    finish(calls_.begin());
  }
}

void Connection::cancel(Call& call) {
  if (call.done) return;
  if (recovers_) {
    Section section(*this);
    call.is_cancelled_ = true;
    if (is_recovering_ && !call.is_sent_ && !call.done)
      return end(call, {Code::cancelled, "the request was taken back", ""});
  }
  Bytes message;
  write_bare_frame(message, FrameKind::cancel, call.id, {});
  link_->cancel(call.id);
  link_->send(std::move(message));
}

void Connection::send_chunks(Call& call) {
  while (auto chunk = call.next_chunk()) dispatch_more(call, std::move(*chunk));
}

void Connection::send_rollback(std::uint64_t session) {
  Bytes message;
  request::write_plain(message, ++last_id_, {.session = session}, "rollback");
  link_->send(std::move(message));
}

// Nobody will wait for it: whatever thread brings its credit and its answer is to look at them.
void Connection::attend_to(Call& call) {
  call.is_attended_ = true;
  ++attended_;
  if (!link_->is_inline()) doorbell_->attend();
  while (sort_arrivals()) {
  }
}

bool Connection::forget(Call& call) {
  Section section(*this);
  auto entry = calls_.find(call.id);
  if (entry == calls_.end()) return false;
  // A write runs on: it has to be sent again where its engine is lost, and to its end.
  bool is_kept = recovers_ && call.n != 0 && !call.is_heard_;
  if (is_kept || call.opens_transaction || call.has_chunks()) {
    call.is_dropped_ = true;
    if (call.opens_transaction || call.has_chunks()) attend_to(call);
  } else {
    release(call);
    calls_.erase(entry);
  }
  return true;
}

Result<void> Connection::close() {
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) return {};
  }
  auto call = std::make_shared<CloseCall>();
  call->role = Role::greeting;  // of no use to another engine
  send(call,
       [](Bytes& message, std::uint64_t id) { request::write_plain(message, id, {}, "close"); });
  bool in_time = wait_here(*call, call->done, close_patience);
  link_->close();
  {
    Section section(*this);
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
