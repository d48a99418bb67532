// What the tests of the shard share: a log in memory, whose appends end when the test says so.
//
// For tests only; not part of the library.
#pragma once

#include "hub/space/log.h"
#include "sync/client_testing.h"

namespace outboard::hub {

class MemoryLog : public Log {
 public:
  struct Data {
    SpaceState state = {};
    std::vector<LogEntry> entries = {};
    std::map<ReplicaId, ReplicaState> replicas = {};
    std::map<std::pair<ReplicaId, std::uint64_t>, Answer> answers = {};
  };
  std::map<std::string, Data> spaces;
  std::optional<Group> under_way;
  int appends = 0, reads = 0;
  bool is_away = false;

  // Makes what is under way part of the log.
  void store() {
    for (auto& [name, group] : *under_way) {
      auto& data = spaces[name];
      data.state = group.after;
      for (auto& entry : group.entries) {
        data.entries.push_back(entry);
        data.answers[{entry.replica, entry.seq}] = {.digest = entry.digest,
                                                    .position = entry.facts.position};
      }
      for (auto& [number, answer] : group.rejections) data.answers[number] = answer;
      for (auto& [id, replica] : group.replicas) data.replicas[id] = replica;
      for (auto& [id, seq] : group.heard)
        std::erase_if(data.answers, [&, heard_id = id, heard = seq](auto& one) {
          return one.second.reason && one.first.first == heard_id && one.first.second <= heard;
        });
    }
    under_way.reset();
  }

  Result<std::optional<SpaceState>> space(const std::string& name) override {
    if (!spaces.contains(name)) return std::optional<SpaceState>();
    return std::optional(spaces[name].state);
  }
  Result<SpaceState> create(const std::string& name, const Epoch& epoch) override {
    spaces[name].state = {.epoch = epoch, .head = {0, sync::chain_start(epoch)}};
    return spaces[name].state;
  }
  Result<ReplicaState> replica(const std::string& space, ReplicaId id) override {
    return spaces[space].replicas[id];
  }
  Result<std::optional<Answer>> answer(const std::string& space, ReplicaId id,
                                       std::uint64_t seq) override {
    auto found = spaces[space].answers.find({id, seq});
    if (found == spaces[space].answers.end()) return std::optional<Answer>();
    return std::optional(found->second);
  }
  Result<std::optional<Digest>> chain_at(const std::string& space,
                                         std::uint64_t position) override {
    auto& [state, entries, replicas, answers] = spaces[space];
    if (position == 0) return std::optional(sync::chain_start(state.epoch));
    if (position > entries.size()) return std::optional<Digest>();
    return std::optional(entries[position - 1].chain);
  }
  Result<std::vector<LogEntry>> read(const std::string& space, std::uint64_t after,
                                     std::size_t bytes) override {
    ++reads;
    if (is_away) return fail(Code::unavailable, "the log is away");
    std::vector<LogEntry> read;
    std::size_t taken = 0;
    auto& entries = spaces[space].entries;
    for (auto i = after; i < entries.size() && (read.empty() || taken < bytes); ++i) {
      read.push_back(entries[i]);
      taken += entries[i].frozen.size();
    }
    return read;
  }
  void append(const Group& group) override {
    ++appends;
    under_way = group;
  }
};

}  // namespace outboard::hub
