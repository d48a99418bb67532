// Interrupt: when a running statement has to stop before its end: its deadline passed, or somebody
// took the request back. SQLite asks every few thousand steps of its virtual machine.
//
// Belongs to one database, on the engine's thread.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "base/platform.h"
#include "base/result.h"

namespace outboard {

class Interrupt {
 public:
  explicit Interrupt(Platform& platform) : platform_(platform) {}

  // How to find out that the request which runs now was taken back. May be empty.
  void set_cancelled(std::function<bool()> cancelled) { cancelled_ = std::move(cancelled); }

  // Watches over what runs from now on. 0: no deadline.
  void watch(std::int64_t deadline_us) {
    deadline_us_ = deadline_us;
    reason_.reset();
    watching_ = true;
  }
  void rest() { watching_ = false; }

  // Nothing stops while one of these is there: what takes a late change back comes through.
  class Pause {
   public:
    explicit Pause(Interrupt& interrupt)
        : interrupt_(interrupt), was_watching_(std::exchange(interrupt.watching_, false)) {}
    ~Pause() { interrupt_.watching_ = was_watching_; }
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    Interrupt& interrupt_;
    bool was_watching_;
  };

  // Asked by SQLite.
  bool should_stop() {
    if (!watching_) return false;
    if (deadline_us_ && platform_.monotonic_us() >= deadline_us_) {
      reason_ =
          fail(Code::timeout, "the deadline passed", "give it more time, or ask for less at once");
    } else if (cancelled_ && cancelled_()) {
      reason_ = fail(Code::cancelled, "the request was taken back");
    }
    return reason_.has_value();
  }

  // In place of SQLite's "interrupted": why.
  Error explain(Error error) const { return reason_ ? *reason_ : error; }

 private:
  Platform& platform_;
  bool watching_ = false;
  std::int64_t deadline_us_ = 0;
  std::function<bool()> cancelled_;
  std::optional<Error> reason_;
};

}  // namespace outboard
