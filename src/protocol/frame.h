// Frames: how envelopes and batches lie in a message (docs/protocol.md, "Frames").
//
// FrameWriter appends frames to a message that it does not own. FrameReader walks a message that it
// does not own and hands out views into it. Neither is shared between threads.
#pragma once

#include <optional>

#include <outboard/value.hpp>
#include "base/result.h"

namespace outboard {

struct Frame {
  ByteView head;  // the envelope
  ByteView tail;  // batches; starts at a multiple of 8 if the message does
};

class FrameReader {
 public:
  explicit FrameReader(ByteView message) : rest_(message) {}

  // The next frame; nothing at the end. After an error the rest of the message cannot be read.
  Result<std::optional<Frame>> next();

 private:
  ByteView rest_;
};

//   FrameWriter frame(message);
//   … write the envelope to frame.out() …
//   frame.end_head();
//   … append batches …
//   frame.finish();
class FrameWriter {
 public:
  explicit FrameWriter(Bytes& message);

  Bytes& out() { return message_; }
  void end_head();
  void finish();

  // Takes back what was written since the beginning.
  void abandon() { message_.resize(start_); }

 private:
  Bytes& message_;
  std::size_t start_;
};

}  // namespace outboard
