#include "worker/inline_host.h"

#include <exception>
#include <new>
#include <thread>

namespace outboard {

template <class Work>
void InlineHost::guard(Work work) {
  if (is_lost_) return;
  std::string why;
  try {
    return work();
  } catch (const std::bad_alloc&) {
    why = "there is no memory left";
  } catch (const std::exception& exception) {
    why = exception.what();
  }
  is_lost_ = true;
  arrived_.push_back(
      Error{Code::worker_lost, "the engine failed: " + why, "open the database again"});
}

void InlineHost::work() {
  for (bool more = true; more;) {
    more = engine_.run();
    auto output = engine_.take_output(client_);
    if (!output.empty()) arrived_.emplace_back(std::move(output));
  }
}

void InlineHost::tell() const {
  if (on_arrival_) on_arrival_();
}

void InlineHost::send(Bytes message) {
  {
    std::lock_guard lock(mutex_);
    guard([&] {
      engine_.receive(client_, std::move(message));
      work();
    });
    if (arrived_.empty()) return;
  }
  tell();
}

std::vector<Link::Arrival> InlineHost::take() {
  std::lock_guard lock(mutex_);
  return std::exchange(arrived_, {});
}

// What comes is the end of a time limit, or of what another thread was doing.
void InlineHost::wait(std::optional<TimePoint> until, const std::atomic<bool>& done) {
  using namespace std::chrono;
  std::optional<std::int64_t> wake_at_us;
  {
    std::lock_guard lock(mutex_);
    if (!arrived_.empty() || done || is_lost_) return;
    wake_at_us = engine_.wake_at_us();
  }
  auto wake = steady_clock::now() + milliseconds(10);  // another thread may have done it meanwhile
  if (wake_at_us)
    wake = std::min(wake,
                    TimePoint(duration_cast<TimePoint::duration>(microseconds(*wake_at_us + 1))));
  std::this_thread::sleep_until(until ? std::min(wake, *until) : wake);
  {
    std::lock_guard lock(mutex_);
    guard([&] { work(); });
    if (arrived_.empty()) return;
  }
  tell();
}

void InlineHost::close() {
  std::lock_guard lock(mutex_);
  guard([&] { engine_.disconnect(client_); });
}

}  // namespace outboard
