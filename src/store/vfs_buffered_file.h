// BufferedFile: one file of a database behind a buffer that gathers adjacent writes, because a
// physical write costs about the same whatever its size (OPFS: 30 µs up to 64 KB).
//
// The buffer holds one run of bytes. It goes out when the next write does not continue or overlap
// it, when it is full, and by write_out(), sync() and truncate(). Reads see through it.
//
// When going out fails the bytes stay and are tried again: SQLite may already count on them. (After
// a partial checkpoint it takes pages for copied that nobody has synced yet; dropping them would
// lose rows once the WAL starts over.) Until it succeeds, writes that do not fit are refused.
//
// One thread. Shared by the connections that have the file open; `files` outlives it.
#pragma once

#include "store/files.h"

namespace outboard {

struct WriteBuffer {
  std::size_t bytes_max = 256u << 10;  // longer writes go straight to the file

  // A write up to so far behind the run joins it all the same, and what lies between is read from
  // the file and written once more. Only for files where that cannot do harm in a power cut.
  std::size_t gap_bytes_max = 0;
};

class BufferedFile {
 public:
  BufferedFile(Files& files, FileSlot slot, WriteBuffer buffer)
      : files_(files), slot_(slot), buffer_(buffer) {}
  BufferedFile(const BufferedFile&) = delete;
  BufferedFile& operator=(const BufferedFile&) = delete;
  virtual ~BufferedFile() = default;

  FileSlot slot() const { return slot_; }

  // As Files::read, of file and buffer together.
  FileCount read(std::uint64_t offset, std::span<std::uint8_t> out);

  // Takes all of `bytes`, or none and says why.
  virtual FileOutcome write(std::uint64_t offset, ByteView bytes);

  FileOutcome truncate(std::uint64_t size);

  // Brings the buffer to the file.
  FileOutcome write_out();

  // write_out(), and makes the file durable, unless nothing has changed since the last time.
  virtual FileOutcome sync();

  FileCount size();

 protected:
  // Forgets what is in the buffer, or the part of it that belongs at `offset` and behind.
  void discard() { pending_.clear(); }
  void discard_from(std::uint64_t offset);

 private:
  bool is_buffering() const { return !pending_.empty(); }
  std::uint64_t buffer_end() const { return offset_ + pending_.size(); }
  bool joins(std::uint64_t offset, std::size_t size);
  bool fill_gap(std::uint64_t until);

  Files& files_;
  FileSlot slot_;
  WriteBuffer buffer_;
  Bytes pending_;             // the run of bytes
  std::uint64_t offset_ = 0;  // where it belongs in the file
  bool is_unflushed_ = true;  // at first: by whoever had the file before
};

}  // namespace outboard
