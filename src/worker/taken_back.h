// TakenBack: the requests that were taken back lately, written by any thread and read by the
// engine's in the middle of a statement. The newest few are enough: an older one has been read from
// its frame by then.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace outboard {

class TakenBack {
 public:
  // A key is never 0.
  void add(std::uint64_t key) { keys_[next_.fetch_add(1) % keys_.size()].store(key); }
  bool holds(std::uint64_t key) const {
    for (auto& other : keys_)
      if (other.load(std::memory_order_relaxed) == key) return true;
    return false;
  }

 private:
  std::array<std::atomic<std::uint64_t>, 64> keys_{};
  std::atomic<std::size_t> next_{0};
};

}  // namespace outboard
