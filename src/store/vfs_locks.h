// The locks that connections to one database hold against each other. All of them live on one
// thread and no other process can have the files, so a lock is a few bytes on the heap, and one
// that cannot be had now is busy at once.
//
// One thread. Outlives the connections.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <sqlite3.h>

namespace outboard {

// The lock of the database file: none, shared, reserved, pending, exclusive, as SQLite counts
// them. In WAL mode everybody keeps it shared; it matters while a database is made, and in closing.
class DatabaseLock {
 public:
  struct Holder {
    int level = SQLITE_LOCK_NONE;
  };

  // Raises the lock of `holder` to `level` and returns SQLITE_OK, or SQLITE_BUSY.
  int raise(Holder& holder, int level);
  void lower(Holder& holder, int level);
  bool is_reserved() const { return reserved_ != nullptr || pending_ != nullptr; }

 private:
  int shared_ = 0;
  const Holder* reserved_ = nullptr;
  const Holder* pending_ = nullptr;  // on its way to exclusive, or there
};

// The wal-index (rule H5): what SQLite would keep in a memory-mapped file, on the heap, and its
// eight locks. Goes with its last connection; whoever comes next makes it anew out of the WAL.
class WalIndex {
 public:
  static constexpr int writer_lock = 0;
  static constexpr int regions_max = 4096;  // of 4,096 frames each: a WAL of 64 GiB

  struct Holder {
    bool is_mapped = false;
    std::uint8_t shared = 0;  // bit i: lock i
    std::uint8_t exclusive = 0;
  };

  WalIndex() = default;
  WalIndex(const WalIndex&) = delete;
  WalIndex& operator=(const WalIndex&) = delete;
  ~WalIndex() { clear(); }

  // The four methods of an sqlite3_file; results and flags are SQLite's own.
  int map(Holder& holder, int region, int region_bytes, int extend, void volatile** out);
  int lock(Holder& holder, int first, int count, int flags);
  void unmap(Holder& holder);

 private:
  bool is_free(const Holder& holder, int lock, bool for_exclusive) const;
  void clear();

  std::vector<void*> regions_;
  std::array<int, SQLITE_SHM_NLOCK> shared_{};
  std::array<const Holder*, SQLITE_SHM_NLOCK> exclusive_{};
  int holders_ = 0;
};

}  // namespace outboard
