#include "store/vfs_handle.h"

#include <atomic>
#include <cstring>
#include <type_traits>

#include "base/assert.h"

namespace outboard {

namespace {

static_assert(std::is_standard_layout_v<VfsHandle>, "a pointer to `base` is one to the handle");

VfsHandle& handle_of(sqlite3_file* file) { return *reinterpret_cast<VfsHandle*>(file); }

int code_of(FileOutcome outcome, int if_failed) {
  switch (outcome) {
    case FileOutcome::ok: return SQLITE_OK;
    case FileOutcome::full: return SQLITE_FULL;
    case FileOutcome::failed: break;
  }
  return if_failed;
}

// What has to happen before this file is changed.
FileOutcome before_change(VfsHandle& handle) {
  const bool is_database = handle.file->slot() == FileSlot::database;
  return is_database ? handle.state->flush_removals() : FileOutcome::ok;
}

int close(sqlite3_file* file) {
  VfsHandle& handle = handle_of(file);
  VfsState& state = *handle.state;
  state.wal_index.unmap(handle.wal_index);
  state.lock.lower(handle.lock, SQLITE_LOCK_NONE);
  const bool is_temporary = handle.temporary >= 0;
  const auto outcome = is_temporary ? handle.file->truncate(0) : handle.file->write_out();
  if (is_temporary) {
    state.is_temporary_used[static_cast<std::size_t>(handle.temporary)] = false;
  }
  --state.handles;
  handle.~VfsHandle();
  return code_of(outcome, SQLITE_IOERR_CLOSE);
}

int read(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
  const std::span out(static_cast<std::uint8_t*>(to), static_cast<std::size_t>(size));
  const auto got = handle_of(file).file->read(static_cast<std::uint64_t>(offset), out);
  if (got.outcome != FileOutcome::ok) return SQLITE_IOERR_READ;
  const auto bytes = static_cast<std::size_t>(got.bytes);
  if (bytes == out.size()) return SQLITE_OK;
  std::memset(out.data() + bytes, 0, out.size() - bytes);
  return SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
  VfsHandle& handle = handle_of(file);
  const ByteView bytes(static_cast<const std::uint8_t*>(from), static_cast<std::size_t>(size));
  auto outcome = before_change(handle);
  if (outcome == FileOutcome::ok) {
    outcome = handle.file->write(static_cast<std::uint64_t>(offset), bytes);
  }
  return code_of(outcome, SQLITE_IOERR_WRITE);
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  VfsHandle& handle = handle_of(file);
  auto outcome = before_change(handle);
  if (outcome == FileOutcome::ok) {
    outcome = handle.file->truncate(static_cast<std::uint64_t>(size));
  }
  return code_of(outcome, SQLITE_IOERR_TRUNCATE);
}

int sync(sqlite3_file* file, int) {
  return code_of(handle_of(file).file->sync(), SQLITE_IOERR_FSYNC);
}

int file_size(sqlite3_file* file, sqlite3_int64* out) {
  const auto size = handle_of(file).file->size();
  *out = static_cast<sqlite3_int64>(size.bytes);
  return code_of(size.outcome, SQLITE_IOERR_FSTAT);
}

int lock(sqlite3_file* file, int level) {
  VfsHandle& handle = handle_of(file);
  return handle.state->lock.raise(handle.lock, level);
}

int unlock(sqlite3_file* file, int level) {
  VfsHandle& handle = handle_of(file);
  handle.state->lock.lower(handle.lock, level);
  return SQLITE_OK;
}

int check_reserved_lock(sqlite3_file* file, int* out) {
  *out = handle_of(file).state->lock.is_reserved() ? 1 : 0;
  return SQLITE_OK;
}

int file_control(sqlite3_file* file, int operation, void*) {
  // Comes before each sync of the database, and in place of it with synchronous=OFF.
  if (operation == SQLITE_FCNTL_SYNC) {
    return code_of(handle_of(file).file->write_out(), SQLITE_IOERR_WRITE);
  }
  return SQLITE_NOTFOUND;
}

int sector_size(sqlite3_file*) { return 4096; }

// OPFS files are files of the system beneath: a torn write leaves its neighbours alone, as SQLite
// assumes everywhere. That a file grows only after its new bytes are in (SAFE_APPEND), or that
// writes arrive in order (SEQUENTIAL), nobody promises.
int device_characteristics(sqlite3_file*) {
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_SUBPAGE_READ;
}

int shm_map(sqlite3_file* file, int region, int region_bytes, int extend, void volatile** out) {
  VfsHandle& handle = handle_of(file);
  VfsState& state = *handle.state;
  const int code = state.wal_index.map(handle.wal_index, region, region_bytes, extend, out);
  if (code != SQLITE_OK) {
    if (auto wal = state.wal.lock()) wal->commit_fails();
  }
  return code;
}

int shm_lock(sqlite3_file* file, int first, int count, int flags) {
  VfsHandle& handle = handle_of(file);
  VfsState& state = *handle.state;
  const int code = state.wal_index.lock(handle.wal_index, first, count, flags);
  if (code == SQLITE_OK && first == WalIndex::writer_lock && (flags & SQLITE_SHM_EXCLUSIVE) != 0) {
    if (auto wal = state.wal.lock()) {
      if ((flags & SQLITE_SHM_LOCK) != 0)
        wal->transaction_begins();
      else
        wal->transaction_ends();
    }
  }
  return code;
}

void shm_barrier(sqlite3_file*) { std::atomic_signal_fence(std::memory_order_seq_cst); }

int shm_unmap(sqlite3_file* file, int) {
  VfsHandle& handle = handle_of(file);
  handle.state->wal_index.unmap(handle.wal_index);
  return SQLITE_OK;
}

constexpr sqlite3_io_methods io_methods = {
    .iVersion = 2,
    .xClose = close,
    .xRead = read,
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = sync,
    .xFileSize = file_size,
    .xLock = lock,
    .xUnlock = unlock,
    .xCheckReservedLock = check_reserved_lock,
    .xFileControl = file_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = device_characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

}  // namespace

FileOutcome VfsState::flush_removals() {
  for (const auto slot : {FileSlot::wal, FileSlot::journal}) {
    bool& is_unflushed = is_removal_unflushed[static_cast<std::size_t>(slot)];
    if (!is_unflushed) continue;
    if (auto outcome = files.flush(slot); outcome != FileOutcome::ok) return outcome;
    is_unflushed = false;
  }
  return FileOutcome::ok;
}

const sqlite3_io_methods* vfs_handle_methods() { return &io_methods; }

}  // namespace outboard
