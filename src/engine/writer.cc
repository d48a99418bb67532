#include "engine/writer.h"

#include <algorithm>

namespace outboard {

namespace {

constexpr const char* task_savepoint = "outboard_task";

std::string savepoint(std::size_t depth) { return "outboard_" + std::to_string(depth); }

Error no_transaction() {
  return fail(Code::bad_request, "the session has no open transaction", "begin one first");
}

}  // namespace

bool Writer::may_write(const Job& job) const {
  return !task_inside_ && (!holder_ || *holder_ == key(job));
}

bool Writer::held_by(ClientId client, std::uint64_t session) const {
  return session != 0 && holder_ && *holder_ == Key(client, session);
}

const Error* Writer::lost(const Job& job) const {
  auto found = sessions_.find(key(job));
  return found != sessions_.end() && found->second.lost ? &*found->second.lost : nullptr;
}

std::size_t Writer::lost_sessions(ClientId client) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      sessions_, [&](auto& entry) { return entry.first.first == client && entry.second.lost; }));
}

Result<void> Writer::admit(const Job& job) const {
  if (lost_sessions(job.client) < limits::sessions_max) return {};
  return fail(Code::busy, "too many sessions lost their transaction", "end them with rollback");
}

Result<std::size_t> Writer::begin(const Job& job) {
  if (job.session == 0)
    return fail(Code::bad_request, "begin needs a session", "put a session's number into the head");
  TRY(admit(job));
  auto& session = sessions_[key(job)];
  if (!held_by(job)) {
    auto began = connection().run("begin immediate");
    if (!began) {
      sessions_.erase(key(job));
      return began.error();
    }
    holder_ = key(job);
    session.depth = 1;
  } else {
    if (session.depth >= limits::transaction_depth_max)
      return fail(Code::too_large, "transactions are nested deeper than 32", "commit some of them");
    TRY(connection().run("savepoint " + savepoint(session.depth)));
    ++session.depth;
  }
  touch(job);
  return session.depth;
}

Result<std::size_t> Writer::commit(const Job& job) {
  if (auto* why = lost(job)) {
    auto error = *why;
    if (sessions_[key(job)].depth <= 1) forget_loss(job);
    return error;  // an inner one is left by its rollback
  }
  if (!held_by(job)) return no_transaction();
  auto& session = sessions_[key(job)];
  if (session.depth > 1) {
    touch(job);
    --session.depth;  // also where SQL has ended it already: the session goes on one level above
    TRY(connection().run("release " + savepoint(session.depth)));
    return session.depth;
  }
  if (job.n) {
    Bytes answer;
    cbor::Writer out(answer);
    reply::write_depth(out, 0);
    TRY(core_.note(job, answer));
  }
  auto committed = connection().run("commit");
  if (!connection().in_transaction()) {
    sessions_.erase(key(job));
    release();
  } else if (job.n) {
    core_.outcomes.take_back(job.client, job.n);
  }
  if (!committed) return committed.error();
  return std::size_t{0};
}

Result<std::size_t> Writer::rollback(const Job& job) {
  if (lost(job)) {
    auto depth = --sessions_[key(job)].depth;
    if (depth == 0) forget_loss(job);
    return depth;
  }
  if (!held_by(job)) return no_transaction();
  auto& session = sessions_[key(job)];
  if (session.depth > 1) {
    touch(job);
    auto name = savepoint(--session.depth);
    TRY(connection().run("rollback to " + name));
    TRY(connection().run("release " + name));
    return session.depth;
  }
  sessions_.erase(key(job));
  release();
  TRY(connection().run("rollback"));
  return std::size_t{0};
}

Result<void> Writer::settle(const Job& job, Effect effect, const Error* failure) {
  bool open = connection().in_transaction();
  if (job.session == 0) {
    if (!open) return {};
    TRY(connection().run("rollback"));
    if (failure) return {};
    return fail(Code::bad_request, "the statements left a transaction open outside of a session",
                "end it in the same script, or use a transaction of a session; it was rolled back");
  }
  if (open) {
    if (!holder_ || effect.begun) sessions_[key(job)].depth = 1;
    holder_ = key(job);
    touch(job);
  } else if (held_by(job)) {
    release();
    if (effect.ended) {
      sessions_.erase(key(job));
    } else {
      lose(key(job), failure ? *failure : fail(Code::cancelled, "it ended on its own"));
    }
  }
  return {};
}

void Writer::notice_loss() {
  if (!holder_ || task_inside_ || connection().in_transaction()) return;
  auto session = *holder_;
  release();
  lose(session, fail(Code::unavailable, "a statement in it failed"));
}

void Writer::lose(Key session, Error why) {
  auto& left = sessions_[session];
  left.depth = std::max<std::size_t>(left.depth, 1);
  left.lost = fail(Code::cancelled, "the transaction was rolled back: " + why.message,
                   "begin it again from its start");
}

Result<void> Writer::enter(const Job& job) {
  TRY(connection().run(std::string("savepoint ") + task_savepoint));
  task_inside_ = true;
  touch(job);
  return {};
}

Result<void> Writer::leave(const Job& job) {
  auto released = connection().run(std::string("release ") + task_savepoint);
  if (!released) {
    undo(job, released.error());
    return released.error();
  }
  task_inside_ = false;
  touch(job);
  return {};
}

void Writer::undo(const Job& job, const Error& failure) {
  task_inside_ = false;
  if (!connection().in_transaction()) {
    (void)settle(job, {}, &failure);
  } else if (held_by(job)) {
    (void)connection().run(std::string("rollback to ") + task_savepoint);
    (void)connection().run(std::string("release ") + task_savepoint);
    touch(job);
  } else {
    (void)connection().run("rollback");
  }
}

void Writer::touch(const Job& job) {
  if (held_by(job)) last_used_us_ = core_.now_us();
}

std::int64_t Writer::idle_deadline_us() const {
  return holder_ && !task_inside_ ? last_used_us_ + limits::transaction_idle_ms * 1'000 : 0;
}

void Writer::roll_back_idle() {
  auto session = *holder_;
  release();
  (void)connection().run("rollback");
  lose(session, fail(Code::cancelled, "nobody used it for 5 seconds"));
}

void Writer::abandon(ClientId client) {
  if (holder_ && holder_->first == client) {
    release();
    if (connection().in_transaction()) (void)connection().run("rollback");
  }
  std::erase_if(sessions_, [&](auto& entry) { return entry.first.first == client; });
}

}  // namespace outboard
