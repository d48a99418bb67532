// For tests only: an application's loop, run by whoever wants it to, and the least coroutine.
#pragma once

#include <condition_variable>
#include <coroutine>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include <outboard/executor.hpp>

namespace outboard {

class Loop : public Executor {
 public:
  void post(std::function<void()> work) override {
    std::lock_guard lock(mutex_);
    posted_.push_back(std::move(work));
    some_.notify_all();
  }

  // Runs what is posted, on this thread, until `done()`.
  template <class Done>
  void run_until(Done done) {
    runner_ = std::this_thread::get_id();
    while (!done()) {
      std::unique_lock lock(mutex_);
      some_.wait(lock, [&] { return !posted_.empty(); });
      auto work = std::move(posted_.front());
      posted_.pop_front();
      lock.unlock();
      work();
    }
    runner_ = {};
  }

  bool runs_here() const { return runner_ == std::this_thread::get_id(); }

 private:
  std::mutex mutex_;
  std::condition_variable some_;
  std::deque<std::function<void()>> posted_;
  std::thread::id runner_;
};

// A coroutine that begins at once and that nobody waits for.
struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

}  // namespace outboard
