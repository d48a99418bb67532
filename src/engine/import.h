// Import: gathers a file that arrives in pieces, and puts it in place of the database when it is
// whole and the writer is free.
#pragma once

#include "engine/task.h"
#include "engine/writer.h"

namespace outboard {

class Import : public Task {
 public:
  Import(Core& core, Writer& writer, Job job);

  bool is_ready() const override { return !more_ && writer_.may_write(job_); }
  bool work(std::int64_t until_us) override;
  void stop(const Error& why) override { core_.reply_error(job_.client, job_.id, why); }
  void add_chunk(SharedMessage message, const request::Chunk& chunk) override;
  std::int64_t idle_limit_ms() const override {
    return more_ ? limits::stream_idle_ms : never_idle_ms;  // then it waits for the writer
  }

 private:
  static constexpr std::int64_t never_idle_ms = std::int64_t{1} << 40;

  void add(ByteView data, bool more);

  Core& core_;
  Writer& writer_;
  Bytes file_;
  bool more_ = true;
  bool too_large_ = false;
};

}  // namespace outboard
