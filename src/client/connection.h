// Connection: a client's end of the protocol: numbers requests, sorts answers, hands out credit.
//
// It does no work of its own in the background: whoever waits for an answer also sorts what arrives
// for others. Where the link brings another engine in place of a lost one, the connection greets
// it, asks what became of its writes and sends again what was not applied (rule H8). May be used
// from several threads. Lives as long as anything that came out of it.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <outboard/options.hpp>

#include "base/uuid.h"
#include "client/link.h"
#include "protocol/envelope.h"

namespace outboard::detail {

// One frame of an answer, and the message it lies in.
struct Piece {
  std::shared_ptr<const Bytes> message;
  Envelope envelope;
  ByteView tail;
};

// What becomes of a request if its engine is lost and another one comes.
enum class Role {
  read,      // asked again, unless its answer has begun
  write,     // a transaction of its own: sent again under its number
  inside,    // of a session, whose transaction is gone
  commit,    // of such a transaction: has a number
  rollback,  // of such a transaction: nothing is left to do
  greeting,  // each engine gets its own
};

// One request that is under way.
class Call {
 public:
  virtual ~Call() = default;

  // Before it is sent.
  Role role = Role::read;
  std::uint64_t session = 0;

  // Given by the connection.
  std::uint64_t id = 0;
  std::uint64_t n = 0;  // by which an engine knows it, where another one may come

  // The answer is complete, or failed.
  std::atomic<bool> done{false};
  std::optional<Error> error;

 protected:
  friend class Connection;

  enum class Next { last, more };

  // A reply or a chunk. Tells whether it was the last one; sets `error` if it makes no sense.
  virtual Next take(const Piece& piece) = 0;

  // The engine is ready for that many chunks more of what is being sent.
  virtual void grant(std::uint64_t) {}

  // The next of the chunks that wait for that.
  virtual std::optional<Bytes> next_chunk() { return std::nullopt; }

  // It is done: whoever waits for anything else of it need not do so any more.
  virtual void ended() {}

  // How many chunks to ask for when a piece that was not the last has come.
  virtual std::uint64_t credit() const { return 0; }

 private:
  // Where another engine may come. The connection's, under its lock.
  bool is_sent_ = false;
  bool is_heard_ = false;    // its answer has begun
  bool is_dropped_ = false;  // nobody wants the answer
  bool is_cancelled_ = false;
  bool is_kept_ = true;  // all that was sent of it is in `frames_`
  unsigned losses_ = 0;  // engines that were lost with it at their hands
  Bytes frames_;         // to be sent, or sent again
};

class OpenCall;

// What each engine is asked to open.
struct Opening {
  std::string path;
  Storage storage = Storage::file;
  Durability durability = Durability::process;
};

class Connection {
 public:
  explicit Connection(std::unique_ptr<Link> link);
  ~Connection() { link_->close(); }

  // Greets the engine, and each that comes in its place. Once, first.
  std::shared_ptr<OpenCall> open(Opening opening);

  // Sends a request that `write(message, id)` writes. Where the engine is gone for good, or too
  // much is waiting, the call fails at once.
  template <class Write>
  void send(const std::shared_ptr<Call>& call, Write write) {
    Bytes message;
    message.reserve(256);
    std::unique_lock lock(mutex_);
    if (!enlist(call)) return;
    if (recovers_) {
      write(message, call->id);
      return dispatch(*call, std::move(message));
    }
    lock.unlock();  // the inline host does the work in send()
    write(message, call->id);
    link_->send(std::move(message));
  }

  // Sends what belongs to a request that is under way.
  void send_more(Call& call, Bytes message);

  // Waits until the call is done or `signal` is set; at most until then. True: one of them is so.
  bool wait(Call& call, const std::atomic<bool>& signal, std::optional<Link::TimePoint> until);
  bool wait(Call& call, std::optional<Link::TimePoint> until) {
    return wait(call, call.done, until);
  }

  // Takes a request back. Its answer is still waited for: it may have come first.
  void cancel(Call& call);

  // Nobody wants the answer any more.
  void forget(Call& call);

  std::uint64_t new_session() { return ++last_session_; }

  // Closes the engine and ends the connection. What the engine is still at work on after a few
  // seconds is taken back. Twice is once.
  Result<void> close();

 private:
  // All of these with the lock held.
  bool enlist(const std::shared_ptr<Call>& call);
  std::optional<Error> refusal(const Call& call);
  bool sort_arrivals();
  void sort(const std::shared_ptr<const Bytes>& message);
  void sort(Piece piece);
  void drop(const Piece& piece);
  void lose(const Error& why);
  void finish(std::map<std::uint64_t, std::shared_ptr<Call>>::iterator entry);

  // recovery.cc: when another engine comes.
  void attend();
  void greet(std::vector<std::uint64_t> unanswered);
  void dispatch(Call& call, Bytes message);
  void dispatch_more(Call& call, Bytes message);
  void keep(Call& call, ByteView message);
  void release(Call& call);
  void recover(const std::string& why);
  void greeted();
  void resume(Call& call, std::optional<Outcome> outcome);
  void end(Call& call, Error error);
  Error lost_error(const Call& call, std::optional<Outcome> outcome) const;

  std::unique_ptr<Link> link_;
  const bool recovers_;
  std::atomic<std::uint64_t> last_session_{0};

  std::mutex mutex_;  // guards what is below; never held while the engine works
  std::uint64_t last_id_ = 0;
  std::size_t sent_since_sorting_ = 0;
  std::map<std::uint64_t, std::shared_ptr<Call>> calls_;
  std::optional<Error> lost_;
  bool closed_ = false;

  // Where another engine may come.
  Uuid name_{};
  Opening opening_;
  std::shared_ptr<Call> hello_;
  std::shared_ptr<OpenCall> greeting_;
  bool is_recovering_ = false;  // the next engine has not answered the greeting yet
  std::string why_lost_;
  std::uint64_t lost_sessions_ = 0;  // those up to this one went with their engine
  std::uint64_t last_n_ = 0;
  std::vector<std::uint64_t> asked_;  // numbers that the greeting asks about
  std::size_t kept_bytes_ = 0;
};

}  // namespace outboard::detail
