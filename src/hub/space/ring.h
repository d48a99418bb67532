// The newest entries of a space as frames, which all who follow share (Y14). Whoever fell off its
// end reads the log.
//
// A live value, on the shard's thread. What at() returned may be kept.
#pragma once

#include <deque>
#include <memory>

#include "hub/space/log.h"

namespace outboard::hub {

using SharedFrame = std::shared_ptr<const Bytes>;

struct Sent {
  std::uint64_t position = 0;
  std::size_t bytes = 0;  // of the transaction
  std::vector<SharedFrame> frames = {};
};

// The frames that an entry travels in.
Sent frames_of(const LogEntry& entry);

class Ring {
 public:
  // REQUIRES: the position after the newest one's, if there is any.
  void add(Sent entry);

  // Null if it is not there (any more).
  const Sent* at(std::uint64_t position) const;

 private:
  std::deque<Sent> entries_;
  std::size_t bytes_ = 0;
};

}  // namespace outboard::hub
