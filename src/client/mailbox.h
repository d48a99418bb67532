// Mailbox: messages from any number of threads to one, in order.
//
// push() takes no lock while the reader is awake: whoever sends never waits for work that the
// reader does (law L1). One thread reads at a time; it spins for a moment before it sleeps, since
// most answers come within microseconds and waking a sleeper costs more than all the rest.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace outboard {

template <class T>
class Mailbox {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  Mailbox() = default;
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  ~Mailbox() { take(); }

  // Any thread.
  void push(T item) {
    auto* node = new Node{std::move(item), newest_.load(std::memory_order_relaxed)};
    while (!newest_.compare_exchange_weak(node->older, node)) {
    }
    if (sleepers_.load() > 0) {
      std::lock_guard lock(mutex_);
      awake_.notify_all();
    }
  }

  // Everything that has come, oldest first. The reader's thread.
  std::vector<T> take() {
    std::vector<T> items;
    // Release too: whoever pushes behind it sees what its reader did before.
    auto* node = newest_.exchange(nullptr, std::memory_order_acq_rel);
    while (node) {
      items.push_back(std::move(node->item));
      delete std::exchange(node, node->older);
    }
    std::reverse(items.begin(), items.end());
    return items;
  }

  bool is_empty() const { return newest_.load(std::memory_order_acquire) == nullptr; }

  // Waits until something is there, `done` is set, or that time has come. Any number of threads may
  // wait; whoever sets `done` calls nudge() behind it.
  void wait(std::optional<TimePoint> until, const std::atomic<bool>& done) {
    if (spin(done)) return;
    sleepers_.fetch_add(1);
    {
      std::unique_lock lock(mutex_);
      auto over = [&] { return newest_.load() != nullptr || done.load(); };
      if (until) {
        awake_.wait_until(lock, *until, over);
      } else {
        awake_.wait(lock, over);
      }
    }
    sleepers_.fetch_sub(1);
  }

  // Wakes those who wait to look at their `done`.
  void nudge() {
    if (sleepers_.load() == 0) return;
    std::lock_guard lock(mutex_);
    awake_.notify_all();
  }

 private:
  struct Node {
    T item;
    Node* older;
  };

  // At most as long as it takes to go to sleep and be woken.
  static constexpr int spin_us_max = 20;

  // Waits awake for a moment, for as long as that has been worth it lately: on a busy machine,
  // where the other side does not run meanwhile, it soon stops trying.
  bool spin(const std::atomic<bool>& done) {
    static const bool pays = std::thread::hardware_concurrency() > 1;
    auto over = [&] { return !is_empty() || done.load(std::memory_order_acquire); };
    if (over()) return true;
    if (!pays) return false;
    int budget_us = spin_us_.load(std::memory_order_relaxed);
    if (budget_us == 0) {
      if (++sleeps_ % 64 != 0) return false;
      budget_us = spin_us_max;
    }
    auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(budget_us);
    do {
      for (int i = 0; i < 32; ++i) {
        if (over()) {
          spin_us_.store(spin_us_max, std::memory_order_relaxed);
          return true;
        }
        relax();
      }
    } while (std::chrono::steady_clock::now() < end);
    spin_us_.store(budget_us / 2, std::memory_order_relaxed);
    return false;
  }

  static void relax() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  std::atomic<Node*> newest_{nullptr};
  std::atomic<int> sleepers_{0};
  std::atomic<int> spin_us_{spin_us_max};
  std::atomic<unsigned> sleeps_{0};
  std::mutex mutex_;
  std::condition_variable awake_;
};

}  // namespace outboard
