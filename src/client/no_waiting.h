// NoWaiting: while one lives, its thread may not wait for an answer: it runs a callback, or it is
// the engine's own. Whoever tries is told so at once, instead of standing still.
#pragma once

namespace outboard::detail {

class NoWaiting {
 public:
  NoWaiting() { ++depth_; }
  ~NoWaiting() { --depth_; }
  NoWaiting(const NoWaiting&) = delete;
  NoWaiting& operator=(const NoWaiting&) = delete;

  static bool is_here() { return depth_ > 0; }

 private:
  static inline thread_local int depth_ = 0;
};

}  // namespace outboard::detail
