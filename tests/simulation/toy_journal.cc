#include "toy_journal.h"

#include <algorithm>

#include "base/cbor.h"
#include "sync/limits.h"
#include "sync/mutant.h"

namespace outboard::simulation {

Bytes encode(const Body& body) {
  Bytes bytes;
  cbor::Writer out(bytes);
  if (body.is_nonsense) {
    out.text("no replica understands this");
    out.count(body.tag);
    return bytes;
  }
  out.array(3);
  out.count(body.tag);
  out.array(body.rows.size());
  for (auto row : body.rows) out.count(row);
  out.blob(Bytes(body.filler_bytes));
  return bytes;
}

std::optional<Body> decode_body(ByteView bytes) {
  cbor::Reader in(bytes);
  Body body;
  if (in.array() != 3) return std::nullopt;
  body.tag = in.count();
  for (auto rows = in.array(); rows > 0 && in.ok(); --rows) body.rows.push_back(in.count());
  body.filler_bytes = in.blob().size();
  in.expect_end();
  return in.ok() ? std::optional(body) : std::nullopt;
}

bool merge(Registers& registers, const sync::Transaction& transaction) {
  if (transaction.parts.size() != 1) return false;
  auto body = decode_body(transaction.parts[0]);
  if (!body) return false;
  for (auto row : body->rows) {
    Register written{transaction.header.stamp, body->tag};
    auto& held = registers[row];
    if (held < written) held = written;
  }
  return true;
}

ToyJournal::ToyJournal(std::string space, std::string subject, Random& random, World world)
    : space_(std::move(space)),
      subject_(std::move(subject)),
      random_(random),
      world_(std::move(world)) {
  now_.replica = sync::ReplicaId{random_.number()};
  flushed_ = now_;
}

template <class Change>
Result<void> ToyJournal::write(Change change) {
  if (world_.write_fails())
    return outboard::fail(Code::unavailable, "the disk cannot be written", "make room");
  change();
  number_all();
  unflushed_.push_back(now_);
  world_.wrote();
  return {};
}

// All that may be sent gets its number, its stamp, and its bytes for good.
void ToyJournal::number_all() {
  while (auto* item = now_.outbox.next(subject_)) {
    auto id = item->id;
    auto body = now_.unnumbered.at(id);
    now_.unnumbered.erase(id);
    auto wall = static_cast<std::uint64_t>(std::max<std::int64_t>(0, world_.wall_ms()));
    now_.clock = std::max(now_.clock + 1, wall << 16);
    sync::Header header{.space = space_,
                        .replica = now_.replica,
                        .seq = ++now_.last_seq,
                        .stamp = {now_.clock, static_cast<std::uint64_t>(now_.replica)},
                        .seen = now_.position(),
                        .parts = {{}}};
    Bytes parts[] = {encode(body)};
    auto frozen = sync::freeze(header, parts);
    auto digest = sync::digest_of(frozen);
    now_.own[header.seq] = {.id = id, .body = body, .outgoing = {digest, std::move(frozen), {}}};
    now_.outbox.number(id, header.seq);
  }
}

// ---- The application's ----

Result<void> ToyJournal::commit(const Body& body) {
  return write([&] {
    now_.unnumbered[++now_.last_id] = body;
    now_.outbox.add({.id = now_.last_id, .subject = subject_, .rows = body.rows});
  });
}

void ToyJournal::retry_parked() {
  auto parked =
      std::ranges::find_if(now_.outbox.items(), [](auto& item) { return item.parked.has_value(); });
  if (parked == now_.outbox.items().end()) return;
  auto id = parked->id;
  (void)write([&] {
    // The clock goes by what the log says, and not by what was refused (J14).
    now_.clock = 0;
    for (auto& [row, held] : now_.base) now_.clock = std::max(now_.clock, held.stamp.time);
    for (auto& [seq, own] : now_.own) {
      if (own.outgoing.rejected) continue;
      auto stamp = sync::thaw(own.outgoing.frozen)->header.stamp;
      if (own.has_verdict || own.was_stored) now_.clock = std::max(now_.clock, stamp.time);
    }
    for (auto again : now_.outbox.retry(id)) {
      for (auto& [seq, own] : now_.own) {
        if (own.id != again) continue;
        now_.unnumbered[again] = own.body;
        own.id = 0;
      }
    }
  });
}

void ToyJournal::discard_parked() {
  auto parked = std::ranges::find_if(now_.outbox.items(), [&](auto& item) {
    return item.parked && !now_.own.at(*item.seq).body.was_stored;
  });
  if (parked == now_.outbox.items().end()) return;
  auto id = parked->id;
  (void)write([&] { now_.outbox.discard(id); });
}

// ---- The disk's ----

void ToyJournal::flush() {
  flushed_ = now_;
  unflushed_.clear();
}

void ToyJournal::crash() {
  auto kept = random_.below(unflushed_.size() + 1);
  restore(kept == 0 ? State(flushed_) : State(unflushed_[kept - 1]));
}

void ToyJournal::restore(const State& state) {
  now_ = state;
  flush();
}

// ---- sync::Journal ----

sync::Standing ToyJournal::standing() { return {now_.replica, now_.epoch, now_.checkpoints.all()}; }

std::uint64_t ToyJournal::acked_seq() {
  return flushed_.replica == now_.replica ? std::min(flushed_.acked_seq, now_.acked_seq) : 0;
}

std::uint64_t ToyJournal::durable_seq() {
  if (OB_MUTANT(journal_sends_before_the_flush)) return now_.last_seq;
  if (flushed_.replica != now_.replica) return 0;
  return flushed_.forgotten == now_.forgotten ? flushed_.last_seq : now_.acked_seq;
}

std::optional<sync::Outgoing> ToyJournal::outgoing(std::uint64_t seq) {
  auto own = now_.own.find(seq);
  return own == now_.own.end() ? std::nullopt : std::optional(own->second.outgoing);
}

void ToyJournal::heard_verdict(std::uint64_t seq) {
  now_.own.at(seq).has_verdict = true;
  for (;;) {
    auto next = now_.own.find(now_.acked_seq + 1);
    if (next == now_.own.end() || !next->second.has_verdict) return;
    ++now_.acked_seq;
  }
}

Result<void> ToyJournal::stored(std::uint64_t seq, std::uint64_t) {
  if (!now_.own.contains(seq)) world_.problem("a verdict on what was never sent");
  if (now_.own[seq].outgoing.rejected) world_.problem("stored what had been refused");
  return write([&] {
    now_.outbox.stored(seq);
    now_.own.at(seq).was_stored = true;
    heard_verdict(seq);
  });
}

Result<void> ToyJournal::rejected(std::uint64_t seq, sync::Reason reason, std::string_view) {
  if (!now_.own.contains(seq)) world_.problem("a verdict on what was never sent");
  auto& own = now_.own[seq];
  bool was_stored = own.was_stored && !own.outgoing.rejected;
  if (was_stored && !world_.hub_forgot()) world_.problem("refused what had been stored");
  return write([&] {
    if (was_stored) {  // it is said again, by a clock that knows its stamp
      own.id = 0;
      own.body.was_stored = true;
      now_.unnumbered[++now_.last_id] = own.body;
      now_.outbox.add({.id = now_.last_id, .subject = subject_, .rows = own.body.rows});
    } else if (!own.outgoing.rejected) {
      now_.outbox.park(seq, reason);
    }
    own.outgoing.rejected = reason;
    heard_verdict(seq);
  });
}

Result<void> ToyJournal::apply(const sync::Incoming& entry) {
  if (entry.facts.position != now_.position() + 1)
    world_.problem("applied position " + std::to_string(entry.facts.position) + " at " +
                   std::to_string(now_.position()));
  return write([&] {
    bool good = entry.transaction.ok() && merge(now_.base, *entry.transaction);
    if (good) now_.clock = std::max(now_.clock, entry.transaction->header.stamp.time);
    if (!good) now_.quarantined.insert(entry.facts.position);
    if (entry.facts.position > now_.position())
      now_.checkpoints.add({entry.facts.position, entry.chain});
  });
}

Result<void> ToyJournal::adopt(const sync::Epoch& epoch) {
  return write([&] { now_.epoch = epoch; });
}

Result<void> ToyJournal::rewind(std::uint64_t position) {
  return write([&] {
    now_.checkpoints.cut(position);
    std::erase_if(now_.quarantined, [&](std::uint64_t one) { return one > position; });
  });
}

Result<void> ToyJournal::forget_verdicts(std::uint64_t after_seq) {
  return write([&] {
    ++now_.forgotten;
    now_.acked_seq = after_seq;
    for (auto& [seq, own] : now_.own)
      if (seq > after_seq) own.has_verdict = false;
  });
}

// What the hub lacks goes through the outbox once more, in its order, under a new name.
Result<void> ToyJournal::fork(std::uint64_t match_seq) {
  return write([&] {
    std::map<std::uint64_t, Body> again = std::move(now_.unnumbered);
    for (auto& [seq, own] : now_.own)
      if (own.id && seq > match_seq && !own.outgoing.rejected) again[own.id] = own.body;
    for (auto& item : now_.outbox.items())
      if (item.parked) again[item.id] = now_.own.at(*item.seq).body;
    now_.replica = sync::ReplicaId{random_.number()};
    now_.own.clear();
    now_.last_seq = now_.acked_seq = 0;
    now_.outbox = {};
    for (auto& [id, body] : again)
      now_.outbox.add({.id = id, .subject = subject_, .rows = body.rows});
    now_.unnumbered = std::move(again);
  });
}

}  // namespace outboard::simulation
