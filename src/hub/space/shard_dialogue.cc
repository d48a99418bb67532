// What the shard hears from a replica that was let in, and what it sends of the log.
#include <algorithm>

#include "base/bytes.h"
#include "hub/space/shard.h"
#include "sync/mutant.h"

namespace outboard::hub {

void Shard::hear(Connection& from, const sync::Hello& hello) {
  from.stage = Stage::waiting;
  from.hello = hello;
  line_.emplace_back(HelloInLine{from.number});
  work();
}

void Shard::hear(Connection& from, const sync::Auth& auth) {
  auto claim = authorise_(auth.token, from.hello.space);
  if (!claim.ok()) {
    bool cannot_tell = claim.error().code == Code::unavailable;
    return refuse(from, cannot_tell ? Reason::unavailable : Reason::denied, claim.error().message);
  }
  if (claim->subject != from.claim.subject)
    return refuse(from, Reason::denied, "the new token is somebody else's");
  auto lost = from.claim.rights & ~claim->rights;
  if (lost & (sync::rights::read | sync::rights::write))
    return refuse(from, Reason::read_only, "the new token gives fewer rights: connect again");
  from.claim = *claim;
  from.told_auth_due = false;
}

void Shard::hear(Connection& from, const sync::Push& push) {
  if (!(from.claim.rights & sync::rights::write))
    return refuse(from, Reason::read_only, "this token gives no right to write");
  auto& arriving = from.arriving;
  if (push.chunk == 0 ? arriving.has_value() : !arriving.has_value())
    return refuse(from, Reason::bad_request, "a chunk out of order");
  if (push.chunk == 0) {
    if (from.pushed >= limits::unanswered_pushes_max)
      return refuse(from, Reason::bad_request, "more pushes without verdict than allowed");
    arriving = push;
  }
  bool next = push.seq == arriving->seq && push.digest == arriving->digest &&
              push.chunk == arriving->chunk && push.chunks == arriving->chunks;
  if (!next) return refuse(from, Reason::bad_request, "a chunk out of order");
  outboard::append(from.arrived, push.bytes);
  bool is_only_one = from.pushed == 0;
  if (from.arrived.size() > limits::transaction_bytes_max ||
      (from.pushed_bytes + from.arrived.size() > limits::pushed_bytes_max && !is_only_one))
    return refuse(from, Reason::too_large, "more was pushed without verdict than allowed");
  if (++arriving->chunk < arriving->chunks) return;

  ++from.pushed;
  from.pushed_bytes += from.arrived.size();
  line_.emplace_back(PushInLine{.connection = from.number,
                                .seq = push.seq,
                                .digest = push.digest,
                                .rejected = push.rejected,
                                .frozen = std::exchange(from.arrived, {})});
  arriving.reset();
  work();
}

void Shard::hear(Connection& from, const sync::Ack& ack) {
  if (ack.position > from.cursor)
    return refuse(from, Reason::bad_request, "ACK of what was never sent");
  while (!from.unacked.empty() && from.unacked.front().first <= ack.position) {
    from.unacked_bytes -= from.unacked.front().second;
    from.unacked.pop_front();
    from.progress_at_ms = now_ms();
  }
  from.window =
      static_cast<std::size_t>(std::min<std::uint64_t>(ack.window, limits::window_bytes_max));
  from.heard_seq = std::max(from.heard_seq, ack.acked_seq);
  pump(from);
}

void Shard::hear(Connection& from, const sync::Message& message) {
  auto now = now_ms();
  auto earned =
      static_cast<std::uint64_t>(now - from.tokens_at_ms) * limits::messages_per_second / 1'000;
  if (earned > 0) {
    from.message_tokens = std::min(from.message_tokens + earned, limits::messages_burst_max);
    from.tokens_at_ms = now;
  }
  if (!(from.claim.rights & sync::rights::message) || from.message_tokens == 0) return;
  --from.message_tokens;
  sync::Message passed_on = message;
  passed_on.sender = from.hello.replica;
  auto frame = std::make_shared<const Bytes>(sync::write_frame(passed_on));
  for (auto& [replica, number] : from.space->followers) {
    auto* to = find(number);
    if (!to || to == &from || !to->told_live) continue;
    if (to->claim.rights & sync::rights::message) actions_.emplace_back(SendShared{number, frame});
  }
}

void Shard::hear(Connection& from, const sync::Ping& ping) { send(from, sync::Pong{ping.n}); }

void Shard::hear(Connection& from, const sync::ErrorFrame&) {
  actions_.emplace_back(CloseConnection{from.number});
  forget(from);
}

// Sends of the log what the window has room for: out of the ring, or out of the log for who is
// farther back. At least one entry is always on its way.
void Shard::pump(Connection& to) {
  auto& space = *to.space;
  while (to.cursor < space.state.head.position) {
    bool full = to.unacked_bytes >= to.window || to.unacked.size() >= limits::unacked_entries_max;
    if (full && !to.unacked.empty() && !OB_MUTANT(hub_ignores_the_window)) return;
    std::vector<Sent> read;
    auto* in_ring = space.ring.at(to.cursor + 1);
    if (!in_ring) {
      auto room = to.window - std::min(to.window, to.unacked_bytes);
      auto entries = log_.read(space.name, to.cursor, room);
      if (OB_MUTANT(hub_takes_errors_for_the_end) && !entries.ok()) break;
      if (!entries.ok()) return refuse(to, Reason::unavailable, entries.error().message);
      if (entries->empty()) return refuse(to, Reason::internal, "the log ends before its head");
      for (auto& entry : *entries) read.push_back(frames_of(entry));
    }
    for (auto& entry : in_ring ? std::span(in_ring, 1) : std::span<const Sent>(read)) {
      for (auto& frame : entry.frames) actions_.emplace_back(SendShared{to.number, frame});
      if (to.unacked.empty()) to.progress_at_ms = now_ms();
      to.unacked.emplace_back(entry.position, entry.bytes);
      to.unacked_bytes += entry.bytes;
      to.cursor = entry.position;
    }
  }
  if (!std::exchange(to.told_live, true)) send(to, sync::Live{to.cursor});
}

void Shard::pause_all() {
  for (auto& [number, one] : connections_) {
    bool writes = one->stage == Stage::open && (one->claim.rights & sync::rights::write);
    if (!writes || std::exchange(one->told_paused, true)) continue;
    send(*one, sync::Pause{Reason::unavailable, limits::log_retry_ms});
  }
}

void Shard::resume_all() {
  for (auto& [number, one] : connections_)
    if (std::exchange(one->told_paused, false)) send(*one, sync::Resume{});
}

}  // namespace outboard::hub
