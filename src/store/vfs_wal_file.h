// WalFile: the write-ahead log behind a buffer, so that a commit costs one physical write and yet
// no commit is acknowledged while it is only in the buffer (rule H12).
//
// SQLite writes a frame as a header of 24 bytes and then its page; a header that gives a database
// size (bytes 4 to 7) makes it the last of a commit. The write of that page brings the whole
// buffer to the file, and its failure is the failure of COMMIT. If the transaction had written
// a page twice, SQLite goes on to write all headers of it anew: then the second header of the
// commit frame completes the commit and brings out the buffer again.
//
// So the buffer never holds more than the uncommitted part of one transaction:
//  - a frame header that is not written anew ends the log: what the buffer has from there on
//    is left from a rollback, and is dropped;
//  - when a write fails, SQLite rolls that transaction back, and the buffer is dropped;
//  - when a sync fails, which a checkpoint on another connection may have asked for, it is kept.
// Where a COMMIT fails although its last frame may have reached the file, the file is cut before
// that frame: otherwise the next one to open it would find the commit there.
//
// One thread. Shared by the connections that have the file open.
#pragma once

#include <optional>

#include "store/vfs_buffered_file.h"

namespace outboard {

class WalFile final : public BufferedFile {
 public:
  // SQLite leaves a page between the headers that it writes anew.
  static constexpr std::size_t gap_bytes_max = 64u << 10;

  WalFile(Files& files, std::size_t buffer_bytes_max)
      : BufferedFile(files, FileSlot::wal, {buffer_bytes_max, gap_bytes_max}) {}

  FileOutcome write(std::uint64_t offset, ByteView bytes) override;
  FileOutcome sync() override;

  // A connection has become the one that writes, or no longer is. In between a failure is known
  // to be that of its COMMIT.
  void transaction_begins() { is_in_transaction_ = true; }
  void transaction_ends();

  // COMMIT fails for another reason after its frames were written.
  void commit_fails();

 private:
  void take_back(std::uint64_t offset);

  // Where the frame with the mark of a commit begins: of which the header is written and the page
  // is not, and of which both are.
  std::optional<std::uint64_t> begun_commit_;
  std::optional<std::uint64_t> written_commit_;
  bool is_in_transaction_ = false;
};

}  // namespace outboard
