#include "worker/thread_host.h"

#include <new>

#include "base/assert.h"
#include "client/mailbox.h"
#include "engine/engine.h"
#include "worker/native_platform.h"
#include "worker/taken_back.h"

namespace outboard {

struct ThreadHost::Shared {
  Mailbox<Bytes> to_engine;
  Mailbox<Arrival> to_client;
  TakenBack taken_back;
  std::atomic<bool> stop{false};
  std::atomic<bool> over{false};    // the engine does nothing any more
  std::atomic<bool> parked{false};  // and its thread stands still for ever
  std::function<void()> arrived;

  void push(Arrival arrival) {
    to_client.push(std::move(arrival));
    if (arrived) arrived();
  }
  void lose(const std::string& why) {
    push(Error{Code::worker_lost, "the engine failed: " + why, "open the database again"});
  }
};

ThreadHost::ThreadHost(std::function<void()> arrived) : shared_(std::make_shared<Shared>()) {
  shared_->arrived = std::move(arrived);
  thread_ = std::thread([shared = shared_] { work(shared); });
}

void ThreadHost::work(const std::shared_ptr<Shared>& shared) {
  set_assertion_handler(
      [](void* context, const char* sentence) {
        auto& lost = *static_cast<Shared*>(context);
        lost.lose(sentence);
        lost.parked = true;
        lost.over = true;
        lost.to_client.nudge();
        for (;;)
          std::this_thread::sleep_for(
              std::chrono::hours(1));  // never unwound: its state is not sound
      },
      shared.get());
  try {
    NativePlatform platform;
    Engine engine(platform);
    auto client = engine.connect();
    engine.set_cancelled([&](ClientId, std::uint64_t id) {
      return shared->stop.load(std::memory_order_relaxed) || shared->taken_back.holds(id);
    });
    while (!shared->stop) {
      for (auto& message : shared->to_engine.take()) engine.receive(client, std::move(message));
      bool more = engine.run();
      auto output = engine.take_output(client);
      if (!output.empty()) shared->push(std::move(output));
      if (more) continue;
      std::optional<TimePoint> until;
      if (auto wake_at_us = engine.wake_at_us())
        until = TimePoint(std::chrono::duration_cast<TimePoint::duration>(
            std::chrono::microseconds(*wake_at_us + 1)));
      shared->to_engine.wait(until, shared->stop);
    }
  } catch (const std::bad_alloc&) {
    shared->lose("there is no memory left");
  } catch (const std::exception& exception) {
    shared->lose(exception.what());
  }
  shared->over = true;
  shared->to_client.nudge();
}

void ThreadHost::send(Bytes message) { shared_->to_engine.push(std::move(message)); }

void ThreadHost::cancel(std::uint64_t id) { shared_->taken_back.add(id); }

std::vector<Link::Arrival> ThreadHost::take() { return shared_->to_client.take(); }

void ThreadHost::wait(std::optional<TimePoint> until, const std::atomic<bool>& done) {
  shared_->to_client.wait(until, done);
}

void ThreadHost::nudge() { shared_->to_client.nudge(); }

void ThreadHost::close() {
  if (!thread_.joinable()) return;
  shared_->stop = true;
  shared_->to_engine.nudge();
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  shared_->to_client.wait(deadline, shared_->over);
  while (!shared_->over && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  if (shared_->over && !shared_->parked) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

}  // namespace outboard
