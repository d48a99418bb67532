// Who is let in, where its log goes on, and what becomes of another connection of the same replica.
#include <algorithm>

#include "hub/space/shard.h"
#include "sync/mutant.h"

namespace outboard::hub {

void Shard::admit(Connection& one) {
  auto& hello = one.hello;
  if (hello.protocol_min > sync::protocol_version || hello.protocol_max < sync::protocol_version)
    return refuse(one, {.reason = Reason::outdated,
                        .message = "this hub speaks version 1 of the protocol",
                        .hint = "install the newer version of whichever is older",
                        .fatal = true});
  auto claim = authorise_(hello.token, hello.space);
  if (!claim.ok()) {
    bool cannot_tell = claim.error().code == Code::unavailable;
    return refuse(one, cannot_tell ? Reason::unavailable : Reason::denied, claim.error().message);
  }
  one.claim = *claim;
  if (!(claim->rights & sync::rights::read))
    return refuse(one, Reason::denied, "this token gives no right to read the space");

  auto others = connections_of_.find(claim->subject);
  if (others != connections_of_.end() && others->second >= limits::connections_of_subject_max)
    return refuse(one, Reason::busy, "too many connections of one subject");

  auto space = open_space(one);
  if (!space.ok()) {
    bool away = space.error().code == Code::unavailable;
    return refuse(one, {.reason = away ? Reason::unavailable : Reason::not_found,
                        .message = space.error().message,
                        .hint = space.error().hint,
                        .fatal = !away});
  }
  one.space = *space;
  if (!make_way(one)) return;

  auto replica = log_.replica(hello.space, hello.replica);
  if (!replica.ok()) return refuse(one, Reason::unavailable, replica.error().message);
  if (!replica->subject.empty() && replica->subject != claim->subject)
    return refuse(one, {.reason = Reason::other_subject,
                        .message = "this replica belongs to somebody else",
                        .hint = "sign in as the one who wrote here, or start with a new file",
                        .fatal = true});
  auto answer = welcome(**space, one);
  if (!answer.ok()) return refuse(one, Reason::unavailable, answer.error().message);

  auto now = now_ms();
  one.stage = Stage::open;
  ++connections_of_[one.claim.subject];
  one.cursor = answer->from_position;
  one.window =
      static_cast<std::size_t>(std::min<std::uint64_t>(hello.window, limits::window_bytes_max));
  one.heard_seq = std::min(hello.acked_seq, answer->acked_seq);
  one.progress_at_ms = one.tokens_at_ms = now;
  one.message_tokens = limits::messages_burst_max;
  (*space)->followers[hello.replica] = one.number;
  send(one, *answer);
  pump(one);
}

// Is there no other connection of this replica, or none any more? Else the newcomer was refused, or
// waits until the other has shown whether it is alive.
bool Shard::make_way(Connection& one) {
  auto follower = one.space->followers.find(one.hello.replica);
  if (follower == one.space->followers.end()) return true;
  auto& other = *find(follower->second);
  if (other.hello.instance == one.hello.instance || OB_MUTANT(hub_displaces_anybody)) {
    refuse(other, Reason::displaced, "this replica has connected anew");
    return true;
  }
  if (other.probed_by && find(other.probed_by)) {
    refuse(one, Reason::busy, "another connection of this replica is being asked");
    return false;
  }
  one.probes = other.number;
  one.probe_until_ms = now_ms() + limits::probe_timeout_ms;
  other.probed_by = one.number;
  send(other, sync::Ping{one.number});
  return false;
}

// Whoever is probed has said something: the newcomer has a copy of a file that is in use.
void Shard::answer_probe(Connection& alive) {
  auto* newcomer = find(std::exchange(alive.probed_by, 0));
  if (!newcomer) return;
  sync::ErrorFrame error{.reason = Reason::replica_in_use,
                         .message = "another instance of this replica is connected",
                         .hint = "this file may be a copy: connected again, it gets a new id"};
  auto replica = log_.replica(newcomer->hello.space, newcomer->hello.replica);
  if (replica.ok()) {
    auto match = match_seq(*alive.space, newcomer->hello, replica->last_seq);
    if (match.ok()) error.match_seq = *match;
  }
  if (!error.match_seq) error.reason = Reason::unavailable;
  refuse(*newcomer, error);
}

// A replica that was never here before makes the space, if it may write. One that knows the space
// does not: it may have been deleted on purpose (Y2).
Result<Shard::Space*> Shard::open_space(const Connection& one) {
  auto& hello = one.hello;
  auto& space = spaces_[hello.space];
  if (!space) {
    auto state = TRY(log_.space(hello.space));
    if (!state) {
      bool may = one.claim.rights & sync::rights::write;
      if (hello.epoch || !may)
        return fail(Code::not_found, "there is no such space",
                    "it may have been deleted: create another, or ask who owns it");
      Epoch epoch;
      platform_.random(epoch);
      state = TRY(log_.create(hello.space, epoch));
    }
    space = std::make_unique<Space>(Space{.name = hello.space, .state = *state});
  }
  if (hello.epoch && *hello.epoch != space->state.epoch)
    return fail(Code::not_found, "the space was created anew: it is not the one you know",
                "adopt the new one, or start with a new file");
  return space.get();
}

Result<sync::Welcome> Shard::welcome(const Space& space, const Connection& one) {
  auto& hello = one.hello;
  auto replica = TRY(log_.replica(hello.space, hello.replica));
  sync::Welcome welcome{
      .epoch = space.state.epoch,
      .head = space.state.head,
      .from_position = TRY(agreed_position(space, hello)),
      .acked_seq = replica.last_seq,
      .match_seq = TRY(match_seq(space, hello, replica.last_seq)),
      .server_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, platform_.wall_ms())),
      .rights = one.claim.rights,
      .transaction_bytes_max = limits::transaction_bytes_max,
      .push_bytes_max = limits::pushed_bytes_max};
  if (!hello.checkpoints.empty() && welcome.from_position != hello.checkpoints.front().position)
    welcome.mode = sync::Mode::repair;
  if (one.claim.expires_ms)
    welcome.expires_in_ms = static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, one.claim.expires_ms - platform_.wall_ms()));
  return welcome;
}

// The last place where this log is the one that the replica has read (Y2).
Result<std::uint64_t> Shard::agreed_position(const Space& space, const sync::Hello& hello) {
  for (auto& checkpoint : hello.checkpoints) {
    if (checkpoint.position > space.state.head.position) continue;
    if (OB_MUTANT(hub_compares_positions_only)) return checkpoint.position;
    auto chain = TRY(log_.chain_at(space.name, checkpoint.position));
    if (chain && *chain == checkpoint.chain) return checkpoint.position;
  }
  return 0;
}

// Up to which number are the log's transactions of this replica the ones that it speaks of (Y1)?
Result<std::uint64_t> Shard::match_seq(const Space& space, const sync::Hello& hello,
                                       std::uint64_t last_seq) {
  if (last_seq <= hello.acked_seq || OB_MUTANT(hub_overlooks_forks)) return last_seq;
  for (auto seq = hello.acked_seq + 1; seq <= last_seq; ++seq) {
    auto index = static_cast<std::size_t>(seq - hello.acked_seq - 1);
    if (index >= hello.sent_digests.size()) return seq - 1;
    auto answer = TRY(log_.answer(space.name, hello.replica, seq));
    if (!answer || answer->digest != hello.sent_digests[index]) return seq - 1;
  }
  return last_seq;
}

}  // namespace outboard::hub
