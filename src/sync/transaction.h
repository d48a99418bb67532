// A transaction as it travels: frozen by its author, the same bytes for everybody and for ever
// (J4). A header, which says who wrote it and what follows, and then its parts: opaque, perhaps
// sealed.
//
//   frozen = header part*         digest = SHA-256(header)
//
// The header holds the hash of each part, so the digest stands for all of it, also for who follows
// only some of the parts. The log's chain is made of digests.
//
// Values and functions of values. What was read points into the bytes that it was read from.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/stamp.h"
#include "sync/ids.h"

namespace outboard::sync {

inline constexpr std::uint64_t header_version = 1;

// The numbers are part of frozen bytes: do not change them.
enum class TransactionKind : std::uint8_t { transaction = 1, state = 2, control = 3 };

struct Part {
  std::optional<std::string> topic = {};
  std::optional<std::string> key_id = {};  // sealed with this key
  std::uint64_t algorithm = 0;             // 0: as it is
  std::uint64_t bytes = 0;
  Digest hash = {};

  friend bool operator==(const Part&, const Part&) = default;
};

struct Header {
  std::uint64_t version = header_version;
  std::string space = {};
  ReplicaId replica{};
  std::uint64_t seq = 0;   // of this replica, from 1 on, without gaps
  Stamp stamp = {};        // the greatest in the parts
  std::uint64_t seen = 0;  // the position that its author had read to
  TransactionKind kind = TransactionKind::transaction;
  std::vector<Part> parts = {};

  friend bool operator==(const Header&, const Header&) = default;
};

struct Transaction {
  Header header = {};
  std::vector<ByteView> parts = {};
};

// Freezes a transaction. `header.parts` are given but for their lengths and hashes.
// REQUIRES: as many parts in the header as there are bytes for; the header within its limits.
Bytes freeze(Header header, std::span<const Bytes> parts);

// Reads frozen bytes, and checks lengths, hashes, and that the stamp is the author's own.
// `bad_request` or `too_large` if they are not what freeze() writes; `outdated` if they may be, to
// a newer version.
Result<Transaction> thaw(ByteView frozen);

// What stands for a transaction: a pure function of its bytes, well-formed or not.
Digest digest_of(ByteView frozen);

// ---- The chain ----

// What an entry of the log says beside its transaction.
struct EntryFacts {
  std::uint64_t position = 0;
  std::uint64_t accepted_ms = 0;
  std::string subject = {};

  friend bool operator==(const EntryFacts&, const EntryFacts&) = default;
};

// The chain before the first entry.
Digest chain_start(const Epoch& epoch);

// The chain after an entry: it stands for the whole log up to there.
Digest chain_after(const Digest& chain, const EntryFacts& facts, const Digest& digest);

}  // namespace outboard::sync
