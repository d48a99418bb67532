// RowBlocks: what stands behind Rows: batches as they arrived, and the messages they lie in.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/connection.h"
#include "protocol/batch.h"
#include "protocol/reply.h"

namespace outboard::detail {

struct RowBlocks {
  struct Block {
    std::shared_ptr<const Bytes> message;
    BatchView batch;
    std::size_t first_row;
  };

  reply::Statement statement;
  std::size_t first_column = 0;  // cells before it are not the statement's
  std::vector<Block> blocks;
  std::size_t rows = 0;

  // Takes one batch of the tail; returns what follows it.
  Result<ByteView> add(const std::shared_ptr<const Bytes>& message, ByteView tail);
  Result<void> add_all(const std::shared_ptr<const Bytes>& message, ByteView tail);
};

}  // namespace outboard::detail
