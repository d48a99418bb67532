// Writer: whose turn it is to write (rule H4).
//
// There is one writer's connection, and a transaction on it belongs to a session. Whoever is not
// that session waits for its end; the queues are the engine's. A session whose transaction ended
// without its doing (idle for too long, rolled back by a constraint, no space left) is told so by
// every call, up to its COMMIT or ROLLBACK: it must not go on as if nothing had happened.
#pragma once

#include <map>
#include <optional>

#include "engine/core.h"

namespace outboard {

class Writer {
 public:
  explicit Writer(Core& core) : core_(core) {}

  // May that job write now? Else it has to wait.
  bool may_write(const Job& job) const;

  // Is the transaction of the job's session open?
  bool held_by(ClientId client, std::uint64_t session) const;
  bool held_by(const Job& job) const { return held_by(job.client, job.session); }

  // Why the transaction of the job's session is gone, if it is. The session stays refused until its
  // outermost transaction is ended: what the inner one leaves must not go on by itself.
  const Error* lost(const Job& job) const;
  void forget_loss(const Job& job) { sessions_.erase(key(job)); }

  // The operations. REQUIRE: may_write(job). They return how deep the session is in transactions.
  Result<std::size_t> begin(const Job& job);
  Result<std::size_t> commit(const Job& job);
  Result<std::size_t> rollback(const Job& job);

  // May the job's session begin one by SQL? Not while too many have lost theirs.
  Result<void> admit(const Job& job) const;

  // What statements did to the transaction on the writer's connection.
  struct Effect {
    bool begun = false;  // they began one, perhaps in place of another
    bool ended = false;  // they ended it, on purpose
  };

  // After they ran: who holds it now? Fails if they left one open outside of a session.
  Result<void> settle(const Job& job, Effect effect, const Error* failure);

  // The open transaction may have ended on its own: a read that failed takes it along. Its session
  // is told.
  void notice_loss();

  // A task that holds the writer over several turns: a savepoint around its work.
  Result<void> enter(const Job& job);
  Result<void> leave(const Job& job);
  void undo(const Job& job, const Error& failure);

  // The session used its transaction just now.
  void touch(const Job& job);

  // When the open transaction will have been idle for too long; 0: there is none.
  std::int64_t idle_deadline_us() const;
  void roll_back_idle();

  // The client and the session whose transaction is open.
  using Key = std::pair<ClientId, std::uint64_t>;
  const std::optional<Key>& holder() const { return holder_; }

  // The client is gone.
  void abandon(ClientId client);

 private:
  struct Session {
    std::size_t depth = 0;
    std::optional<Error> lost;
  };
  Connection& connection() const { return core_.store->writer(); }
  static Key key(const Job& job) { return {job.client, job.session}; }
  void release() { holder_.reset(); }
  void lose(Key session, Error why);
  std::size_t lost_sessions(ClientId client) const;

  Core& core_;
  std::optional<Key> holder_;
  bool task_inside_ = false;
  std::int64_t last_used_us_ = 0;
  std::map<Key, Session> sessions_;
};

}  // namespace outboard
