// Savepoints: which of them are open on a connection, to know the RELEASE that commits.
//
// A SAVEPOINT outside of a transaction begins one, which the RELEASE of that name ends. SQLite
// knows that, but does not tell. Belongs to the writer's connection, on its thread.
#pragma once

#include <string>
#include <vector>

#include "store/statement.h"

namespace outboard {

class Savepoints {
 public:
  // Would that statement commit, if it were run now?
  bool commits(const Traits& traits, bool in_transaction) const;

  // A statement that divides transactions was run, without an error. `was_open`: there was a
  // transaction before it.
  void ran(const Traits& traits, bool was_open);

  // There is no transaction now.
  void clear() { names_.clear(); }

 private:
  // Where the innermost of that name is; names_.size() if there is none.
  std::size_t find(const std::string& name) const;

  std::vector<std::string> names_;  // lower case, the outermost first
  bool outermost_is_transaction_ = false;
};

}  // namespace outboard
