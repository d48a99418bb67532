#include "store/opfs_files_wasm.h"

#define OUTBOARD_IMPORT(name) __attribute__((import_module("outboard"), import_name(name)))

extern "C" {

// Offsets and sizes are doubles, JavaScript's numbers: exact up to 2^53.
OUTBOARD_IMPORT("file_read") int outboard_file_read(int slot, void* to, int size, double offset);
OUTBOARD_IMPORT("file_write")
int outboard_file_write(int slot, const void* from, int size, double offset);
OUTBOARD_IMPORT("file_truncate") int outboard_file_truncate(int slot, double size);
OUTBOARD_IMPORT("file_flush") int outboard_file_flush(int slot);
OUTBOARD_IMPORT("file_size") double outboard_file_size(int slot);
}

namespace outboard {

namespace {

constexpr int no_space = -2;

FileOutcome outcome_of(double code) {
  if (code >= 0) return FileOutcome::ok;
  return code == no_space ? FileOutcome::full : FileOutcome::failed;
}

FileCount count_of(double code) {
  if (code >= 0) return {FileOutcome::ok, static_cast<std::uint64_t>(code)};
  return {outcome_of(code), 0};
}

}  // namespace

FileCount OpfsFiles::read(FileSlot slot, std::uint64_t offset, std::span<std::uint8_t> out) {
  return count_of(outboard_file_read(static_cast<int>(slot), out.data(),
                                     static_cast<int>(out.size()), static_cast<double>(offset)));
}

FileOutcome OpfsFiles::write(FileSlot slot, std::uint64_t offset, ByteView bytes) {
  const int size = static_cast<int>(bytes.size());
  const int wrote =
      outboard_file_write(static_cast<int>(slot), bytes.data(), size, static_cast<double>(offset));
  if (wrote >= 0 && wrote < size) return FileOutcome::full;
  return outcome_of(wrote);
}

FileOutcome OpfsFiles::truncate(FileSlot slot, std::uint64_t size) {
  return outcome_of(outboard_file_truncate(static_cast<int>(slot), static_cast<double>(size)));
}

FileOutcome OpfsFiles::flush(FileSlot slot) {
  return outcome_of(outboard_file_flush(static_cast<int>(slot)));
}

FileCount OpfsFiles::size(FileSlot slot) {
  return count_of(outboard_file_size(static_cast<int>(slot)));
}

}  // namespace outboard
