// What both sides of the dialogue call things by. Values.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string_view>

#include "base/sha256.h"

namespace outboard::sync {

// A copy of a space. The same number is in the stamps of what it writes.
enum class ReplicaId : std::uint64_t {};

using Epoch = std::array<std::uint8_t, 16>;  // a life of a space: created again, it has another
using Instance =
    std::array<std::uint8_t, 16>;  // random, one for each time that a replica is opened

// A place in a space's log, and what stands for all that lies up to there. Position 0 is before the
// first entry.
struct Checkpoint {
  std::uint64_t position = 0;
  Digest chain = {};

  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// Why something was refused, held back or ended. The numbers reach the wire: do not change them.
enum class Reason : std::uint8_t {
  // Of one transaction, for good: the same bytes are never taken (Y5).
  too_large = 1,
  future_stamp = 2,
  stale_stamp = 3,
  bad_envelope = 4,
  denied = 5,

  // Of the link: the transaction will do later (Y5).
  busy = 16,
  quota = 17,
  read_only = 18,
  expired = 19,
  unavailable = 20,

  // Of the dialogue.
  bad_request = 32,
  outdated = 33,
  not_found = 34,
  timeout = 35,
  forked = 36,          // another transaction has this number: one of the two files is a copy
  replica_in_use = 37,  // by another instance, which is alive
  displaced = 38,       // by a newer connection of the same replica
  other_subject = 39,   // the replica belongs to somebody else
  internal = 40,
};
inline constexpr std::uint64_t reason_max = 255;  // what a later version may send

// "future_stamp"; "unknown" for a number of a later version.
std::string_view name_of(Reason reason);

// May a transaction be refused for it?
constexpr bool is_rejection(Reason reason) {
  return reason >= Reason::too_large && reason <= Reason::denied;
}

}  // namespace outboard::sync
