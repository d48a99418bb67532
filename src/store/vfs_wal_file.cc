#include "store/vfs_wal_file.h"

#include <algorithm>

namespace outboard {

namespace {

constexpr std::size_t log_header_bytes = 32;
constexpr std::size_t frame_header_bytes = 24;

bool is_commit_header(ByteView bytes) {
  return bytes.size() == frame_header_bytes && (bytes[4] | bytes[5] | bytes[6] | bytes[7]) != 0;
}

// Nothing else in a WAL is as short: pages have at least 512 bytes.
bool is_header(ByteView bytes) { return bytes.size() <= log_header_bytes; }

}  // namespace

FileOutcome WalFile::write(std::uint64_t offset, ByteView bytes) {
  // A log that starts over, or goes on behind its last commit: another transaction.
  if (offset == 0 || (written_commit_ && offset > *written_commit_)) written_commit_.reset();
  if (is_header(bytes) && !written_commit_) discard_from(offset);

  std::optional<std::uint64_t> commit;  // the frame that this write completes
  if (is_commit_header(bytes)) {
    if (written_commit_ == offset) commit = offset;
    begun_commit_ = offset;
  } else {
    if (begun_commit_ && offset == *begun_commit_ + frame_header_bytes) commit = begun_commit_;
    begun_commit_.reset();
  }

  auto outcome = BufferedFile::write(offset, bytes);
  if (outcome == FileOutcome::ok && commit) outcome = write_out();
  if (outcome == FileOutcome::ok) {
    if (commit) written_commit_ = commit;
    return outcome;
  }

  std::uint64_t first = commit ? *commit : offset;
  if (written_commit_) first = std::min(first, *written_commit_);
  const bool may_be_there = commit || written_commit_;
  discard();
  begun_commit_.reset();
  written_commit_.reset();
  if (may_be_there) take_back(first);
  return outcome;
}

FileOutcome WalFile::sync() {
  const auto outcome = BufferedFile::sync();
  if (outcome != FileOutcome::ok) commit_fails();
  return outcome;
}

void WalFile::transaction_ends() {
  is_in_transaction_ = false;
  written_commit_.reset();
}

void WalFile::commit_fails() {
  if (!is_in_transaction_ || !written_commit_) return;
  take_back(*written_commit_);
  written_commit_.reset();
}

// Nobody reads what is behind: no snapshot reaches beyond the last commit that succeeded. If this
// fails as well, the next transaction writes over it.
void WalFile::take_back(std::uint64_t offset) {
  const auto now = size();
  if (now.outcome != FileOutcome::ok || now.bytes <= offset) return;
  if (truncate(offset) == FileOutcome::ok) (void)BufferedFile::sync();
}

}  // namespace outboard
