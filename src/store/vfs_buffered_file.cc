#include "store/vfs_buffered_file.h"

#include <algorithm>
#include <cstring>

namespace outboard {

FileCount BufferedFile::read(std::uint64_t offset, std::span<std::uint8_t> out) {
  const std::uint64_t end = offset + out.size();
  if (!is_buffering() || offset >= buffer_end()) return files_.read(slot_, offset, out);

  FileCount got;
  if (offset < offset_ || end > buffer_end()) {
    got = files_.read(slot_, offset, out);
    if (got.outcome != FileOutcome::ok) return got;
  }
  // The file is at least as long as the buffer reaches; a gap before it reads as zeros.
  const auto reach = static_cast<std::size_t>(std::min(end, buffer_end()) - offset);
  if (got.bytes < reach) {
    std::memset(out.data() + got.bytes, 0, reach - static_cast<std::size_t>(got.bytes));
    got.bytes = reach;
  }
  if (end > offset_) {
    const std::uint64_t from = std::max(offset, offset_);
    std::memcpy(out.data() + (from - offset), pending_.data() + (from - offset_),
                static_cast<std::size_t>(std::min(end, buffer_end()) - from));
  }
  return got;
}

FileOutcome BufferedFile::write(std::uint64_t offset, ByteView bytes) {
  if (is_buffering() && !joins(offset, bytes.size())) {
    if (auto outcome = write_out(); outcome != FileOutcome::ok) return outcome;
  }
  if (bytes.size() > buffer_.bytes_max) {
    is_unflushed_ = true;
    return files_.write(slot_, offset, bytes);
  }
  if (!is_buffering()) offset_ = offset;
  const auto at = static_cast<std::size_t>(offset - offset_);
  if (pending_.size() < at + bytes.size()) pending_.resize(at + bytes.size());
  std::memcpy(pending_.data() + at, bytes.data(), bytes.size());
  return FileOutcome::ok;
}

bool BufferedFile::joins(std::uint64_t offset, std::size_t size) {
  if (offset < offset_ || offset + size > offset_ + buffer_.bytes_max) return false;
  return offset <= buffer_end() ||
         (offset - buffer_end() <= buffer_.gap_bytes_max && fill_gap(offset));
}

// Continues the buffer up to `until` with what the file holds there.
bool BufferedFile::fill_gap(std::uint64_t until) {
  const std::size_t had = pending_.size();
  const auto gap = static_cast<std::size_t>(until - buffer_end());
  const std::uint64_t from = buffer_end();
  pending_.resize(had + gap);
  const auto got = files_.read(slot_, from, std::span(pending_).subspan(had));
  if (got.outcome == FileOutcome::ok && got.bytes == gap) return true;
  pending_.resize(had);
  return false;
}

FileOutcome BufferedFile::write_out() {
  if (!is_buffering()) return FileOutcome::ok;
  is_unflushed_ = true;
  const auto outcome = files_.write(slot_, offset_, pending_);
  if (outcome == FileOutcome::ok) discard();
  return outcome;
}

FileOutcome BufferedFile::sync() {
  if (auto outcome = write_out(); outcome != FileOutcome::ok) return outcome;
  if (!is_unflushed_) return FileOutcome::ok;
  const auto outcome = files_.flush(slot_);
  if (outcome == FileOutcome::ok) is_unflushed_ = false;
  return outcome;
}

FileOutcome BufferedFile::truncate(std::uint64_t size) {
  discard_from(size);
  if (auto outcome = write_out(); outcome != FileOutcome::ok) return outcome;
  const auto now = files_.size(slot_);
  if (now.outcome != FileOutcome::ok || now.bytes == size) return now.outcome;
  is_unflushed_ = true;
  return files_.truncate(slot_, size);
}

void BufferedFile::discard_from(std::uint64_t offset) {
  if (!is_buffering() || offset >= buffer_end()) return;
  pending_.resize(offset > offset_ ? static_cast<std::size_t>(offset - offset_) : 0);
}

FileCount BufferedFile::size() {
  auto now = files_.size(slot_);
  if (is_buffering()) now.bytes = std::max(now.bytes, buffer_end());
  return now;
}

}  // namespace outboard
