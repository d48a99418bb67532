// Future<T>: the answer to a request that is under way. There are three ways to it:
//
//   auto rows = db->exec("select 1").get();                               // waiting
//   auto rows = co_await db->exec("select 1");                            // in a coroutine
//   db->exec("select 1").on_ready(loop, [](Result<Rows> rows) { … });     // called back
//
// Each gives a Result, once. It always comes: as a value, an error, a time-out, a cancellation, or
// worker_lost. A coroutine goes on, and a callback is called, on an Executor and nowhere else, also
// where the answer is there already.
//
// Belongs to one thread at a time. Dropping it lets the request run on, and a callback be called;
// cancel() takes the request back.
#pragma once

#include <chrono>
#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <outboard/executor.hpp>
#include <outboard/result.hpp>

namespace outboard {

namespace detail {

// What stands behind every Future: one request of one connection.
class PendingBase {
 public:
  virtual ~PendingBase() = default;
  // Waits until the answer is there, or for that long at most (negative: for ever). False also at
  // once where nobody may wait: in a callback, and on the engine's own thread.
  virtual bool wait(std::chrono::milliseconds at_most) = 0;
  virtual void cancel() = 0;
  // Has `ready` called by that executor, or by the database's own (null), once the answer is
  // there. False: there is none.
  virtual bool watch(Executor* executor, std::function<void()> ready) = 0;
};

template <class T>
class Pending : public PendingBase {
 public:
  // REQUIRES: the answer is there. Once.
  virtual Result<T> take() = 0;
};

Error answer_was_taken();
Error must_not_wait();
Error has_no_executor();

}  // namespace detail

template <class T>
class [[nodiscard]] Future {
 public:
  explicit Future(std::shared_ptr<detail::Pending<T>> pending) : pending_(std::move(pending)) {}
  Future(Future&&) noexcept = default;
  Future& operator=(Future&&) noexcept = default;

  // Waits for the answer and takes it. Fails with bad_request where waiting would hold up what is
  // waited for: in a callback or a coroutine, and on the engine's own thread.
  Result<T> get() {
    if (is_over()) return detail::answer_was_taken();
    if (!pending_->wait(std::chrono::milliseconds(-1))) return detail::must_not_wait();
    return std::exchange(pending_, nullptr)->take();
  }

  // Waits for that long at most; true if the answer is there.
  bool wait_for(std::chrono::milliseconds at_most) { return is_over() || pending_->wait(at_most); }

  // Takes the request back. If that comes in time, the answer is the error `cancelled`.
  void cancel() {
    if (pending_) pending_->cancel();
  }

  // Has `fn(Result<T>)` called by the executor, once. A Future that has been asked before: the
  // result is an error.
  template <class Function>
  void on_ready(Executor& executor, Function fn) {
    auto call = std::make_shared<Function>(std::move(fn));
    if (is_over()) return executor.post([call] { (*call)(Result<T>(detail::answer_was_taken())); });
    is_given_ = true;
    pending_->watch(&executor, [call, pending = pending_] { (*call)(pending->take()); });
  }

  class Awaiter;

  // The coroutine goes on on that executor; without on(), on the one of the Options. A coroutine is
  // destroyed, if it is, on the executor's thread.
  Awaiter on(Executor& executor) && { return Awaiter(std::move(*this), &executor); }
  Awaiter operator co_await() && { return Awaiter(std::move(*this), nullptr); }

 private:
  bool is_over() const { return !pending_ || is_given_; }

  std::shared_ptr<detail::Pending<T>> pending_;  // null: the answer was taken
  bool is_given_ = false;                        // to a callback
};

// What co_await looks at.
template <class T>
class Future<T>::Awaiter {
 public:
  Awaiter(Future&& future, Executor* executor) : future_(std::move(future)), executor_(executor) {}

  bool await_ready() const { return future_.is_over(); }
  bool await_suspend(std::coroutine_handle<> coroutine) {
    waiting_ = std::make_shared<std::coroutine_handle<>>(coroutine);
    has_executor_ = true;
    auto pending = future_.pending_;
    bool is_watched =
        pending->watch(executor_, [waiting = std::weak_ptr<std::coroutine_handle<>>(waiting_)] {
          // It is gone where the coroutine was destroyed meanwhile.
          if (auto handle = waiting.lock()) handle->resume();
        });
    // Where it is watched, the coroutine may be on its way already, and this be gone.
    if (!is_watched) has_executor_ = false;
    return is_watched;
  }
  Result<T> await_resume() {
    if (future_.is_over()) return detail::answer_was_taken();
    if (!has_executor_) return detail::has_no_executor();
    return std::exchange(future_.pending_, nullptr)->take();
  }

 private:
  Future future_;
  Executor* executor_;
  std::shared_ptr<std::coroutine_handle<>> waiting_;
  bool has_executor_ = false;
};

}  // namespace outboard
