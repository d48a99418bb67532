#include "store/memory_files.h"

#include <gtest/gtest.h>

namespace outboard {
namespace {

constexpr auto slot = FileSlot::database;

Bytes read_all(MemoryFiles& files, FileSlot from) {
  Bytes out(files.size(from).bytes + 10);
  out.resize(files.read(from, 0, out).bytes);
  return out;
}

TEST(MemoryFiles, reads_back_across_chunks) {
  MemoryFiles files(1 << 20);
  Bytes bytes(200'000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 31 >> 3);
  ASSERT_EQ(files.write(slot, 5, bytes), FileOutcome::ok);
  bytes.insert(bytes.begin(), 5, 0);
  EXPECT_EQ(read_all(files, slot), bytes);
  EXPECT_EQ(files.size(FileSlot::wal).bytes, 0u);
}

TEST(MemoryFiles, what_was_cut_off_reads_as_zeros_when_the_file_grows_again) {
  MemoryFiles files(1 << 20);
  ASSERT_EQ(files.write(slot, 0, Bytes(100, 7)), FileOutcome::ok);
  ASSERT_EQ(files.truncate(slot, 10), FileOutcome::ok);
  ASSERT_EQ(files.truncate(slot, 12), FileOutcome::ok);
  Bytes expected(12, 7);
  expected[10] = expected[11] = 0;
  EXPECT_EQ(read_all(files, slot), expected);
}

TEST(MemoryFiles, the_limit_is_shared_and_space_comes_back) {
  MemoryFiles files(2 * MemoryFiles::chunk_bytes);
  const Bytes chunk(MemoryFiles::chunk_bytes, 1);
  ASSERT_EQ(files.write(slot, 0, chunk), FileOutcome::ok);
  ASSERT_EQ(files.write(FileSlot::wal, 0, chunk), FileOutcome::ok);
  EXPECT_EQ(files.write(slot, chunk.size(), Bytes(1, 1)), FileOutcome::full);
  EXPECT_EQ(files.write(slot, 1ull << 60, Bytes(1, 1)), FileOutcome::full);
  EXPECT_EQ(files.truncate(slot, chunk.size() + 1), FileOutcome::full);
  EXPECT_EQ(files.size(slot).bytes, chunk.size());
  ASSERT_EQ(files.truncate(FileSlot::wal, 0), FileOutcome::ok);
  EXPECT_EQ(files.write(slot, chunk.size(), Bytes(1, 1)), FileOutcome::ok);
}

}  // namespace
}  // namespace outboard
