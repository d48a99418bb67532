// The places of the log that a replica can name when it comes back: the newest, and ever fewer the
// farther back they lie (Y2). However far a restored hub has lost its way, one of them is not much
// farther back than the last that both sides know.
//
// A value.
#pragma once

#include <vector>

#include "sync/ids.h"

namespace outboard::sync {

class Checkpoints {
 public:
  Checkpoints() = default;
  // As they were kept: the newest first.
  explicit Checkpoints(std::vector<Checkpoint> newest_first) : all_(std::move(newest_first)) {}

  // The newest. REQUIRES: its position is greater than all before.
  void add(const Checkpoint& checkpoint);

  // Forgets what lies beyond that position.
  void cut(std::uint64_t position);

  // Limited to limits::checkpoints_max, the newest first.
  const std::vector<Checkpoint>& all() const { return all_; }

  friend bool operator==(const Checkpoints&, const Checkpoints&) = default;

 private:
  std::vector<Checkpoint> all_;
};

}  // namespace outboard::sync
