// From pushes to one commit, and from its end to verdicts and entries.
#include <algorithm>

#include "base/assert.h"
#include "base/limits.h"
#include "hub/space/shard.h"
#include "sync/mutant.h"

namespace outboard::hub {

// Takes what stands in line: all that was pushed while the last commit was written becomes the
// next. Whoever says hello is let in between two commits, when nothing is undecided.
void Shard::work() {
  if (std::exchange(working_, true)) return;
  while (!line_.empty() && !under_way_ && !to_try_again_ && !broken_) {
    Draft draft;
    while (!line_.empty() && !is_full(draft)) {
      if (auto* hello = std::get_if<HelloInLine>(&line_.front())) {
        if (draft.taken > 0) break;
        auto* one = find(hello->connection);
        line_.pop_front();
        if (one) admit(*one);
      } else {
        auto push = std::move(std::get<PushInLine>(line_.front()));
        line_.pop_front();
        judge(draft, push);
      }
    }
    if (draft.writes) {
      append(std::move(draft));
    } else {
      settle(draft);
    }
  }
  working_ = false;
}

bool Shard::is_full(const Draft& draft) const {
  return draft.taken >= limits::group_entries_max || draft.bytes >= limits::group_bytes_max;
}

void Shard::judge(Draft& draft, const PushInLine& push) {
  auto* from = find(push.connection);
  if (!from || from->is_forked) return;
  auto answer = answer_to(draft, *from, push);
  if (!answer.ok()) {
    auto reason =
        answer.error().code == Code::bad_request ? Reason::bad_request : Reason::unavailable;
    return refuse(*from, reason, answer.error().message);
  }
  ++draft.taken;
  draft.bytes += push.frozen.size();
  sync::Verdict verdict{.seq = push.seq, .position = answer->position, .reason = answer->reason};
  if (!answer->hint.empty()) verdict.hint = answer->hint;
  if (answer->reason == Reason::forked) from->is_forked = true;
  draft.verdicts.push_back({from->number, push.frozen.size(), std::move(verdict)});
}

// The answer that was given to that number before, or a new one, which is put into the draft.
Result<Answer> Shard::answer_to(Draft& draft, Connection& from, const PushInLine& push) {
  auto& space = *from.space;
  auto id = from.hello.replica;
  auto& answers = draft.answers[space.name];
  auto started = draft.group.find(space.name);
  ReplicaState replica;
  if (started != draft.group.end() && started->second.replicas.contains(id)) {
    replica = started->second.replicas[id];
  } else {
    replica = TRY(log_.replica(space.name, id));
  }

  if (push.seq <= replica.last_seq) {
    std::optional<Answer> before;
    if (auto found = answers.find({id, push.seq}); found != answers.end()) {
      before = found->second;
    } else {
      before = TRY(log_.answer(space.name, id, push.seq));
    }
    if (!before)
      return fail(Code::bad_request, "a transaction whose verdict was acknowledged long ago");
    if (before->digest == push.digest) return *before;
    return Answer{.digest = push.digest, .reason = Reason::forked};
  }
  if (push.seq != replica.last_seq + 1) return fail(Code::bad_request, "a number was left out");

  if (started == draft.group.end()) {
    started = draft.group.emplace(space.name, SpaceGroup{.after = space.state}).first;
  }
  auto& group = started->second;
  group.heard[id] = from.heard_seq;
  group.after.accepted_ms =
      std::max(group.after.accepted_ms,
               static_cast<std::uint64_t>(std::max<std::int64_t>(0, platform_.wall_ms())));
  auto answer = judged(group, replica, from, push);

  draft.writes = true;
  replica.subject = from.claim.subject;
  replica.last_seq = push.seq;
  if (answer.reason) {
    if (!OB_MUTANT(hub_forgets_rejections)) group.rejections[{id, push.seq}] = answer;
  } else {
    EntryFacts facts{group.after.head.position + 1, group.after.accepted_ms, from.claim.subject};
    auto chain = sync::chain_after(group.after.head.chain, facts, push.digest);
    group.after.head = {facts.position, chain};
    group.entries.push_back({.facts = facts,
                             .chain = chain,
                             .replica = id,
                             .seq = push.seq,
                             .digest = push.digest,
                             .frozen = push.frozen});
    answer.position = facts.position;
  }
  group.replicas[id] = replica;
  answers[{id, push.seq}] = answer;
  return answer;
}

// What is to become of a transaction that comes for the first time (Y5, Y7): a reason, or none.
// What is inside its parts is nobody's business here.
Answer Shard::judged(const SpaceGroup& group, ReplicaState& replica, const Connection& from,
                     const PushInLine& push) {
  auto refused = [&](Reason reason, std::string hint) {
    return Answer{.digest = push.digest, .reason = reason, .hint = std::move(hint)};
  };
  if (push.rejected) {
    bool sound = sync::is_rejection(*push.rejected);
    return refused(sound ? *push.rejected : Reason::bad_envelope, "as it was before");
  }
  auto transaction = sync::thaw(push.frozen);
  if (!transaction.ok()) return refused(Reason::bad_envelope, transaction.error().message);
  auto& header = transaction->header;
  if (header.space != from.space->name || header.replica != from.hello.replica ||
      header.seq != push.seq || sync::digest_of(push.frozen) != push.digest)
    return refused(Reason::bad_envelope, "its header does not say what PUSH says");
  auto latest_ms = group.after.accepted_ms + static_cast<std::uint64_t>(limits::clock_drift_max_ms);
  if (header.stamp.wall_ms() > latest_ms && !OB_MUTANT(hub_takes_stamps_of_the_future))
    return refused(Reason::future_stamp, "set the clock, and say it again");
  if (header.stamp.time <= replica.last_stamp_time && !OB_MUTANT(hub_takes_stale_stamps))
    return refused(Reason::stale_stamp, "stamps of one replica only rise: say it again");
  replica.last_stamp_time = header.stamp.time;
  return Answer{.digest = push.digest};
}

void Shard::append(Draft draft) {
  under_way_ = std::move(draft);
  if (OB_MUTANT(hub_answers_before_the_commit)) {
    for (auto& due : std::exchange(under_way_->verdicts, {}))
      if (auto* to = find(due.connection)) send(*to, due.verdict);
  }
  log_.append(under_way_->group);
}

void Shard::appended(Appended outcome) {
  OB_ASSERT(under_way_);
  Draft draft = *std::exchange(under_way_, std::nullopt);
  switch (outcome) {
    case Appended::stored:
      settle(draft);
      resume_all();
      break;
    case Appended::nothing:
      to_try_again_ = std::move(draft);
      try_again_at_ms_ = now_ms() + limits::log_retry_ms;
      next_tick_ms_ = std::min(next_tick_ms_, try_again_at_ms_);
      pause_all();
      break;
    case Appended::unknown:
      broken_ = true;
      while (!connections_.empty())
        refuse(*connections_.begin()->second, Reason::unavailable, "the log is to be verified");
      line_.clear();
      break;
  }
  work();
}

// The log holds it: who pushed gets its verdicts, in order, and who follows the entries.
void Shard::settle(Draft& draft) {
  for (auto& [name, group] : draft.group) {
    auto& space = *spaces_.at(name);
    space.state = group.after;
    for (auto& entry : group.entries) space.ring.add(frames_of(entry));
  }
  for (auto& due : draft.verdicts) {
    auto* to = find(due.connection);
    if (!to) continue;
    --to->pushed;
    to->pushed_bytes -= due.bytes;
    send(*to, due.verdict);
  }
  for (auto& [name, group] : draft.group) {
    std::vector<std::uint64_t> followers;
    for (auto& [replica, number] : spaces_.at(name)->followers) followers.push_back(number);
    for (auto number : followers)
      if (auto* one = find(number)) pump(*one);
  }
}

}  // namespace outboard::hub
