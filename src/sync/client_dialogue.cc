// What a replica hears from its hub, and what it answers.
#include <algorithm>

#include "base/assert.h"
#include "base/bytes.h"
#include "sync/client.h"
#include "sync/mutant.h"

namespace outboard::sync {

// ---- Hello ----

// All that HELLO says is asked of the journal anew: nothing of an earlier connection can be stale
// (F15, F16).
void Client::say_hello() {
  if (!OB_MUTANT(client_keeps_its_first_standing) || !standing_.epoch)
    standing_ = journal_.standing();
  status_.position = standing_.checkpoints.empty() ? 0 : standing_.checkpoints.front().position;
  hello_acked_seq_ = journal_.acked_seq();
  hello_last_seq_ =
      std::min(journal_.durable_seq(), hello_acked_seq_ + limits::unanswered_pushes_max);
  Hello hello{.space = options_.space,
              .replica = standing_.replica,
              .instance = options_.instance,
              .token = options_.token,
              .epoch = standing_.epoch,
              .checkpoints = standing_.checkpoints,
              .acked_seq = hello_acked_seq_,
              .window = options_.window_bytes,
              .schema_version = options_.schema_version,
              .schema_hash = options_.schema_hash};
  for (auto seq = hello_acked_seq_ + 1; seq <= hello_last_seq_; ++seq) {
    auto outgoing = journal_.outgoing(seq);
    OB_ASSERT(outgoing.has_value());
    hello.sent_digests.push_back(outgoing->digest);
  }
  send_frame(hello);
}

void Client::hear(const Welcome& welcome) {
  if (status_.phase != Phase::hello)
    return fail_connection(Reason::bad_request, "WELCOME came twice");
  if (welcome.protocol != protocol_version)
    return fail_connection(Reason::outdated, "the hub chose a protocol that was not offered");
  if (standing_.epoch && *standing_.epoch != welcome.epoch)
    return halt(Reason::not_found, "the space was created anew: it is not the one that is here");

  // More than was said from here, or something else: this file is a copy (J5).
  if (welcome.acked_seq > hello_last_seq_ || welcome.match_seq < welcome.acked_seq) {
    if (!OB_MUTANT(client_overlooks_forks))
      return fork(std::min(welcome.match_seq, hello_last_seq_));
  }
  if (!standing_.epoch) {
    if (auto adopted = journal_.adopt(welcome.epoch); !adopted.ok())
      return retry_later(adopted.error().message);
  }
  epoch_ = welcome.epoch;

  // Where the log goes on. In a repair that is a place where both agree.
  auto& own = standing_.checkpoints;
  auto agreed = std::find_if(own.begin(), own.end(), [&](const Checkpoint& one) {
    return one.position == welcome.from_position;
  });
  if (welcome.from_position != 0 && agreed == own.end())
    return fail_connection(Reason::bad_request, "the hub goes on from where this replica is not");
  if (welcome.mode == Mode::catchup && welcome.from_position != status_.position)
    return fail_connection(Reason::bad_request, "the hub leaves entries out");
  if (welcome.mode == Mode::repair && welcome.from_position != status_.position) {
    if (auto done = journal_.rewind(welcome.from_position); !done.ok())
      return retry_later(done.error().message);
  }
  status_.position = welcome.from_position;
  chain_ = agreed == own.end() ? chain_start(epoch_) : agreed->chain;

  status_.phase = welcome.mode == Mode::repair ? Phase::repair : Phase::catchup;
  status_.head = welcome.head.position;
  if (!(welcome.rights & rights::write)) status_.paused = Reason::read_only;
  deadline_ms_ = never;

  // All that the hub has not, also what it gave a verdict on before it lost its memory; and all
  // that this replica has no verdict on.
  auto answered = std::min(hello_acked_seq_, welcome.acked_seq);
  if (OB_MUTANT(client_does_not_repair)) answered = hello_acked_seq_;
  if (answered < hello_acked_seq_) {
    if (auto done = journal_.forget_verdicts(answered); !done.ok())
      return retry_later(done.error().message);
  }
  status_.pushed = status_.answered = answered;
  next_push_ = answered + 1;
  push_bytes_max_ = static_cast<std::size_t>(welcome.push_bytes_max);
  push();
}

// ---- Verdicts and pushes ----

void Client::outbox_changed() {
  if (!is_talking()) return;
  push();
  schedule();
}

void Client::push() {
  auto last = journal_.durable_seq();
  while (is_talking() && !status_.paused && next_push_ <= last && push_one()) {
  }
  if (!is_talking() || unanswered_.empty() || status_.paused) {
    verdict_due_ms_ = never;
  } else if (verdict_due_ms_ == never) {
    verdict_due_ms_ = now_ms() + limits::verdict_timeout_ms;
  }
}

// False if it has to wait.
bool Client::push_one() {
  if (unanswered_.size() >= limits::unanswered_pushes_max) return false;
  auto outgoing = journal_.outgoing(next_push_);
  if (!outgoing) {  // the hub lost it, and it is not kept here any more
    fork(status_.answered);
    return false;
  }
  bool refused = outgoing->rejected && !OB_MUTANT(client_pushes_refused_ones_again);
  ByteView frozen = refused ? ByteView() : ByteView(outgoing->frozen);
  if (!unanswered_.empty() && unanswered_bytes_ + frozen.size() > push_bytes_max_) return false;

  Push push{.seq = next_push_, .digest = outgoing->digest};
  if (refused) push.rejected = outgoing->rejected;
  push.chunks = std::max<std::uint64_t>(
      1, (frozen.size() + limits::chunk_bytes_max - 1) / limits::chunk_bytes_max);
  for (push.chunk = 0; push.chunk < push.chunks; ++push.chunk) {
    push.bytes = frozen.first(std::min(frozen.size(), limits::chunk_bytes_max));
    frozen = frozen.subspan(push.bytes.size());
    send_frame(push);
  }
  auto bytes = refused ? 0 : outgoing->frozen.size();
  unanswered_.push_back({next_push_, bytes});
  unanswered_bytes_ += bytes;
  status_.pushed = next_push_++;
  return true;
}

void Client::hear(const Verdict& verdict) {
  if (verdict.reason == Reason::forked) return fork(verdict.seq - 1);
  if (unanswered_.empty() || verdict.seq != unanswered_.front().seq)
    return fail_connection(Reason::bad_request, "a verdict out of order");
  if (verdict.reason && !is_rejection(*verdict.reason))
    return fail_connection(Reason::bad_request, "a verdict for a reason that is none");
  auto hint = verdict.hint.value_or("");
  auto recorded = verdict.position ? journal_.stored(verdict.seq, *verdict.position)
                                   : journal_.rejected(verdict.seq, *verdict.reason, hint);
  if (!recorded.ok()) return retry_later(recorded.error().message);
  unanswered_bytes_ -= unanswered_.front().bytes;
  unanswered_.pop_front();
  status_.answered = verdict.seq;
  verdict_due_ms_ = never;
  push();
}

void Client::hear(const Pause& pause) {
  status_.paused = pause.reason;
  verdict_due_ms_ = never;
}

void Client::hear(const Resume&) {
  status_.paused.reset();
  push();
}

// ---- Entries ----

void Client::hear(const EntryChunk& chunk) {
  if (!is_talking()) return fail_connection(Reason::bad_request, "ENTRY before WELCOME");
  if (!assembly_) {
    if (chunk.position != status_.position + 1)
      return fail_connection(Reason::bad_request, "an entry out of order");
    assembly_ = Assembly{.facts = {chunk.position, chunk.accepted_ms, chunk.subject},
                         .chain = chunk.chain,
                         .chunks = chunk.chunks};
  }
  auto& entry = *assembly_;
  bool next = chunk.position == entry.facts.position && chunk.chunk == entry.arrived &&
              chunk.chunks == entry.chunks && chunk.chain == entry.chain;
  if (!next) return fail_connection(Reason::bad_request, "a chunk out of order");
  if (entry.bytes.size() + chunk.bytes.size() > limits::transaction_bytes_max)
    return fail_connection(Reason::bad_request, "an entry is longer than a transaction may be");
  append(entry.bytes, chunk.bytes);
  if (++entry.arrived == entry.chunks) take_in();
}

void Client::take_in() {
  Assembly entry = std::move(*assembly_);
  assembly_.reset();
  auto digest = digest_of(entry.bytes);
  auto chain = chain_after(chain_, entry.facts, digest);
  if (chain != entry.chain)
    return fail_connection(Reason::bad_request, "an entry does not continue the log");

  Incoming incoming{.facts = entry.facts,
                    .chain = chain,
                    .digest = digest,
                    .frozen = entry.bytes,
                    .transaction = thaw(entry.bytes)};
  if (incoming.transaction.ok() && incoming.transaction->header.space != options_.space)
    incoming.transaction = outboard::fail(Code::bad_request, "an entry of another space");
  if (is_not_mine(incoming)) return fork(incoming.transaction->header.seq - 1);
  if (auto applied = journal_.apply(incoming); !applied.ok()) {
    if (!OB_MUTANT(client_moves_past_what_it_could_not_store))
      return retry_later(applied.error().message);
  }
  status_.position = entry.facts.position;
  status_.head = std::max(status_.head, status_.position);
  chain_ = chain;

  unacked_bytes_ += entry.bytes.size();
  if (unacked_bytes_ >= options_.window_bytes / 4) return acknowledge();
  if (ack_at_ms_ == never) ack_at_ms_ = now_ms() + limits::ack_delay_ms;
}

// Does an entry bear this replica's name that this replica did not say? Then its file is a copy.
bool Client::is_not_mine(const Incoming& entry) {
  if (!entry.transaction.ok() || OB_MUTANT(client_overlooks_its_twin)) return false;
  auto& header = entry.transaction->header;
  if (header.replica != standing_.replica) return false;
  if (header.seq > journal_.durable_seq()) return true;
  auto own = journal_.outgoing(header.seq);
  return own && own->digest != entry.digest;
}

void Client::fork(std::uint64_t match_seq) {
  if (auto forked = journal_.fork(match_seq); !forked.ok())
    return retry_later(forked.error().message);
  actions_.emplace_back(Tell{Reason::forked});
  retry_later("this file was a copy of another replica's: it has a new id");
}

void Client::acknowledge() {
  unacked_bytes_ = 0;
  ack_at_ms_ = never;
  send_frame(Ack{.position = status_.position,
                 .window = options_.window_bytes,
                 .acked_seq = journal_.acked_seq()});
}

void Client::hear(const Live& live) {
  if (!is_talking() || live.position != status_.position)
    return fail_connection(Reason::bad_request, "LIVE before all was sent");
  status_.phase = Phase::live;
  status_.failed_attempts = 0;
  status_.why.clear();
  token_wanted_ = told_in_use_ = false;
}

// ---- The rest ----

void Client::hear(const AuthDue&) { actions_.emplace_back(Tell{Reason::expired}); }

void Client::hear(const Message& message) {
  if (!message.sender) return fail_connection(Reason::bad_request, "a message without its sender");
  actions_.emplace_back(
      Arrived{message.key, *message.sender, Bytes(message.bytes.begin(), message.bytes.end())});
}

void Client::hear(const Ping& ping) { send_frame(Pong{ping.n}); }

void Client::hear(const Drain& drain) {
  auto after = static_cast<std::int64_t>(
      std::min<std::uint64_t>(drain.reconnect_after_ms, limits::refused_retry_ms));
  retry_later("the hub is going", after + jitter(after + 1));
}

void Client::hear(const ErrorFrame& error) {
  switch (error.reason) {
    case Reason::denied:
    case Reason::expired:
      // Asked once, then tried now and then: somebody may mend it on the other side.
      if (!std::exchange(token_wanted_, true)) actions_.emplace_back(Tell{error.reason});
      return retry_later(error.message, limits::refused_retry_ms);
    case Reason::replica_in_use:
      // Another instance of this very replica is alive: one of the two is a copy.
      if (std::exchange(told_in_use_, true)) return fork(error.match_seq.value_or(0));
      return retry_later(error.message);
    default: break;
  }
  if (error.fatal) return halt(error.reason, error.message);
  auto after = std::min<std::uint64_t>(error.retry_after_ms, limits::refused_retry_ms);
  retry_later(error.message, static_cast<std::int64_t>(after));
}

}  // namespace outboard::sync
