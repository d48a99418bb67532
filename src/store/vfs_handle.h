// VfsHandle: a file as one connection has it open; and VfsState: what the connections of one Vfs
// share. SQLite calls both through tables of C functions.
//
// A handle lives in memory that SQLite gives, from xOpen to xClose. One thread.
#pragma once

#include <array>
#include <memory>
#include <string>

#include <sqlite3.h>

#include "store/memory_files.h"
#include "store/vfs.h"
#include "store/vfs_locks.h"
#include "store/vfs_wal_file.h"

namespace outboard {

struct VfsState {
  VfsState(Files& its_files, Platform& its_platform, VfsOptions its_options)
      : files(its_files),
        platform(its_platform),
        options(its_options),
        overflow(its_options.overflow_bytes_max) {}

  Files& files;
  Platform& platform;
  VfsOptions options;
  std::string name;
  sqlite3_vfs methods{};

  DatabaseLock lock;
  WalIndex wal_index;

  // Open files, one each however many connections have it open.
  std::weak_ptr<BufferedFile> database;
  std::weak_ptr<WalFile> wal;
  std::weak_ptr<BufferedFile> journal;

  // Temporary files: in the scratch slots, then in any slot of `overflow`.
  std::array<bool, scratch_slots + file_slots> is_temporary_used{};
  MemoryFiles overflow;

  // A journal or WAL that was emptied, but maybe not for good: here, or by whoever had the files
  // before. A power cut could bring it back, to be played over a database that has gone on.
  std::array<bool, 3> is_removal_unflushed{false, true, true};

  // Makes sure that it cannot. Comes before each change of the database file.
  FileOutcome flush_removals();

  int handles = 0;
};

struct VfsHandle {
  sqlite3_file base{};  // first: SQLite sees only this
  VfsState* state = nullptr;
  std::shared_ptr<BufferedFile> file;
  int temporary = -1;  // which temporary file it is, if it is one
  DatabaseLock::Holder lock;
  WalIndex::Holder wal_index;
};

// The methods of a handle, for its `base`.
const sqlite3_io_methods* vfs_handle_methods();

}  // namespace outboard
