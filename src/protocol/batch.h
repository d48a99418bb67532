// Batches: rows as columns in one aligned block (rule H2; docs/protocol.md, "Batches").
//
// BatchBuilder gathers cells row by row and writes a block; it keeps its memory for the next one.
// BatchView reads a block that it does not own, after checking that every offset in it is sound.
#pragma once

#include <vector>

#include <outboard/value.hpp>
#include "base/cbor.h"
#include "base/result.h"

namespace outboard {

// What the cells of one column have in common. The numbers reach the wire: do not change them.
enum class ColumnForm : std::uint8_t {
  null = 0,
  integer = 1,
  real = 2,
  text = 3,
  blob = 4,
  mixed = 5
};

class BatchBuilder {
 public:
  // Empties it for rows of that many cells.
  void start(std::size_t columns);

  // The cells of a row, from left to right: each column once, then the next row.
  void null(std::size_t column) { cell(column, Kind::null); }
  void integer(std::size_t column, std::int64_t value);
  void real(std::size_t column, double value);
  void text(std::size_t column, std::string_view value);
  void blob(std::size_t column, ByteView value);
  void end_row() { ++rows_; }

  std::size_t rows() const { return rows_; }

  // About as many as finish() will write, and never much less.
  std::size_t bytes() const { return bytes_; }

  // Appends the block to `out`, whose size is a multiple of 8.
  void finish(Bytes& out) const;

 private:
  struct Column {
    ColumnForm form = ColumnForm::null;
    std::vector<Kind> tags;
    std::vector<std::uint64_t> numbers;
    std::vector<std::uint32_t> text_ends;
    std::vector<std::uint32_t> blob_ends;
    Bytes text;
    Bytes blob;
    bool has_text = false, has_blob = false, has_numbers = false;
  };

  Column& cell(std::size_t column, Kind kind);
  void mix(Column& column);
  static void finish_column(const Column& column, std::size_t rows, Bytes& out,
                            std::size_t batch_at, std::size_t descriptor_at);

  std::vector<Column> columns_;
  std::size_t columns_count_ = 0;
  std::size_t rows_ = 0;
  std::size_t bytes_ = 0;
};

class BatchView {
 public:
  BatchView() = default;

  // The batch at the beginning of `tail`; bytes() says where the next one begins.
  static Result<BatchView> read(ByteView tail);

  std::size_t bytes() const { return block_.size(); }
  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }

  // REQUIRES: row < rows(), column < columns().
  Kind kind(std::size_t row, std::size_t column) const;
  ValueView cell(std::size_t row, std::size_t column) const;

  // The blob heap of a column: of a column of blobs, their bytes end to end. REQUIRES: column <
  // columns().
  ByteView blob_heap(std::size_t column) const;

 private:
  const std::uint8_t* descriptor(std::size_t column) const;
  std::uint32_t field(std::size_t column, std::size_t at) const;
  ByteView slice(std::size_t row, std::size_t column, std::size_t ends_field,
                 std::size_t heap_field) const;

  ByteView block_;
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
};

}  // namespace outboard
