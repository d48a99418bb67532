// Vfs: how SQLite reaches the files of one database. Used for OPFS in the browser and for databases
// in memory everywhere.
//
//   MemoryFiles files(64 << 20);
//   Vfs vfs(files, platform);
//   sqlite3_open_v2("db", &connection, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs.name());
//
// The database is called "db"; next to it SQLite opens "db-wal", "db-journal" and temporary files.
// One connection may write and several read (rule H5), all of them on the Vfs's own thread: they
// share the files, the locks and the wal-index, which is on the heap. Nothing waits for a lock;
// what is held by another connection is SQLITE_BUSY.
//
// Files are plain (rule H12): what is in a slot is what SQLite put there. What it promises:
//  - a commit in WAL mode is one physical write, which has been made when COMMIT returns; with
//    synchronous=FULL, or after sync on the file of SQLITE_FCNTL_JOURNAL_POINTER (rule H11), it
//    survives a power cut;
//  - no space (SQLITE_FULL) and failures (SQLITE_IOERR_*) end the statement or the COMMIT in
//    which they happen, as if it had not been, and the connection goes on.
//
// Outlives its connections; the files and the platform outlive it. One thread; Vfses on several
// threads know nothing of each other.
#pragma once

#include <cstddef>
#include <memory>

#include "base/platform.h"
#include "store/files.h"

namespace outboard {

struct VfsOptions {
  std::size_t write_buffer_bytes = 256u << 10;   // of the database, the WAL and the journal each
  std::size_t scratch_buffer_bytes = 64u << 10;  // of each temporary file

  // Temporary files beyond the scratch slots live on the heap, up to this size together. There are
  // at most 19 in all.
  std::size_t overflow_bytes_max = 16u << 20;
};

struct VfsState;

class Vfs {
 public:
  // Registers it with SQLite, not as the default.
  Vfs(Files& files, Platform& platform, VfsOptions options = {});
  Vfs(const Vfs&) = delete;
  Vfs& operator=(const Vfs&) = delete;

  // REQUIRES: all connections are closed.
  ~Vfs();

  // What sqlite3_open_v2 takes. Unique while this Vfs lives.
  const char* name() const;

 private:
  std::unique_ptr<VfsState> state_;
};

}  // namespace outboard
