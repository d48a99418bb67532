// JournalTables: where a file keeps its journal: who this replica is, which tables are tracked, and
// the records of its transactions.
//
// Hidden tables (store/hidden_table.h), made when the first table is tracked. Belongs to the
// writer's connection: same thread, shorter life.
#pragma once

#include <optional>

#include "journal/record_format.h"
#include "journal/tracked_table.h"

namespace outboard::journal {

class JournalTables {
 public:
  explicit JournalTables(Connection& writer) : writer_(writer) {}

  // Are they there?
  Result<bool> exist();

  // Makes them, and gives the replica its name.
  Result<void> create(std::uint64_t replica);

  Result<std::uint64_t> replica();
  Result<void> set_replica(std::uint64_t replica);

  struct Tracked {
    std::string name;
    Keys keys = Keys::unique;
  };
  Result<std::vector<Tracked>> tracked();
  Result<void> track(const Tracked& table);
  Result<void> untrack(std::string_view name);

  // The greatest time in all stamps that were made or seen; 0: there is none.
  Result<std::uint64_t> latest_time();
  Result<void> saw(std::uint64_t time);

  // The same of what others have said; and back to that, if `accepted` is not later.
  Result<void> heard(std::uint64_t time);
  Result<void> set_back(std::uint64_t accepted);
  Result<std::uint64_t> seen();  // but for the newest record

  // Up to which record the merged state holds what was recorded.
  Result<std::int64_t> folded();
  Result<void> set_folded(std::int64_t record);

  struct Record {
    std::int64_t number = 0;
    Intent intent = {};
    LocalEffect effect = {};
  };
  // The first record behind that one; nothing behind the last.
  Result<std::optional<Record>> next(std::int64_t behind);

  // Returns the number of the record.
  Result<std::int64_t> append(Stamp stamp, ByteView intent, ByteView effect);
  Result<void> take_back(std::int64_t record);

  // The same said again: another stamp, another intent; what it did here stays.
  Result<void> rewrite(std::int64_t record, Stamp stamp, ByteView intent);

 private:
  Result<StatementLease> ask(const char* sql) { return writer_.prepare_own(sql); }

  Connection& writer_;
  StatementLease append_, folded_, saw_, heard_;
};

}  // namespace outboard::journal
