// Cursor: a result that is too large for one message, read in pieces at the client's pace.
//
// Outside of a transaction it holds a reader's connection, and with it a snapshot; inside, its
// statement runs on the writer's, and ends with the transaction.
#pragma once

#include "engine/rows.h"
#include "engine/task.h"

namespace outboard {

class Cursor : public Task {
 public:
  enum class Shape { rows, snapshot };

  struct Source {
    ReaderLease reader = {};  // none: the writer's connection
    StatementLease statement = {};
    BatchLimit limit = {};
    Shape shape = Shape::rows;
    std::int64_t snapshot_bytes = 0;
  };

  // Reads the first piece of a bound statement and replies; what is left becomes one of `tasks`.
  // `needs_room`: too much is left for now, and nothing was replied.
  static Served start(Core& core, Tasks& tasks, Job job, Source source);

  Cursor(Core& core, Job job, Source source);

  bool is_ready() const override { return credit_ > 0; }
  bool work(std::int64_t until_us) override;
  void stop(const Error& why) override { core_.reply_error(job_.client, job_.id, why); }
  bool is_on_writer() const override { return !source_.reader; }
  bool is_result() const override { return true; }
  void add_credit(std::uint64_t chunks) override {
    credit_ = std::min<std::uint64_t>(credit_ + std::min<std::uint64_t>(chunks, limits::credit_max),
                                      limits::credit_max);
  }

 private:
  Result<void> first_row();
  Result<void> fill();
  Result<void> append();

  Core& core_;
  Source source_;
  bool on_row_ = false;  // the statement stands on a row that has not been sent
  bool first_page_ = true;
  std::uint64_t credit_ = 0;
};

}  // namespace outboard
