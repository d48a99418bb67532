// Arrivals: what came from the engine and was not taken yet, and who hears that something came.
//
// Any thread pushes; one at a time takes. What is heard is called on the thread that pushes.
#pragma once

#include <functional>

#include "client/link.h"
#include "client/mailbox.h"

namespace outboard {

class Arrivals {
 public:
  void push(Link::Arrival arrival) {
    mailbox_.push(std::move(arrival));
    if (has_listener_.load(std::memory_order_acquire)) listener_();
  }

  // Once. What came before it is not told.
  void set_listener(std::function<void()> listener) {
    listener_ = std::move(listener);
    has_listener_.store(true, std::memory_order_release);
  }

  std::vector<Link::Arrival> take() { return mailbox_.take(); }
  void wait(std::optional<Link::TimePoint> until, const std::atomic<bool>& done) {
    mailbox_.wait(until, done);
  }
  void nudge() { mailbox_.nudge(); }

 private:
  Mailbox<Link::Arrival> mailbox_;
  std::function<void()> listener_;
  std::atomic<bool> has_listener_{false};
};

}  // namespace outboard
