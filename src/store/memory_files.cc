#include "store/memory_files.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace outboard {

namespace {

// Calls visit(chunk index, place in the chunk, place in the range, bytes) for each piece.
template <class Visit>
void for_each_piece(std::uint64_t offset, std::size_t size, Visit visit) {
  for (std::size_t done = 0; done < size;) {
    auto chunk = static_cast<std::size_t>((offset + done) / MemoryFiles::chunk_bytes);
    auto at = static_cast<std::size_t>((offset + done) % MemoryFiles::chunk_bytes);
    auto bytes = std::min(size - done, MemoryFiles::chunk_bytes - at);
    visit(chunk, at, done, bytes);
    done += bytes;
  }
}

}  // namespace

FileCount MemoryFiles::read(FileSlot slot, std::uint64_t offset, std::span<std::uint8_t> out) {
  const File& from = file(slot);
  if (offset >= from.size) return {};
  auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), from.size - offset));
  for_each_piece(offset, bytes, [&](auto chunk, auto at, auto done, auto piece) {
    std::memcpy(out.data() + done, from.chunks[chunk].get() + at, piece);
  });
  return {FileOutcome::ok, bytes};
}

FileOutcome MemoryFiles::write(FileSlot slot, std::uint64_t offset, ByteView bytes) {
  File& to = file(slot);
  const std::uint64_t end = offset + bytes.size();
  if (!reserve(to, end)) return FileOutcome::full;
  for_each_piece(offset, bytes.size(), [&](auto chunk, auto at, auto done, auto piece) {
    std::memcpy(to.chunks[chunk].get() + at, bytes.data() + done, piece);
  });
  to.size = std::max(to.size, end);
  return FileOutcome::ok;
}

FileOutcome MemoryFiles::truncate(FileSlot slot, std::uint64_t size) {
  File& cut = file(slot);
  if (size > cut.size) {
    if (!reserve(cut, size)) return FileOutcome::full;
  } else {
    const std::uint64_t chunks = (size + chunk_bytes - 1) / chunk_bytes;
    chunks_left_ += cut.chunks.size() - chunks;
    cut.chunks.resize(static_cast<std::size_t>(chunks));
    if (auto used = static_cast<std::size_t>(size % chunk_bytes); used != 0) {
      std::memset(cut.chunks.back().get() + used, 0, chunk_bytes - used);
    }
  }
  cut.size = size;
  return FileOutcome::ok;
}

// Sees to it that `file` has chunks for `size` bytes. Nothing has changed where it says no.
bool MemoryFiles::reserve(File& file, std::uint64_t size) {
  const std::uint64_t chunks = size / chunk_bytes + (size % chunk_bytes != 0 ? 1 : 0);
  const std::size_t before = file.chunks.size();
  if (chunks <= before) return true;
  if (chunks - before > chunks_left_) return false;
  for (auto missing = chunks - before; missing > 0; --missing) {
    Chunk chunk(new (std::nothrow) std::uint8_t[chunk_bytes]());
    if (chunk == nullptr) {
      file.chunks.resize(before);
      return false;
    }
    file.chunks.push_back(std::move(chunk));
  }
  chunks_left_ -= chunks - before;
  return true;
}

}  // namespace outboard
