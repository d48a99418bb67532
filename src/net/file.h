// File: a regular file, open for reading. What a response sends, piece by piece.
//
// Used on one thread at a time. Movable; closes the file when it goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "base/result.h"

namespace outboard::net {

class File {
 public:
  // Never waits (a FIFO is no regular file) and follows no symbolic link in the last name. Fails
  // with not_found, denied, or unavailable when the system has no file left to open.
  static Result<File> open(const std::filesystem::path& path);

  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  // As they were when it was opened.
  std::uint64_t size_bytes() const { return size_bytes_; }
  std::int64_t modified_ns() const { return modified_ns_; }
  std::uint64_t inode() const { return inode_; }

  // Reads on from where the last call ended. 0 means the end.
  Result<std::size_t> read(std::span<char> out);

 private:
  File() = default;

  int descriptor_ = -1;
  std::uint64_t size_bytes_ = 0;
  std::int64_t modified_ns_ = 0;
  std::uint64_t inode_ = 0;
};

}  // namespace outboard::net
