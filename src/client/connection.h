// Connection: a client's end of the protocol: numbers requests, sorts answers, hands out credit.
//
// It does no work of its own in the background: whoever waits for an answer also sorts what arrives
// for others. May be used from several threads. Lives as long as anything that came out of it.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "client/link.h"
#include "protocol/envelope.h"

namespace outboard::detail {

// One frame of an answer, and the message it lies in.
struct Piece {
  std::shared_ptr<const Bytes> message;
  Envelope envelope;
  ByteView tail;
};

// One request that is under way.
class Call {
 public:
  virtual ~Call() = default;

  std::uint64_t id = 0;

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
};

class Connection {
 public:
  explicit Connection(std::unique_ptr<Link> link) : link_(std::move(link)) {}
  ~Connection() { link_->close(); }

  // Sends a request that `write(message, id)` writes. Where the engine is gone, the call fails at
  // once.
  template <class Write>
  void send(const std::shared_ptr<Call>& call, Write write) {
    Bytes message;
    message.reserve(256);
    if (!enlist(call)) return;
    write(message, call->id);
    link_->send(std::move(message));
  }

  // Sends what belongs to a request that is under way.
  void send_more(Bytes message) { link_->send(std::move(message)); }

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
  bool enlist(const std::shared_ptr<Call>& call);
  bool sort_arrivals();
  void sort(const std::shared_ptr<const Bytes>& message);
  void sort(Piece piece);
  void drop(const Piece& piece);
  void lose(const Error& why);
  void finish(std::map<std::uint64_t, std::shared_ptr<Call>>::iterator entry);

  std::unique_ptr<Link> link_;
  std::atomic<std::uint64_t> last_session_{0};

  std::mutex mutex_;  // guards what is below; never held while the engine works
  std::uint64_t last_id_ = 0;
  std::size_t sent_since_sorting_ = 0;
  std::map<std::uint64_t, std::shared_ptr<Call>> calls_;
  std::optional<Error> lost_;
  bool closed_ = false;
};

}  // namespace outboard::detail
