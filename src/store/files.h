// Files: the plain files of one database, by slot. What a Vfs stands on, and the whole of what a
// host has to bring: in a browser OPFS, in memory a heap, in tests a disk that fails.
//
// Used on the engine's thread only. Outlives the Vfs over it. The files outlive both, or not: that
// is the business of whoever implements them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <outboard/value.hpp>

namespace outboard {

// The numbers reach the host (imports of the module): do not change them.
enum class FileSlot : int { database = 0, wal = 1, journal = 2, scratch = 3 /* first of them */ };

inline constexpr int scratch_slots = 8;
inline constexpr int file_slots = 3 + scratch_slots;

constexpr FileSlot scratch_slot(int index) {
  return static_cast<FileSlot>(static_cast<int>(FileSlot::scratch) + index);
}

enum class FileOutcome {
  ok,
  full,    // no space is left, or the limit is reached
  failed,  // anything else
};

struct FileCount {
  FileOutcome outcome = FileOutcome::ok;
  std::uint64_t bytes = 0;
};

class Files {
 public:
  virtual ~Files() = default;

  // Fills `out` from `offset` on. Fewer bytes than asked for, only at the end of the file.
  virtual FileCount read(FileSlot slot, std::uint64_t offset, std::span<std::uint8_t> out) = 0;

  // Writes all of `bytes`, growing the file as needed (a gap reads as zeros). On failure any part
  // of them may have been written; no byte outside of them has changed.
  virtual FileOutcome write(FileSlot slot, std::uint64_t offset, ByteView bytes) = 0;

  // Makes the file that long, by cutting or by adding zeros.
  virtual FileOutcome truncate(FileSlot slot, std::uint64_t size) = 0;

  // Makes durable what was written and truncated so far: it survives a power cut.
  virtual FileOutcome flush(FileSlot slot) = 0;

  virtual FileCount size(FileSlot slot) = 0;
};

}  // namespace outboard
