// The bytes of a transaction's record (J3). Two parts, written once, in the commit that they tell
// of:
//
//   intent   what the transaction says: synced, and the same bytes on every replica. They are
//   frozen,
//            with their digest (J4): what is sent again is what was sent.
//   effect   what every row that changed here had before: local, never sent. History and undo read
//   it.
//
// Both are canonical CBOR (docs/journal.md): one intent has one encoding, and bytes that are not it
// are refused. Decoding is for hostile input: it allocates no more than what limits allow.
//
// Values and functions of values.
#pragma once

#include "base/sha256.h"
#include "journal/merge/change.h"

namespace outboard::journal {

// Fails with `too_large` beyond limits::transaction_*_max.
// REQUIRES: an intent that check() lets pass.
Result<Bytes> encode(const Intent& intent);

// An intent that check() lets pass; `bad_request` or `too_large` if these bytes are none,
// `outdated` if they are of a later version.
Result<Intent> decode_intent(ByteView body);

// What a row that changed had of the columns that changed, or all of it if it was removed. Nothing
// of a row that was inserted.
struct RowBefore {
  RowKey row = {};
  std::vector<ColumnWrite> columns = {};  // ascending

  friend bool operator==(const RowBefore&, const RowBefore&) = default;
};
using LocalEffect = std::vector<RowBefore>;  // ascending by row

// The same for effects.
Result<Bytes> encode(const LocalEffect& effect);
Result<LocalEffect> decode_effect(ByteView body);

}  // namespace outboard::journal
