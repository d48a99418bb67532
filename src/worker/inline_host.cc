#include "worker/inline_host.h"

#include <thread>

namespace outboard {

void InlineHost::work() {
  for (bool more = true; more;) {
    more = engine_.run();
    auto output = engine_.take_output(client_);
    if (!output.empty()) arrived_.emplace_back(std::move(output));
  }
}

void InlineHost::send(Bytes message) {
  std::lock_guard lock(mutex_);
  engine_.receive(client_, std::move(message));
  work();
}

std::vector<Link::Arrival> InlineHost::take() {
  std::lock_guard lock(mutex_);
  return std::exchange(arrived_, {});
}

// Nothing comes by itself but the end of a time limit.
void InlineHost::wait(std::optional<TimePoint> until, const std::atomic<bool>& done) {
  using namespace std::chrono;
  std::optional<std::int64_t> wake_at_us;
  {
    std::lock_guard lock(mutex_);
    if (!arrived_.empty() || done) return;
    wake_at_us = engine_.wake_at_us();
  }
  auto wake = steady_clock::now() + milliseconds(10);
  if (wake_at_us)
    wake = TimePoint(duration_cast<TimePoint::duration>(microseconds(*wake_at_us + 1)));
  std::this_thread::sleep_until(until ? std::min(wake, *until) : wake);
  std::lock_guard lock(mutex_);
  work();
}

void InlineHost::close() {
  std::lock_guard lock(mutex_);
  engine_.disconnect(client_);
}

}  // namespace outboard
