// What the client machine asks of the replica that it keeps in step: where it stands, what it has
// to say, and to take in what others said. The journal of an engine is one; the simulator has
// another.
//
// Called on the engine's thread, from inside the machine's calls; must outlive the machine. It must
// not call the machine back. Each call that changes something is one local commit, all of it or
// nothing; an Error says that this machine cannot write at present (disk, memory), and the same
// will be asked again later. There is no other reason to fail: what cannot be understood is
// quarantined, and the call succeeds (Y6).
#pragma once

#include <optional>
#include <vector>

#include "sync/transaction.h"

namespace outboard::sync {

// Where a replica stands.
struct Standing {
  ReplicaId replica{};
  std::optional<Epoch> epoch = {};           // none: never connected
  std::vector<Checkpoint> checkpoints = {};  // the newest first; that is the position. None: 0
};

// One of the replica's own transactions.
struct Outgoing {
  Digest digest = {};
  Bytes frozen = {};
  std::optional<Reason> rejected = {};  // by an earlier verdict
};

// An entry of the log.
struct Incoming {
  EntryFacts facts = {};
  Digest chain = {};
  Digest digest = {};
  ByteView frozen = {};

  // What is in it, or why this version cannot read it: then it is to be quarantined.
  Result<Transaction> transaction;
};

class Journal {
 public:
  virtual ~Journal() = default;

  virtual Standing standing() = 0;

  // All up to here have a verdict, by a commit that a power cut cannot undo. Goes back by
  // forget_verdicts() and fork() only.
  virtual std::uint64_t acked_seq() = 0;

  // Transactions up to here have their number for good: a power cut cannot undo them (Y1).
  virtual std::uint64_t durable_seq() = 0;

  // The transaction of that number, if it is kept. All above acked_seq are kept, and as many of
  // those before as can be: from them a hub is repaired that lost its memory (Y3).
  virtual std::optional<Outgoing> outgoing(std::uint64_t seq) = 0;

  // The verdict on an own transaction, perhaps for the second time (Y4). What depends on a rejected
  // one and has no number yet gets none while it is parked; all else goes on. Should a hub that
  // lost its memory refuse what it once stored (its clock went back, say), it is parked all the
  // same.
  virtual Result<void> stored(std::uint64_t seq, std::uint64_t position) = 0;
  virtual Result<void> rejected(std::uint64_t seq, Reason reason, std::string_view hint) = 0;

  // Takes an entry in: rows, stamps, position and chain in one commit. It may be an own one, or one
  // that was taken in before. REQUIRES: it is the next one after the position.
  virtual Result<void> apply(const Incoming& entry) = 0;

  // The first connection to the space: this is its life.
  virtual Result<void> adopt(const Epoch& epoch) = 0;

  // The hub's log went another way from here on: goes back there, and keeps all that it merged.
  // What follows is taken in anew. (Position 0 has no checkpoint.)
  virtual Result<void> rewind(std::uint64_t position) = 0;

  // The hub lost its memory of what came after that number: those verdicts are void, and may be
  // others the second time. acked_seq() and durable_seq() are no greater until a flush covers this,
  // so nothing is pushed again that a crash would then take for answered.
  virtual Result<void> forget_verdicts(std::uint64_t after_seq) = 0;

  // This file is a copy of another replica's, or an old one of its own (J5): takes a new id and
  // says again, re-stamped, what was said after `match_seq`. Numbers start anew with 1.
  virtual Result<void> fork(std::uint64_t match_seq) = 0;
};

}  // namespace outboard::sync
