// LogFile: the SQLite file in which a shard keeps its spaces (Y16), held for one hub alone.
//
//   space      a row each: where its log ends
//   entry      the logs, one behind the other in the order of their commits
//   replica    how far each has pushed, and to whom it belongs
//   rejection  verdicts of what was not stored, until they were heard
//
// Other processes may read it (backup, verify): its lock is a file beside it. Outlives its
// connections; any thread, one at a time.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"

namespace outboard::hub {

struct CloseDatabase {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

class LogFile {
 public:
  // Made if it is not there; its folder must be. Fails with busy (another hub has it), corrupt (it
  // is something else, or damaged), outdated (a newer hub made it), not_found, denied, unavailable.
  static Result<LogFile> open(const std::filesystem::path& file, const char* vfs = "unix");

  LogFile(LogFile&& from) noexcept;
  LogFile& operator=(LogFile&&) = delete;
  ~LogFile();

  // What is committed there is durable.
  Result<Database> connect_writer() const;
  Result<Database> connect_reader() const { return connect_reader(path_, vfs_); }

  // A file that may belong to a running hub. Nothing can be changed through it.
  static Result<Database> connect_reader(const std::filesystem::path& file,
                                         const char* vfs = "unix");

  const std::filesystem::path& path() const { return path_; }

 private:
  LogFile(std::filesystem::path path, const char* vfs, int lock)
      : path_(std::move(path)), vfs_(vfs), lock_(lock) {}

  std::filesystem::path path_;
  const char* vfs_;
  int lock_;  // a descriptor
};

}  // namespace outboard::hub
