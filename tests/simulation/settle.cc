// Everything is well again: all must come to rest, and agree.
#include <algorithm>

#include "world_parts.h"

namespace outboard::simulation {

void World::heal() {
  note("all is well from here on");
  healed_ = true;
  log_reads_fail_ = hub_appending_fails_ = hooks_are_away_ = false;
  hub_platform_->skew_ms = 0;
  for (auto& party : parties_) {
    party->platform.skew_ms = 0;
    party->disk_fails = party->hears_nothing = party->reaches_nobody = false;
  }
}

// Live, nothing to say, and all has been read. What was refused is said again, or taken back.
bool World::is_settled() {
  bool settled = shard_ != nullptr;
  for (auto& party : parties_) {
    if (!party->client) {
      settled = false;
      continue;
    }
    auto& journal = *party->journal;
    bool parked = std::ranges::any_of(journal.state().outbox.items(),
                                      [](auto& item) { return item.parked.has_value(); });
    if (parked) {
      if (random_.one_in(4)) {
        journal.discard_parked();
      } else {
        journal.retry_parked();
      }
      party->client->outbox_changed();
      after_client(*party);
    }
    auto log = log_->state().find(space_name);
    settled = settled && party->client && party->client->status().phase == sync::Phase::live &&
              journal.state().outbox.items().empty() && log != log_->state().end() &&
              journal.state().position() == log->second.entries.size();
  }
  return settled;
}

void World::check_end() {
  run_until(now_us_ + 120 * second_us);
  if (shard_->connections() != parties_.size())
    problem("L7: the hub keeps connections of which it hears nothing");
  auto& log = log_->state().at(space_name);

  // The oracle: the log, folded by the rules, and by nothing else.
  Registers expected;
  std::set<std::uint64_t> nonsense;
  for (auto& entry : log.entries)
    if (!merge(expected, *sync::thaw(entry.frozen))) nonsense.insert(entry.facts.position);

  bool may_have_lost = false;  // a name was given up, and then the hub lost what bore it
  for (auto& party : parties_)
    may_have_lost = may_have_lost || (party->was_put_back && backup_.has_value());

  for (auto& party : parties_) {
    auto name = "replica " + std::to_string(party->number);
    auto& state = party->journal->state();
    for (auto& [seq, own] : state.own) {
      auto& outgoing = own.outgoing;
      auto stored = log.positions.find({state.replica, seq});
      if (outgoing.rejected) {
        if (stored != log.positions.end()) problem("Y4: stored what was refused to " + name);
      } else if (stored == log.positions.end()) {
        problem("L4: the log lacks number " + std::to_string(seq) + " of " + name);
      } else if (log.entries[stored->second - 1].digest != outgoing.digest) {
        problem("Y1: the log has another number " + std::to_string(seq) + " than " + name);
      }
    }
    auto& newest = state.checkpoints.all();
    if (!newest.empty() && newest.front() != log.state.head)
      problem("Y2: " + name + " has read another log");
    if (state.quarantined != nonsense) problem("Y6: " + name + " quarantined something else");
    if (may_have_lost) continue;
    if (state.base != expected) problem("L6: " + name + " does not hold what the log says");
  }
}

}  // namespace outboard::simulation
