// Snapshots: a database out to a file's bytes and in again.
#pragma once

#include <vector>

#include "store/store.h"

namespace outboard {

// The bytes of the database, page by page, as one snapshot: a reader in a transaction of its own
// with the statement whose rows, one blob each, are the file.
struct SnapshotReader {
  ReaderLease reader;
  StatementLease pages;
  std::int64_t bytes = 0;
};
Result<SnapshotReader> read_snapshot(Store& store);

// A snapshot says that it has no write-ahead log of its own beside it: every SQLite can then open
// it, also from memory. Changes the first page, of at least 100 bytes.
void mark_as_whole(std::span<std::uint8_t> first_page);

// Replaces everything in `database` by the database in `file`, in one transaction, or changes
// nothing: `corrupt` if that is not a sound one, `bad_request` if its texts are encoded in another
// way. What is kept of numbered requests stays as it is here, and `note` is added to it; what the
// file brings of such is dropped. REQUIRES: no transaction is open on the writer.
Result<void> restore_snapshot(Store& store, Bytes file, Platform& platform,
                              const std::optional<OutcomeTable::Entry>& note = std::nullopt);

}  // namespace outboard
