// LogWriter: what is to be appended goes to a thread of its own, which waits for the disk.
//
// Made, told and asked on the shard's thread; `ended` is called on its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "hub/log/log_file.h"
#include "hub/log/query.h"
#include "hub/space/log.h"

namespace outboard::hub {

class LogWriter {
 public:
  // `ended` says that take_outcome() has something; it must be quick.
  LogWriter(Database db, std::function<void()> ended);

  // Waits for what is under way.
  ~LogWriter();

  Result<SpaceState> create(const std::string& name, const Epoch& epoch);

  // `group` must stay until the outcome was taken.
  // REQUIRES: nothing is under way.
  void append(const Group& group);

  // What became of it; none while it is under way. Told once.
  std::optional<Appended> take_outcome();

 private:
  void work();
  Appended commit(const Group& group);
  Result<void> write(const std::string& name, const SpaceGroup& group);
  Appended after_failed_commit(int code);
  void checkpoint();

  const Database db_;
  const std::function<void()> ended_;

  Query begin_, commit_, rollback_;
  Query create_, find_, move_head_;
  Query add_entry_, put_replica_, put_rejection_, drop_heard_;

  std::mutex using_db_;
  bool broken_ = false;  // the disk is not to be trusted any more (under using_db_)
  int log_pages_ = 0;    // that are not yet in the file proper

  std::mutex mutex_;
  std::condition_variable changed_;
  const Group* under_way_ = nullptr;
  std::optional<Appended> outcome_;
  bool stop_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace outboard::hub
