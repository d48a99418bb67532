#include <outboard/rows.hpp>

#include <algorithm>

#include "base/assert.h"
#include "base/bytes.h"
#include "client/row_blocks.h"

namespace outboard {

namespace detail {

Result<ByteView> RowBlocks::add(const std::shared_ptr<const Bytes>& message, ByteView tail) {
  auto batch = TRY(BatchView::read(tail));
  if (batch.columns() != first_column + statement.columns.size())
    return fail(Code::internal, "a batch has another number of columns than its result",
                "please report this");
  if (batch.rows() > 0) blocks.push_back({message, batch, rows});
  rows += batch.rows();
  return tail.subspan(batch.bytes());
}

Result<void> RowBlocks::add_all(const std::shared_ptr<const Bytes>& message, ByteView tail) {
  while (!tail.empty()) tail = TRY(add(message, tail));
  return {};
}

}  // namespace detail

namespace {
const detail::RowBlocks::Block& block_of(const detail::RowBlocks& blocks, std::size_t block) {
  return blocks.blocks[block];
}
}  // namespace

Kind Row::kind(std::size_t column) const {
  return block_of(*blocks_, block_).batch.kind(row_, blocks_->first_column + column);
}

Value Row::value(std::size_t column) const {
  return block_of(*blocks_, block_).batch.cell(row_, blocks_->first_column + column).to_value();
}

std::int64_t Row::integer(std::size_t column) const {
  return block_of(*blocks_, block_).batch.cell(row_, blocks_->first_column + column).integer;
}

double Row::real(std::size_t column) const {
  auto cell = block_of(*blocks_, block_).batch.cell(row_, blocks_->first_column + column);
  return cell.kind == Kind::integer ? static_cast<double>(cell.integer) : cell.real;
}

std::string_view Row::text(std::size_t column) const {
  auto cell = block_of(*blocks_, block_).batch.cell(row_, blocks_->first_column + column);
  return cell.kind == Kind::text ? text_of(cell.bytes) : std::string_view();
}

ByteView Row::blob(std::size_t column) const {
  auto cell = block_of(*blocks_, block_).batch.cell(row_, blocks_->first_column + column);
  return cell.kind == Kind::blob ? cell.bytes : ByteView();
}

std::size_t Row::index_of(std::string_view name) const {
  auto& names = blocks_->statement.columns;
  auto found = std::ranges::find(names, name);
  OB_ASSERT(found != names.end());
  return static_cast<std::size_t>(found - names.begin());
}

Rows::Rows() : blocks_(std::make_shared<const detail::RowBlocks>()) {}
Rows::Rows(std::shared_ptr<const detail::RowBlocks> blocks) : blocks_(std::move(blocks)) {}

std::size_t Rows::size() const { return blocks_->rows; }
const std::vector<std::string>& Rows::columns() const { return blocks_->statement.columns; }
std::int64_t Rows::changes() const { return blocks_->statement.changes; }
std::int64_t Rows::last_insert_rowid() const { return blocks_->statement.last_insert_rowid; }

Row Rows::operator[](std::size_t index) const {
  OB_ASSERT(index < size());
  auto& blocks = blocks_->blocks;
  auto after = std::ranges::upper_bound(blocks, index, {}, &detail::RowBlocks::Block::first_row);
  auto block = static_cast<std::size_t>(after - blocks.begin()) - 1;
  return Row(blocks_.get(), block, index - blocks[block].first_row);
}

}  // namespace outboard
