#include "toy_log.h"

#include "base/limits.h"

namespace outboard::simulation {

namespace {
Error away() { return outboard::fail(Code::unavailable, "the log is away", "wait"); }
}  // namespace

Result<std::optional<hub::SpaceState>> ToyLog::space(const std::string& name) {
  if (world_.read_fails()) return away();
  auto found = state_.find(name);
  if (found == state_.end()) return std::optional<hub::SpaceState>();
  return std::optional(found->second.state);
}

Result<hub::SpaceState> ToyLog::create(const std::string& name, const sync::Epoch& epoch) {
  if (state_.contains(name)) world_.problem("created a space that is there");
  auto& made = state_[name];
  made.state = {.epoch = epoch, .head = {0, sync::chain_start(epoch)}};
  return made.state;
}

Result<hub::ReplicaState> ToyLog::replica(const std::string& space, sync::ReplicaId id) {
  if (world_.read_fails()) return away();
  auto& replicas = state_.at(space).replicas;
  auto found = replicas.find(id);
  return found == replicas.end() ? hub::ReplicaState{} : found->second;
}

Result<std::optional<hub::Answer>> ToyLog::answer(const std::string& space, sync::ReplicaId id,
                                                  std::uint64_t seq) {
  if (world_.read_fails()) return away();
  auto& data = state_.at(space);
  if (auto found = data.positions.find({id, seq}); found != data.positions.end()) {
    auto& entry = data.entries[found->second - 1];
    return std::optional(hub::Answer{.digest = entry.digest, .position = entry.facts.position});
  }
  auto found = data.rejections.find({id, seq});
  if (found == data.rejections.end()) return std::optional<hub::Answer>();
  return std::optional(found->second);
}

Result<std::optional<Digest>> ToyLog::chain_at(const std::string& space, std::uint64_t position) {
  if (world_.read_fails()) return away();
  auto& data = state_.at(space);
  if (position == 0) return std::optional(sync::chain_start(data.state.epoch));
  if (position > data.entries.size()) return std::optional<Digest>();
  return std::optional(data.entries[position - 1].chain);
}

Result<std::vector<hub::LogEntry>> ToyLog::read(const std::string& space, std::uint64_t after,
                                                std::size_t bytes) {
  if (world_.read_fails()) return away();
  auto& entries = state_.at(space).entries;
  std::vector<hub::LogEntry> read;
  std::size_t taken = 0;
  for (auto i = after; i < entries.size() && (read.empty() || taken < bytes); ++i) {
    read.push_back(entries[i]);
    taken += entries[i].frozen.size();
  }
  return read;
}

void ToyLog::append(const hub::Group& group) {
  if (under_way_) world_.problem("two appends at once");
  under_way_ = group;
  world_.append_started();
}

// What every log may rely on.
void ToyLog::check(const SpaceData& space, const hub::SpaceGroup& group) {
  auto head = space.state.head;
  auto accepted_ms = space.state.accepted_ms;
  auto stamps = space.replicas;
  for (auto& entry : group.entries) {
    if (entry.facts.position != head.position + 1) world_.problem("a position was left out");
    if (entry.chain != sync::chain_after(head.chain, entry.facts, entry.digest))
      world_.problem("an entry does not continue the chain");
    if (entry.facts.accepted_ms < accepted_ms) world_.problem("Y7: accepted_ms went back");
    if (entry.digest != sync::digest_of(entry.frozen)) world_.problem("a digest of other bytes");
    auto read = sync::thaw(entry.frozen);
    if (!read.ok()) {
      world_.problem("stored what is no transaction: " + read.error().message);
      continue;
    }
    auto latest = entry.facts.accepted_ms + limits::clock_drift_max_ms;
    if (read->header.stamp.wall_ms() > latest) world_.problem("Y7: a stamp of the future");
    auto& replica = stamps[entry.replica];
    if (read->header.stamp.time <= replica.last_stamp_time)
      world_.problem("Y7: a replica's stamps went back");
    replica.last_stamp_time = read->header.stamp.time;
    head = {entry.facts.position, entry.chain};
    accepted_ms = entry.facts.accepted_ms;
  }
  if (head != group.after.head) world_.problem("a head that is not the last entry");
}

bool ToyLog::store() {
  if (!under_way_) return false;
  hub::Group groups = std::move(*under_way_);
  under_way_.reset();
  for (auto& [name, group] : groups) {
    auto& space = state_.at(name);
    check(space, group);
    space.state = group.after;
    for (auto& entry : group.entries) {
      space.entries.push_back(entry);
      auto [at, fresh] =
          space.positions.emplace(std::pair(entry.replica, entry.seq), entry.facts.position);
      if (!fresh || space.rejections.contains({entry.replica, entry.seq}))
        world_.problem("Y1: a number was used twice");
    }
    for (auto& [number, answer] : group.rejections) {
      if (space.positions.contains(number)) world_.problem("Y4: refused what is stored");
      space.rejections[number] = answer;
    }
    for (auto& [id, replica] : group.replicas) {
      for (auto seq = space.replicas[id].last_seq + 1; seq <= replica.last_seq; ++seq)
        if (!space.positions.contains({id, seq}) && !space.rejections.contains({id, seq}))
          world_.problem("Y4: a number without a verdict");
      space.replicas[id] = replica;
    }
    for (auto& [id, seq] : group.heard)
      std::erase_if(space.rejections, [&, heard_id = id, heard = seq](auto& one) {
        return one.first.first == heard_id && one.first.second <= heard;
      });
  }
  return true;
}

}  // namespace outboard::simulation
