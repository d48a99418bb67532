// StallWatch: has an engine been at work for too long without getting on (rule H21)?
//
// It gets on whenever a turn ends, and, within a long statement, whenever SQLite asks whether to go
// on: a statement may run for hours. What does not get on is stuck in one step: in a file system
// that does not answer, for one. Whoever watches asks now and then, from one thread.
#pragma once

#include <chrono>

#include "worker/engine_thread.h"

namespace outboard {

class StallWatch {
 public:
  explicit StallWatch(std::chrono::milliseconds at_most) : at_most_(at_most) {}

  bool has_stalled(const EngineThread& engine) {
    auto figures = engine.figures();
    auto now = std::chrono::steady_clock::now();
    bool gets_on = figures.waits || figures.is_lost || figures.progress != last_progress_;
    last_progress_ = figures.progress;
    if (gets_on) since_ = now;
    return now - since_ >= at_most_;
  }

  // A sentence.
  std::string why() const {
    return "it has been at one step for " + std::to_string(at_most_.count()) + " ms";
  }

 private:
  const std::chrono::milliseconds at_most_;
  std::uint64_t last_progress_ = 0;
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

}  // namespace outboard
