// MemoryFiles: the files of one database on the heap, up to a limit in bytes that they share.
//
// Used on one thread. What is in them goes with the object; a Vfs over it may come and go.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "store/files.h"

namespace outboard {

class MemoryFiles final : public Files {
 public:
  // Memory is taken in chunks of this size, so that growing never copies.
  static constexpr std::size_t chunk_bytes = 64u << 10;

  // `bytes_max` is rounded down to whole chunks; beyond it a write ends as `full`.
  explicit MemoryFiles(std::uint64_t bytes_max) : chunks_left_(bytes_max / chunk_bytes) {}

  FileCount read(FileSlot slot, std::uint64_t offset, std::span<std::uint8_t> out) override;
  FileOutcome write(FileSlot slot, std::uint64_t offset, ByteView bytes) override;
  FileOutcome truncate(FileSlot slot, std::uint64_t size) override;
  FileOutcome flush(FileSlot) override { return FileOutcome::ok; }
  FileCount size(FileSlot slot) override { return {FileOutcome::ok, file(slot).size}; }

 private:
  using Chunk = std::unique_ptr<std::uint8_t[]>;
  struct File {
    std::vector<Chunk> chunks;  // zero beyond `size`
    std::uint64_t size = 0;
  };

  File& file(FileSlot slot) { return files_[static_cast<std::size_t>(slot)]; }
  bool reserve(File& file, std::uint64_t size);

  std::array<File, file_slots> files_;
  std::uint64_t chunks_left_;
};

}  // namespace outboard
