// RecoveringLink: what links have in common that find another engine in place of a lost one.
//
// Such a link has a thread of its own, which carries messages and watches. A loss is told once;
// until the connection has noticed it (begin_again) nothing is sent, for it would be meant for the
// engine that is gone. A subclass ends its thread before its own members go.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>

#include "client/arrivals.h"

namespace outboard {

class RecoveringLink : public Link {
 public:
  void cancel(std::uint64_t) override {}  // the frame itself does it, at the other end
  void wait(std::optional<TimePoint> until, const std::atomic<bool>& done) override {
    to_client_.wait(until, done);
  }
  void nudge() override { to_client_.nudge(); }
  bool recovers() const override { return true; }
  void begin_again() override;
  void set_on_lost(std::function<void()> on_lost) override;
  void set_on_arrival(std::function<void()> on_arrival) override {
    to_client_.set_listener(std::move(on_arrival));
  }

 protected:
  // The thread's. From here on nothing is sent, so what was on its way has to go: `drop_unsent` is
  // called with the lock held. False: the link is to end.
  bool tell_lost(const std::string& why, const std::function<void()>& drop_unsent);
  void give_up(Error error);
  // Between attempts in vain, of which there were so many in a row; ends early with the link.
  void pause(unsigned failures, std::chrono::milliseconds first, std::chrono::milliseconds longest);

  // With the lock held: nothing more is sent, and pauses are over.
  void stop_locked();

  Arrivals to_client_;
  mutable std::mutex mutex_;  // guards what is below, and what a subclass sends; held for moments
  bool accepts_ = true;       // false: a loss has not been taken notice of
  bool stop_ = false;

 private:
  std::condition_variable stopped_;
  std::function<void()> on_lost_;
};

}  // namespace outboard
