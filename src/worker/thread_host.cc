#include "worker/thread_host.h"

#include "client/arrivals.h"

namespace outboard {

class ThreadHost::ToClient : public EngineThread::Outlet {
 public:
  void deliver(Bytes message) override { arrivals.push(std::move(message)); }
  void end(const std::string& why) override {
    if (!is_closing)
      arrivals.push(
          Error{Code::worker_lost, "the engine failed: " + why, "open the database again"});
  }

  Arrivals arrivals;
  std::atomic<bool> is_closing{false};
};

ThreadHost::ThreadHost(SetUpFunction set_up)
    : to_client_(std::make_shared<ToClient>()),
      engine_(std::move(set_up)),
      client_(engine_.connect(to_client_)) {}

void ThreadHost::set_on_arrival(std::function<void()> on_arrival) {
  to_client_->arrivals.set_listener(std::move(on_arrival));
}

std::vector<Link::Arrival> ThreadHost::take() { return to_client_->arrivals.take(); }

void ThreadHost::wait(std::optional<TimePoint> until, const std::atomic<bool>& done) {
  to_client_->arrivals.wait(until, done);
}

void ThreadHost::nudge() { to_client_->arrivals.nudge(); }

void ThreadHost::close() {
  to_client_->is_closing = true;
  engine_.stop();
}

}  // namespace outboard
