// SavedFile: a plain SQLite file that is read once, and replaced as a whole by each save.
//
// It is held as SQLite holds files, by a lock on the same bytes: whoever opens it meanwhile, as a
// file or as this, gets `busy`. Engine's thread.
#pragma once

#include <memory>
#include <string>

#include "store/files.h"
#include "store/save_target.h"

namespace outboard {

class SavedFile : public SaveTarget {
 public:
  // Makes an empty file if there is none. Fails with busy, denied, unavailable; conflict if a log
  // lies beside it that belongs to it.
  static Result<std::unique_ptr<SavedFile>> open(const std::string& path);
  ~SavedFile() override;

  // All of it into that slot. Fails with too_large if there is no room for it.
  Result<void> load(Files& files, FileSlot slot);

  Result<void> begin() override;
  Result<void> append(ByteView bytes) override;
  Result<void> finish() override;
  void abandon() override;

 private:
  explicit SavedFile(std::string path) : path_(std::move(path)), beside_(path_ + "-saving") {}

  Result<void> write_failed();

  const std::string path_;
  const std::string beside_;
  int held_ = -1;    // the file that is there, locked
  int saving_ = -1;  // the one that is to take its place
};

}  // namespace outboard
