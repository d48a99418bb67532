// SqliteLog: a hub's log in an SQLite file (Y16). Reads are answered at once, on a connection of
// their own; appends wait for the disk on a thread of theirs.
//
// Used on the shard's thread.
#pragma once

#include "hub/log/log_writer.h"

namespace outboard::hub {

class SqliteLog : public Log {
 public:
  // `ended` is called on another thread when an append has ended: it should have the shard's thread
  // call take_outcome(). The newest entries are verified first: `corrupt` if they are not what was
  // appended. Else as LogFile::open().
  static Result<std::unique_ptr<SqliteLog>> open(const std::filesystem::path& file,
                                                 std::function<void()> ended,
                                                 const char* vfs = "unix");

  // What to tell Shard::appended(); none while it is under way, or when it was told.
  std::optional<Appended> take_outcome();

  Result<std::optional<SpaceState>> space(const std::string& name) override;
  Result<SpaceState> create(const std::string& name, const Epoch& epoch) override;
  Result<ReplicaState> replica(const std::string& space, ReplicaId id) override;
  Result<std::optional<Answer>> answer(const std::string& space, ReplicaId id,
                                       std::uint64_t seq) override;
  Result<std::optional<Digest>> chain_at(const std::string& space, std::uint64_t position) override;
  Result<std::vector<LogEntry>> read(const std::string& space, std::uint64_t after,
                                     std::size_t bytes) override;
  void append(const Group& group) override;

 private:
  struct Known {
    std::uint64_t id = 0;
    SpaceState state = {};
  };

  SqliteLog(LogFile file, Database reader, Database writer, std::function<void()> ended);
  Result<Known*> known(const std::string& name);

  const LogFile file_;
  const Database db_;
  Query find_, replica_, position_, rejection_, chain_, read_;
  std::map<std::string, Known> spaces_;  // as they were published
  std::optional<Group> under_way_;
  LogWriter writer_;
};

}  // namespace outboard::hub
