#include "worker/thread_host.h"

#include "client/mailbox.h"

namespace outboard {

class ThreadHost::ToClient : public EngineThread::Outlet {
 public:
  explicit ToClient(std::function<void()> arrived) : arrived_(std::move(arrived)) {}

  void deliver(Bytes message) override { push(std::move(message)); }
  void end(const std::string& why) override {
    if (!is_closing)
      push(Error{Code::worker_lost, "the engine failed: " + why, "open the database again"});
  }

  Mailbox<Arrival> arrivals;
  std::atomic<bool> is_closing{false};

 private:
  void push(Arrival arrival) {
    arrivals.push(std::move(arrival));
    if (arrived_) arrived_();
  }

  std::function<void()> arrived_;
};

ThreadHost::ThreadHost(std::function<void()> arrived)
    : to_client_(std::make_shared<ToClient>(std::move(arrived))),
      client_(engine_.connect(to_client_)) {}

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
