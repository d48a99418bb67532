#include "client/recovering_link.h"

#include <algorithm>
#include <utility>

namespace outboard {

void RecoveringLink::begin_again() {
  std::lock_guard lock(mutex_);
  accepts_ = true;
}

void RecoveringLink::set_on_lost(std::function<void()> on_lost) {
  std::lock_guard lock(mutex_);
  on_lost_ = std::move(on_lost);
}

bool RecoveringLink::tell_lost(const std::string& why, const std::function<void()>& drop_unsent) {
  std::function<void()> on_lost;
  {
    std::lock_guard lock(mutex_);
    drop_unsent();
    if (stop_) return false;
    if (!std::exchange(accepts_, false)) return true;  // the loss before is not noticed yet
    on_lost = on_lost_;
  }
  to_client_.push(EngineLost{why});
  if (on_lost) on_lost();
  return true;
}

void RecoveringLink::give_up(Error error) {
  {
    std::lock_guard lock(mutex_);
    accepts_ = false;
  }
  to_client_.push(std::move(error));
}

void RecoveringLink::pause(unsigned failures, std::chrono::milliseconds first,
                           std::chrono::milliseconds longest) {
  if (failures == 0) return;
  auto length = std::min(first * (1u << std::min(failures - 1, 10u)), longest);
  std::unique_lock lock(mutex_);
  stopped_.wait_for(lock, length, [&] { return stop_; });
}

void RecoveringLink::stop_locked() {
  stop_ = true;
  stopped_.notify_all();
}

}  // namespace outboard
