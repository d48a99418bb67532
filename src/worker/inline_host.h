// InlineHost: the engine inside the caller's call. For tools and tests: whoever calls waits.
//
// May be used from several threads, one at a time gets through. What the standard library throws
// inside ends the engine, not the caller: every call is then answered with worker_lost.
#pragma once

#include <mutex>

#include "client/link.h"
#include "engine/engine.h"
#include "worker/native_platform.h"
#include "worker/set_up.h"

namespace outboard {

class InlineHost : public Link {
 public:
  explicit InlineHost(SetUpFunction set_up = {}) : client_(engine_.connect()) {
    give_set_up(engine_, std::move(set_up));
  }

  void send(Bytes message) override;
  bool is_inline() const override { return true; }
  void cancel(std::uint64_t) override {}  // whoever could is waiting
  void set_on_arrival(std::function<void()> on_arrival) override {
    on_arrival_ = std::move(on_arrival);
  }
  std::vector<Arrival> take() override;
  void wait(std::optional<TimePoint> until, const std::atomic<bool>& done) override;
  void nudge() override {}
  void close() override;

 private:
  template <class Work>
  void guard(Work work);
  void work();
  void tell() const;

  std::mutex mutex_;
  NativePlatform platform_;
  Engine engine_{platform_};
  ClientId client_;
  std::vector<Arrival> arrived_;
  std::function<void()> on_arrival_;
  bool is_lost_ = false;
};

}  // namespace outboard
