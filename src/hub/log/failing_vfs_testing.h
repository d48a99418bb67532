// A VFS of SQLite's that passes everything on to the system's, but for what a test wants to fail.
//
// For tests only; not part of the library. There is one; several threads may use it.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cstring>

namespace outboard::hub {

struct FailingVfs {
  static constexpr const char* name = "failing";
  static inline std::atomic<bool> disk_is_full = false;
  static inline std::atomic<bool> flush_fails = false;

  static void install() {
    static sqlite3_vfs ours = *sqlite3_vfs_find("unix");
    if (ours.xOpen == open) return;
    ours.zName = name;
    ours.pNext = nullptr;
    ours.szOsFile += static_cast<int>(sizeof(File));
    ours.xOpen = open;
    sqlite3_vfs_register(&ours, 0);
  }

 private:
  struct File {
    sqlite3_file base;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };

  static sqlite3_vfs* system() { return sqlite3_vfs_find("unix"); }
  static sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<File*>(file)->real(); }

  static int open(sqlite3_vfs*, sqlite3_filename path, sqlite3_file* file, int flags, int* out) {
    int code = system()->xOpen(system(), path, real(file), flags, out);
    file->pMethods = code == SQLITE_OK ? &methods() : nullptr;
    return code;
  }

  static int write(sqlite3_file* file, const void* data, int bytes, sqlite3_int64 at) {
    if (disk_is_full) return SQLITE_FULL;
    return real(file)->pMethods->xWrite(real(file), data, bytes, at);
  }
  static int sync(sqlite3_file* file, int flags) {
    if (flush_fails) return SQLITE_IOERR_FSYNC;
    return real(file)->pMethods->xSync(real(file), flags);
  }

  template <auto method, class... Arguments>
  static auto pass(sqlite3_file* file, Arguments... arguments) {
    return (real(file)->pMethods->*method)(real(file), arguments...);
  }

  static const sqlite3_io_methods& methods() {
    using M = sqlite3_io_methods;
    static const sqlite3_io_methods all = {
        .iVersion = 2,
        .xClose = pass<&M::xClose>,
        .xRead = pass<&M::xRead, void*, int, sqlite3_int64>,
        .xWrite = write,
        .xTruncate = pass<&M::xTruncate, sqlite3_int64>,
        .xSync = sync,
        .xFileSize = pass<&M::xFileSize, sqlite3_int64*>,
        .xLock = pass<&M::xLock, int>,
        .xUnlock = pass<&M::xUnlock, int>,
        .xCheckReservedLock = pass<&M::xCheckReservedLock, int*>,
        .xFileControl = pass<&M::xFileControl, int, void*>,
        .xSectorSize = pass<&M::xSectorSize>,
        .xDeviceCharacteristics = pass<&M::xDeviceCharacteristics>,
        .xShmMap = pass<&M::xShmMap, int, int, int, void volatile**>,
        .xShmLock = pass<&M::xShmLock, int, int, int>,
        .xShmBarrier = pass<&M::xShmBarrier>,
        .xShmUnmap = pass<&M::xShmUnmap, int>,
        .xFetch = nullptr,
        .xUnfetch = nullptr,
    };
    return all;
  }
};

}  // namespace outboard::hub
