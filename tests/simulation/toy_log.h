// A hub's log in memory, which keeps the contract of hub::Log and watches that the shard keeps its
// own: an append ends when the world says so, reads see nothing of it before.
//
// Lives on the simulator's one thread.
#pragma once

#include <functional>

#include "hub/space/log.h"

namespace outboard::simulation {

class ToyLog : public hub::Log {
 public:
  struct SpaceData {
    hub::SpaceState state = {};
    std::vector<hub::LogEntry> entries = {};  // the one at position p is at p - 1
    std::map<sync::ReplicaId, hub::ReplicaState> replicas = {};
    std::map<std::pair<sync::ReplicaId, std::uint64_t>, std::uint64_t> positions = {};
    std::map<std::pair<sync::ReplicaId, std::uint64_t>, hub::Answer> rejections = {};
  };
  using State = std::map<std::string, SpaceData>;

  struct World {
    std::function<bool()> read_fails;
    std::function<void()> append_started;
    std::function<void(std::string)> problem;
  };
  explicit ToyLog(World world) : world_(std::move(world)) {}

  // Makes what is under way part of the log. False if nothing is.
  bool store();
  void abandon() { under_way_.reset(); }

  const State& state() const { return state_; }
  void restore(const State& state) { state_ = state; }

  // ---- hub::Log ----

  Result<std::optional<hub::SpaceState>> space(const std::string& name) override;
  Result<hub::SpaceState> create(const std::string& name, const sync::Epoch& epoch) override;
  Result<hub::ReplicaState> replica(const std::string& space, sync::ReplicaId id) override;
  Result<std::optional<hub::Answer>> answer(const std::string& space, sync::ReplicaId id,
                                            std::uint64_t seq) override;
  Result<std::optional<Digest>> chain_at(const std::string& space, std::uint64_t position) override;
  Result<std::vector<hub::LogEntry>> read(const std::string& space, std::uint64_t after,
                                          std::size_t bytes) override;
  void append(const hub::Group& group) override;

 private:
  void check(const SpaceData& space, const hub::SpaceGroup& group);

  World world_;
  State state_;
  std::optional<hub::Group> under_way_;
};

}  // namespace outboard::simulation
