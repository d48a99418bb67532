// OutcomeTable: where a file keeps which numbered requests were applied, beside the rows they
// changed (rule H8).
//
// The table is made when the first of them is written; it is a hidden one (store/hidden_table.h).
// Belongs to the writer's connection: same thread, shorter life.
#pragma once

#include <optional>

#include "base/uuid.h"
#include "store/connection.h"

namespace outboard {

class OutcomeTable {
 public:
  explicit OutcomeTable(Connection& writer) : writer_(writer) {}

  // What is kept of a request. The numbers reach the disk: do not change them.
  enum class State : std::uint8_t {
    begun = 0,        // a part of it may be there
    applied = 1,      // all of it is there
    with_answer = 2,  // and so is its answer
  };
  struct Entry {
    Uuid client{};
    std::uint64_t n = 0;
    std::int64_t at_ms = 0;
    State state = State::applied;
    Bytes answer = {};  // the body of the reply
  };

  // In the transaction that is open, or else in one of its own. Takes the place of what was kept of
  // that request before.
  Result<void> put(const Entry& entry);
  Result<void> erase(const Uuid& client, std::uint64_t n);

  Result<std::optional<Entry>> find(const Uuid& client, std::uint64_t n);

  // The greatest number of that client; 0: nothing of it is kept.
  Result<std::uint64_t> newest(const Uuid& client);

  Result<void> erase_up_to(const Uuid& client, std::uint64_t n);

  // Forgets all but so many clients, those that wrote last.
  Result<void> keep_clients(std::uint64_t clients);

  // Puts all of it, and `note`, in place of what another database has of it. Where there is nothing
  // on either side, that one is left as it is.
  Result<void> copy_to(sqlite3* other, const std::optional<Entry>& note);

 private:
  Result<Statement*> use(StatementLease& kept, const char* sql);
  Result<void> try_put(const Entry& entry);
  Result<bool> exists();
  Result<void> run(StatementLease& kept, const char* sql, const Uuid& client, std::uint64_t n);

  Connection& writer_;
  StatementLease put_, erase_, find_, newest_, erase_up_to_, keep_clients_, exists_;
};

}  // namespace outboard
