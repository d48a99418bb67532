// Future<T>: the answer to a request that is under way.
//
//   auto rows = db->exec("select 1").get();     // Result<Rows>
//
// Belongs to one thread at a time. Dropping it lets the request run on; cancel() takes it back.
#pragma once

#include <chrono>
#include <memory>
#include <utility>

#include <outboard/result.hpp>

namespace outboard {

namespace detail {

// What stands behind every Future: one request of one connection.
class PendingBase {
 public:
  virtual ~PendingBase() = default;
  // Waits until the last frame has come, or for that long at most (negative: for ever).
  virtual bool wait(std::chrono::milliseconds at_most) = 0;
  virtual void cancel() = 0;
};

template <class T>
class Pending : public PendingBase {
 public:
  // REQUIRES: wait() said true. Once.
  virtual Result<T> take() = 0;
};

}  // namespace detail

template <class T>
class [[nodiscard]] Future {
 public:
  explicit Future(std::unique_ptr<detail::Pending<T>> pending) : pending_(std::move(pending)) {}

  // Waits for the answer and takes it; once. It always comes: as a value, an error, a time-out,
  // a cancellation, or worker_lost.
  Result<T> get() {
    if (!pending_)
      return Error{Code::bad_request, "this answer was taken already", "call get() once"};
    pending_->wait(std::chrono::milliseconds(-1));
    return std::exchange(pending_, nullptr)->take();
  }

  // Waits for that long at most; true if the answer is there.
  bool wait_for(std::chrono::milliseconds at_most) { return !pending_ || pending_->wait(at_most); }

  // Takes the request back. If that comes in time, the answer is the error `cancelled`.
  void cancel() {
    if (pending_) pending_->cancel();
  }

 private:
  std::unique_ptr<detail::Pending<T>> pending_;
};

}  // namespace outboard
