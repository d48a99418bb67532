// What a connection does when its engine is lost and another one comes (rule H8).
//
// The new engine is greeted with the numbers of the writes that have no answer, and tells what
// became of each. Then everything that can be asked again is, in the order in which it was first
// asked; what cannot ends with a true outcome.

#include "base/bytes.h"
#include "client/calls.h"
#include "client/connection.h"
#include "protocol/request.h"

namespace outboard::detail {

namespace {

// A request that was first in line when two engines were lost is not given to a third.
constexpr unsigned losses_max = 2;

}  // namespace

std::shared_ptr<OpenCall> Connection::open(Opening opening) {
  Section section(*this);
  opening_ = std::move(opening);
  greet({});
  return greeting_;
}

void Connection::greet(std::vector<std::uint64_t> unanswered) {
  hello_ = std::make_shared<PlainCall>();
  if (!greeting_ || greeting_->done) greeting_ = std::make_shared<OpenCall>();
  for (auto& call : {hello_, std::shared_ptr<Call>(greeting_)}) {
    call->role = Role::greeting;
    call->id = ++last_id_;
    calls_.emplace(call->id, call);
  }
  Bytes message;
  request::write_hello(message, hello_->id, recovers_ ? std::optional<Uuid>(name_) : std::nullopt);
  request::write_open(message, greeting_->id, {},
                      {.path = opening_.path,
                       .name = {},
                       .storage = opening_.storage,
                       .durability = opening_.durability,
                       .unanswered = std::move(unanswered),
                       .config = opening_.config});
  link_->send(std::move(message));
}

void Connection::attend() {
  Section section(*this);
  sort_arrivals();
}

// ---- While there is an engine ----

void Connection::dispatch(Call& call, Bytes message) {
  if (is_recovering_) {
    kept_bytes_ += message.size();
    call.frames_ = std::move(message);
    return;
  }
  call.is_sent_ = true;
  keep(call, message);
  link_->send(std::move(message));
}

// What belongs to a request goes with it: no engine takes it before.
void Connection::dispatch_more(Call& call, Bytes message) {
  if (recovers_ && is_recovering_ && !call.is_sent_) {
    kept_bytes_ += message.size();
    return append(call.frames_, message);
  }
  if (recovers_) keep(call, message);
  if (!is_recovering_) link_->send(std::move(message));
}

void Connection::send_more(Call& call, Bytes message) {
  if (!recovers_) return link_->send(std::move(message));
  std::lock_guard lock(mutex_);
  if (!call.done) dispatch_more(call, std::move(message));
}

// What was sent is kept for another time, as long as that is not much.
void Connection::keep(Call& call, ByteView message) {
  if (!call.is_kept_ || call.is_heard_) return;
  if (call.frames_.size() + message.size() > limits::resend_bytes_max ||
      kept_bytes_ + message.size() > limits::resend_bytes_sum_max) {
    release(call);
    call.is_kept_ = false;
    return;
  }
  kept_bytes_ += message.size();
  append(call.frames_, message);
}

void Connection::release(Call& call) {
  kept_bytes_ -= call.frames_.size();
  call.frames_ = {};
}

// ---- When it is lost ----

Error Connection::lost_error(const Call& call, std::optional<Outcome> outcome) const {
  const char* hint = "ask again";
  if (outcome == Outcome::applied) hint = "read what it returned with a SELECT";
  if (outcome == Outcome::not_applied)
    hint = call.session ? "begin the transaction again from its start" : "ask again";
  if (outcome == Outcome::unknown) hint = "look at what is there before asking again";
  return {Code::worker_lost, "the engine was lost: " + why_lost_, hint, outcome};
}

void Connection::end(Call& call, Error error) {
  call.error = std::move(error);
  finish(calls_.find(call.id));
}

void Connection::recover(const std::string& why) {
  if (lost_) return;
  why_lost_ = why;
  bool had_requests = !std::exchange(is_recovering_, true);
  lost_sessions_ = last_session_;
  asked_.clear();

  std::vector<std::shared_ptr<Call>> under_way;
  for (auto& [id, call] : calls_) under_way.push_back(call);
  bool is_first = had_requests;
  for (auto& call : under_way) {
    if (call->role == Role::greeting) {
      if (call != greeting_) {
        finish(calls_.find(call->id));
      } else {
        calls_.erase(call->id);
      }
      continue;
    }
    if (call->is_sent_ && std::exchange(is_first, false)) ++call->losses_;
    if (call->role == Role::inside || (call->role == Role::ends && !call->is_sent_)) {
      end(*call, lost_error(*call, Outcome::not_applied));
    } else if (call->role == Role::rollback) {
      finish(calls_.find(call->id));
    } else if (call->n != 0 && call->is_sent_) {
      if (asked_.size() < limits::unanswered_requests_max) {
        asked_.push_back(call->n);
      } else {
        end(*call, lost_error(*call, Outcome::unknown));
      }
    }
  }
  link_->begin_again();
  greet(asked_);
}

void Connection::greeted() {
  if (greeting_->error) return lose(*greeting_->error);
  is_recovering_ = false;
  std::map<std::uint64_t, Outcome> outcomes;
  auto told = greeting_->answer().outcomes;
  for (std::size_t i = 0; i < asked_.size() && i < told.size(); ++i) outcomes[asked_[i]] = told[i];

  std::vector<std::shared_ptr<Call>> under_way;
  for (auto& [id, call] : calls_) under_way.push_back(call);
  for (auto& call : under_way) {
    auto outcome = outcomes.find(call->n);
    resume(*call, outcome == outcomes.end() ? std::nullopt : std::optional(outcome->second));
  }
}

// Sends a call again or for the first time, or ends it.
void Connection::resume(Call& call, std::optional<Outcome> outcome) {
  bool was_sent = call.is_sent_;
  if (was_sent && call.n != 0 && outcome.value_or(Outcome::unknown) == Outcome::unknown)
    return end(call, lost_error(call, Outcome::unknown));
  if (outcome != Outcome::applied) {
    if (was_sent && call.role == Role::ends) return end(call, lost_error(call, outcome));
    if (call.is_cancelled_)
      return end(call, {Code::cancelled, "the request was taken back", "", outcome});
    if (call.losses_ >= losses_max) {
      auto error = lost_error(call, outcome);
      error.message = "two engines were lost at this request: " + why_lost_;
      error.hint = "look at what it does; it is not sent a third time";
      return end(call, std::move(error));
    }
  }
  if (call.is_heard_ || !call.is_kept_) return end(call, lost_error(call, outcome));
  call.is_sent_ = true;
  bool is_large = call.frames_.size() > limits::resend_bytes_max;
  auto message = is_large ? std::exchange(call.frames_, {}) : call.frames_;
  if (is_large) {
    kept_bytes_ -= message.size();
    call.is_kept_ = false;
  }
  link_->send(std::move(message));
}

}  // namespace outboard::detail
