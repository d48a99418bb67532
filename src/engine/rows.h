// From a statement's rows to batches.
#pragma once

#include <vector>

#include "engine/core.h"

namespace outboard {

// Appends the row that the statement stands on. `first` cells of the row are the caller's. Fails
// with too_large once the batch has become larger than a frame may be.
Result<void> append_row(Statement& statement, BatchBuilder& batch, std::size_t first = 0);

// The names of its columns. Fails with too_large if all of them are longer than a script may be.
Result<std::vector<std::string>> names_of_columns(const Statement& statement);

// When a batch is full.
struct BatchLimit {
  std::size_t bytes = limits::batch_bytes;
  std::uint64_t rows = 0;  // 0: no limit
};
bool is_full(const BatchBuilder& batch, const BatchLimit& limit);

// Batches that are collected to leave together.
class Collected {
 public:
  // Closes the builder's batch and starts the next.
  Result<void> take(BatchBuilder& batch, std::size_t columns);
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

// A whole result as one batch, as `batch` wants it.
inline constexpr BatchLimit one_batch{.bytes = limits::reply_bytes_max};

// Runs a bound statement to its end and collects what it returns, as one batch at least if it has
// columns. Fails with too_large beyond limits::reply_bytes_max.
struct Ran {
  reply::Statement statement;
  Collected rows;

  // About as many as the reply has for it.
  std::size_t bytes() const;
};
Result<Ran> run_to_end(Connection& connection, Statement& statement, BatchBuilder& batch,
                       const BatchLimit& limit);

}  // namespace outboard
