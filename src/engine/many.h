// Many: one statement with many sets of parameters, all or nothing.
//
// The sets are bound straight out of the message they came in. A large `many` gives way to others
// between sets, and more sets may arrive while it works: a page encodes the next piece while the
// engine inserts the last one. A writing one holds the writer until its end.
#pragma once

#include <deque>

#include "engine/rows.h"
#include "engine/task.h"
#include "engine/writer.h"

namespace outboard {

class Many : public Task {
 public:
  // `reader`: none for the writer's connection, which the task then holds. The statement is
  // prepared on that connection.
  struct Source {
    ReaderLease reader;
    StatementLease statement;
  };

  // Fails if its transaction cannot begin.
  static Result<std::unique_ptr<Many>> start(Core& core, Writer& writer, Job job, Source source);

  Many(Core& core, Writer& writer, Job job, Source source);
  ~Many() override;

  bool is_ready() const override;
  bool work(std::int64_t until_us) override;
  void stop(const Error& why) override;
  void add_credit(std::uint64_t chunks) override {
    credit_ = std::min<std::uint64_t>(credit_ + std::min<std::uint64_t>(chunks, limits::credit_max),
                                      limits::credit_max);
  }
  bool is_result() const override { return !writes(); }
  void add_chunk(SharedMessage message, const request::Chunk& chunk) override;
  std::size_t waiting_bytes() const override { return waiting_bytes_; }
  std::int64_t idle_limit_ms() const override {
    return writes() ? limits::transaction_idle_ms : limits::stream_idle_ms;
  }

 private:
  enum class Progress { goes_on, waits, finished };
  struct Slice {
    SharedMessage message;
    ByteView sets;
  };

  bool writes() const { return !source_.reader; }
  Connection& connection() const { return writes() ? core_.store->writer() : *source_.reader; }
  Result<Progress> advance();
  Result<bool> next_set();
  void finish_slice();
  Result<void> read_rows();
  Result<void> batch_is_full();
  void send_batch(bool more);
  Result<void> note();
  Result<void> finish();

  Core& core_;
  Writer& writer_;
  Source source_;

  bool inside_ = false;  // it holds the writer
  std::deque<Slice> slices_;
  std::size_t waiting_bytes_ = 0;
  bool more_slices_ = false;
  std::optional<cbor::Reader> sets_;  // of the first slice, where it stands
  std::int64_t set_ = 0;              // the number of the current one
  bool in_set_ = false;               // it is begun
  bool on_row_ = false;               // and the statement stands on a row of it
  bool has_columns_ = false;
  std::vector<std::string> columns_;
  BatchBuilder batch_;
  Collected collected_;  // a writing one's, sent at the end
  std::int64_t changes_ = 0;
  std::int64_t changes_before_ = 0;  // of the connection, before the current set
  bool replied_ = false;
  std::uint64_t credit_ = 1;  // the reply itself may carry a batch
};

}  // namespace outboard
