// What the tests of logs share: groups as a shard would make them, and an SQLite log in a folder of
// its own.
//
// For tests only; not part of the library.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>

#include "hub/log/sqlite_log.h"
#include "store/store_testing.h"
#include "sync/client_testing.h"

namespace outboard::hub {

inline const ReplicaId ann{1}, bob{2};

// Keeps what each space was last said to be, and continues from there.
class LogWords {
 public:
  void start(Log& log, const std::string& name) {
    auto made = log.create(name, Epoch{static_cast<std::uint8_t>(states_.size() + 1)});
    ASSERT_TRUE(made.ok()) << to_string(made.error());
    states_[name] = *made;
  }

  const SpaceState& state(const std::string& name) const { return states_.at(name); }

  // One commit with entries of these replicas, by these numbers.
  Group group(const std::string& name,
              const std::vector<std::pair<ReplicaId, std::uint64_t>>& numbers,
              std::size_t bytes = 10) {
    auto& state = states_.at(name);
    SpaceGroup made;
    for (auto [replica, seq] : numbers) {
      LogEntry entry{.facts = {state.head.position + 1, ++state.accepted_ms, "somebody"},
                     .replica = replica,
                     .seq = seq,
                     .frozen = sync::trial::transaction(replica, seq, bytes)};
      entry.digest = sync::digest_of(entry.frozen);
      entry.chain = sync::chain_after(state.head.chain, entry.facts, entry.digest);
      state.head = {entry.facts.position, entry.chain};
      made.entries.push_back(std::move(entry));
    }
    made.after = state;
    return {{name, made}};
  }

  // What a group said did not come to be.
  void take_back(const std::string& name, const SpaceState& state) { states_[name] = state; }

 private:
  std::map<std::string, SpaceState> states_;
};

struct LogInFolder {
  explicit LogInFolder(const char* chosen_vfs = "unix") : vfs(chosen_vfs) {
    auto opened = open();
    EXPECT_TRUE(opened.ok()) << to_string(opened.error());
    if (opened.ok()) log = std::move(*opened);
  }

  Result<std::unique_ptr<SqliteLog>> open() {
    return SqliteLog::open(
        file,
        [this] {
          std::lock_guard lock(mutex);
          ++ended;
          changed.notify_all();
        },
        vfs);
  }

  Appended finish() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return ended > 0; });
    --ended;
    auto outcome = log->take_outcome();
    EXPECT_TRUE(outcome);
    return outcome.value_or(Appended::unknown);
  }

  Appended append(const Group& group) {
    log->append(group);
    return finish();
  }

  // As a hub that is started again.
  Result<void> reopen() {
    log.reset();
    log = TRY(open());
    return {};
  }

  const char* vfs;
  TrialFolder folder;
  std::string file = folder.file("hub.db");
  std::mutex mutex;
  std::condition_variable changed;
  int ended = 0;
  std::unique_ptr<SqliteLog> log;
};

}  // namespace outboard::hub
