// Connection: a client's end of the protocol: numbers requests, sorts answers, hands out credit.
//
// It does no work of its own in the background: whoever waits for an answer also sorts what arrives
// for others, and so does an executor on which somebody is to be called back. Where the link brings
// another engine in place of a lost one, the connection greets it, asks what became of its writes
// and sends again what was not applied (rule H8). May be used from several threads. Lives as long
// as anything that came out of it.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <outboard/options.hpp>

#include "base/uuid.h"
#include "client/doorbell.h"
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
  ends,      // of such a transaction, which it commits, or may: has a number
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
  bool opens_transaction = false;  // which is rolled back where nobody wants the answer

  // Given by the connection.
  std::uint64_t id = 0;
  std::uint64_t n = 0;  // by which an engine knows it, where another one may come

  // The answer is complete, or failed.
  std::atomic<bool> done{false};
  std::optional<Error> error;

  // Set while there is something for whoever waits for it.
  virtual const std::atomic<bool>& signal() const { return done; }
  bool is_ready() const { return done || signal(); }

 protected:
  friend class Connection;

  enum class Next { last, more };

  // A reply or a chunk. Tells whether it was the last one; sets `error` if it makes no sense.
  virtual Next take(const Piece& piece) = 0;

  // The engine is ready for that many chunks more of what is being sent.
  virtual void grant(std::uint64_t) {}

  // The next of the chunks that wait for that.
  virtual std::optional<Bytes> next_chunk() { return std::nullopt; }
  virtual bool has_chunks() const { return false; }

  // It is done: whoever waits for anything else of it need not do so any more.
  virtual void ended() {}

  // How many chunks to ask for when a piece that was not the last has come.
  virtual std::uint64_t credit() const { return 0; }

 private:
  // Where another engine may come. The connection's, under its lock.
  bool is_sent_ = false;
  bool is_heard_ = false;     // its answer has begun
  bool is_dropped_ = false;   // nobody wants the answer, but it is heard
  bool is_attended_ = false;  // though nobody waits for anything
  bool is_cancelled_ = false;
  bool is_kept_ = true;  // all that was sent of it is in `frames_`
  unsigned losses_ = 0;  // engines that were lost with it at their hands
  Bytes frames_;         // to be sent, or sent again

  // Who watches it. The connection's, under its lock.
  Executor* executor_ = nullptr;
  std::function<void()> ready_;
};

class OpenCall;

// What each engine is asked to open.
struct Opening {
  std::string path;
  Storage storage = Storage::file;
  Durability durability = Durability::process;
  std::string config = {};  // for the set-up beside the engine
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // `executor` is where coroutines go on that name no other; may be null.
  static std::shared_ptr<Connection> over(std::unique_ptr<Link> link, Executor* executor);
  ~Connection() { link_->close(); }

  // Greets the engine, and each that comes in its place. Once, first.
  std::shared_ptr<OpenCall> open(Opening opening);

  // Sends a request that `write(message, id)` writes. Where the engine is gone for good, or too
  // much is waiting, the call fails at once.
  template <class Write>
  void send(const std::shared_ptr<Call>& call, Write write) {
    Bytes message;
    message.reserve(256);
    {
      Section section(*this);
      if (!enlist(call)) return;
      if (recovers_) {
        write(message, call->id);
        return dispatch(*call, std::move(message));
      }
    }
    write(message, call->id);
    link_->send(std::move(message));  // the inline host does the work in it
  }

  // Sends what belongs to a request that is under way.
  void send_more(Call& call, Bytes message);

  // Waits until the call is done or `signal` is set; that long at most, or for ever (negative).
  // True: one of them is so. Does not wait at all where nobody may (NoWaiting).
  bool wait(Call& call, const std::atomic<bool>& signal, std::chrono::milliseconds at_most);

  // As wait(), also where nobody may: where what is waited for cannot be held up by it.
  bool wait_here(Call& call, const std::atomic<bool>& signal, std::chrono::milliseconds at_most);

  // Has `ready` called by that executor (null: the connection's) once the call is ready. One at a
  // time. False: there is no executor.
  bool watch(Call& call, Executor* executor, std::function<void()> ready);

  // The same where nothing is to be awaited.
  bool call_back(Executor* executor, std::function<void()> ready);

  // Takes a request back. Its answer is still waited for: it may have come first.
  void cancel(Call& call);

  // Nobody wants the answer any more. False: it has come already.
  bool forget(Call& call);

  std::uint64_t new_session() { return ++last_session_; }

  // Closes the engine and ends the connection. What the engine is still at work on after a few
  // seconds is taken back. Twice is once.
  Result<void> close();

 private:
  Connection(std::unique_ptr<Link> link, Executor* executor);

  // Under the lock. At its end those are told whose answers were found in it.
  class Section {
   public:
    explicit Section(Connection& connection);
    ~Section();

   private:
    Connection& connection_;
    std::unique_lock<std::mutex> lock_;
  };

  // All of these with the lock held.
  bool enlist(const std::shared_ptr<Call>& call);
  std::optional<Error> refusal(const Call& call);
  bool sort_arrivals();
  void sort(const std::shared_ptr<const Bytes>& message);
  void sort(Piece piece);
  void drop(const Piece& piece);
  void send_chunks(Call& call);
  void send_rollback(std::uint64_t session);
  void attend_to(Call& call);
  void lose(const Error& why);
  void tell(Call& call);
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

  struct Told {
    Executor* executor;
    std::function<void()> ready;
  };

  std::unique_ptr<Link> link_;
  Executor* const executor_;
  const std::shared_ptr<Doorbell> doorbell_ = std::make_shared<Doorbell>();  // the link's too
  const bool recovers_;
  std::atomic<std::uint64_t> last_session_{0};

  std::mutex mutex_;  // guards what is below; never held while the engine works
  std::uint64_t last_id_ = 0;
  std::size_t sent_since_sorting_ = 0;
  std::map<std::uint64_t, std::shared_ptr<Call>> calls_;
  std::optional<Error> lost_;
  bool closed_ = false;
  std::size_t attended_ = 0;  // calls that are dropped, but have to go on
  bool has_sorted_ = false;   // in this section, as the next
  std::vector<Told> told_;

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
