// SQLite is built without a system of its own for WebAssembly (SQLITE_OS_OTHER), yet wants one VFS
// before any other: its databases in memory ask it for randomness and the time. This one opens no
// file.

#include <sqlite3.h>

#define OUTBOARD_IMPORT(name) __attribute__((import_module("outboard"), import_name(name)))

extern "C" {

OUTBOARD_IMPORT("wall_ms") double outboard_wall_ms();
OUTBOARD_IMPORT("random") void outboard_random(void* to, int bytes);

int sqlite3_os_init() {
  static sqlite3_vfs none = {
      .iVersion = 2,
      .szOsFile = sizeof(sqlite3_file),
      .mxPathname = 16,
      .pNext = nullptr,
      .zName = "none",
      .pAppData = nullptr,
      .xOpen = [](sqlite3_vfs*, sqlite3_filename, sqlite3_file*, int,
                  int*) { return SQLITE_CANTOPEN; },
      .xDelete = [](sqlite3_vfs*, const char*, int) { return SQLITE_OK; },
      .xAccess =
          [](sqlite3_vfs*, const char*, int, int* there) {
            *there = 0;
            return SQLITE_OK;
          },
      .xFullPathname =
          [](sqlite3_vfs*, const char* name, int size, char* out) {
            sqlite3_snprintf(size, out, "%s", name);
            return SQLITE_OK;
          },
      .xDlOpen = nullptr,
      .xDlError = nullptr,
      .xDlSym = nullptr,
      .xDlClose = nullptr,
      .xRandomness =
          [](sqlite3_vfs*, int bytes, char* out) {
            outboard_random(out, bytes);
            return bytes;
          },
      .xSleep = [](sqlite3_vfs*, int) { return 0; },
      .xCurrentTime =
          [](sqlite3_vfs*, double* julian_day) {
            *julian_day = 2440587.5 + outboard_wall_ms() / 86'400'000;
            return SQLITE_OK;
          },
      .xGetLastError = [](sqlite3_vfs*, int, char*) { return 0; },
      .xCurrentTimeInt64 =
          [](sqlite3_vfs*, sqlite3_int64* julian_ms) {
            *julian_ms = 210866760000000 + static_cast<sqlite3_int64>(outboard_wall_ms());
            return SQLITE_OK;
          },
      .xSetSystemCall = nullptr,
      .xGetSystemCall = nullptr,
      .xNextSystemCall = nullptr,
  };
  return sqlite3_vfs_register(&none, 1);
}

int sqlite3_os_end() { return SQLITE_OK; }
}
