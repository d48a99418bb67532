// PingPong: two threads and a condition variable. What a round trip between threads costs barely.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

namespace bench {

// Two threads that hand a number back and forth: what a round trip costs at least.
class PingPong {
 public:
  PingPong() : other_([this] { answer(); }) {}
  ~PingPong() {
    {
      std::lock_guard lock(mutex_);
      turn_ = Turn::over;
    }
    changed_.notify_all();
    other_.join();
  }
  void round_trip() {
    std::unique_lock lock(mutex_);
    turn_ = Turn::theirs;
    changed_.notify_all();
    changed_.wait(lock, [this] { return turn_ == Turn::ours; });
  }

 private:
  enum class Turn { ours, theirs, over };
  void answer() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return turn_ != Turn::ours; });
      if (turn_ == Turn::over) return;
      turn_ = Turn::ours;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Turn turn_ = Turn::ours;
  std::thread other_;
};

}  // namespace bench
