// Journal: the record of every transaction that changes tracked tables, in the same file and the
// same commit as their rows.
//
//   select outboard_track('note')                          from now on; 1, or 0 if it was already
//   select outboard_track('item', 'keys', 'application')   its integer keys are the application's
//   select outboard_untrack('note')                        no longer; what was recorded stays
//
// It watches the writer's connection: nobody calls it when a transaction commits. A file without
// tracked tables has no journal, and pays nothing. On the engine's thread; the connection outlives
// it.
#pragma once

#include <functional>

#include "journal/folded_state.h"
#include "journal/journal_tables.h"
#include "journal/merger.h"
#include "journal/tail.h"

namespace outboard::journal {

class Journal final : private CommitWatch {
 public:
  // Begins to watch, if the file has tracked tables.
  static Result<std::unique_ptr<Journal>> open(Connection& writer, Platform& platform);
  ~Journal() override;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Another database was put in the place of this one (import). If it has a journal, that is a
  // copy: from now on it is a replica of its own (J5).
  Result<void> replaced();

  // As the functions above. They belong into a transaction, and go with it.
  Result<bool> track(std::string_view table, Keys keys);
  Result<bool> untrack(std::string_view table);

  // Takes in what another replica recorded: rows, stamps and record in one commit (J13). The error
  // says why this body cannot be understood, or why nothing can be written; then nothing happened.
  // REQUIRES: no transaction is open.
  Result<void> apply(ByteView intent);

  // Takes in a piece of another replica's folded state (folded_state.h), as acknowledged: it is no
  // transaction, and leaves no record. Fails as apply() does. REQUIRES: no transaction is open.
  Result<void> merge_state(ByteView piece);

  // Runs `work` as one transaction. REQUIRES: none is open.
  Result<void> in_one_commit(const std::function<Result<void>()>& work);

  // ---- For whoever keeps this replica in step; each belongs into such a transaction ----

  // As apply(), of an intent that was decoded from `body`.
  Result<void> take_in(const Intent& intent, ByteView body);

  // Own records which nobody else has are taken back, as if they had never been (J15); or said
  // again under new stamps, in their order (J5, J14), in the same records: returns those of which
  // something is left to say. `kept` are the own records that stay pending.
  Result<void> take_back(std::span<const std::int64_t> records, std::span<const std::int64_t> kept);
  Result<std::vector<std::int64_t>> say_again(std::span<const std::int64_t> records,
                                              std::span<const std::int64_t> kept);

  // A clock that ran ahead: from now on it goes by what others have said, and by the greatest time
  // of an own record that they have accepted. All own ones that they have not are said again then.
  Result<void> set_clock_back(std::uint64_t accepted);

  // From now on it writes under another name. Returns it.
  Result<std::uint64_t> rename();

  // Makes the journal if there is none yet.
  Result<void> ensure();

  // Who this replica is; 0: there is no journal.
  std::uint64_t replica() const { return replica_; }

  // The merged state is what all records together say. REQUIRES: a transaction is open.
  Result<void> fold();
  Merger& merger() { return merger_; }

 private:
  Journal(Connection& writer, Platform& platform);

  Result<void> add_functions();
  Result<void> load();
  Result<void> load_tables();
  Result<void> check_indexes(const TrackedTables& before);
  void watch();
  std::uint64_t new_replica();
  Result<void> create();
  Result<void> load_tail();
  Result<void> record(Capture::Changes changes);
  Result<void> saw(std::uint64_t time);
  Result<void> heard(std::uint64_t time);
  Result<std::vector<Intent>> intents(std::span<const std::int64_t> records);
  Result<void> begin_part();
  Result<void> exec(const char* sql);
  void look_at_tail();

  Result<void> before_commit() override;
  void committed() override;
  void commit_failed() override;
  void partly_undone() override;
  void ended() override;
  void schema_changed() override;
  const char* guards(const char* table) const override;

  Connection& writer_;
  Platform& platform_;
  JournalTables kept_;
  TrackedTables tables_;
  Capture capture_;
  Merger merger_;
  Tail tail_;
  std::uint64_t replica_ = 0;
  std::optional<Clock> clock_;
  std::optional<std::int64_t> recorded_;  // in the commit that is under way
  bool in_part_ = false;                  // which began with a savepoint
  bool committed_ = false;
  bool is_watching_ = false;
  bool tables_may_go_back_ = false;  // they changed in this transaction
};

}  // namespace outboard::journal
