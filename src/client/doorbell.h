// Doorbell: wakes the executors that wait for answers when something has come from the engine.
//
// Answers are sorted by whoever waits for one; where nobody does, but a callback or a coroutine is
// to go on, its executor does it. Any thread; the link's thread rings, and may do so when the
// connection is gone.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <outboard/executor.hpp>

namespace outboard::detail {

class Doorbell : public std::enable_shared_from_this<Doorbell> {
 public:
  // `answer` is what is to be done. Set once, before anybody is added.
  void set_answer(std::function<void()> answer) { answer_ = std::move(answer); }

  // One more answer is awaited on that executor, or one less.
  void add(Executor& executor);
  void remove(Executor& executor);

  // From here on the thread that rings looks too; until rest().
  void attend() { attends_ = true; }
  void rest() { attends_ = false; }

  // Each of them is to look, unless it was told so before and has not got to it yet.
  void ring();

 private:
  struct Entry {
    Executor* executor;
    std::size_t awaited = 0;
    bool is_told = false;
  };

  void look(Executor* executor);

  std::function<void()> answer_;
  std::atomic<bool> attends_{false};
  std::atomic<std::size_t> awaited_{0};  // on all of them
  std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace outboard::detail
