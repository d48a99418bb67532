// SaveTarget: where a database in memory is saved as a whole (rule H14). The one before stays until
// the next is whole and durable; then it is replaced in one step.
//
// Belongs to its place, on the engine's thread.
#pragma once

#include <outboard/value.hpp>

#include "base/result.h"

namespace outboard {

class SaveTarget {
 public:
  virtual ~SaveTarget() = default;

  // begin(), then the file's bytes in order, then finish(). After a failure nothing is left of what
  // was begun, and what was saved before is as it was.
  virtual Result<void> begin() = 0;
  virtual Result<void> append(ByteView bytes) = 0;
  virtual Result<void> finish() = 0;

  // Leaves what was begun, if anything was.
  virtual void abandon() = 0;
};

}  // namespace outboard
