// Numbers: small numbers for large ids (columns, replicas), so that stamps are short in the file.
//
// Kept in a hidden table, and known in memory. Belongs to the writer's connection: same thread,
// shorter life.
#pragma once

#include <map>

#include "store/connection.h"

namespace outboard::journal {

class Numbers {
 public:
  explicit Numbers(Connection& writer) : writer_(writer) {}

  // Gives it one if it has none.
  Result<std::uint64_t> number_of(std::uint64_t id);

  // Fails with `corrupt` if no id has that number.
  Result<std::uint64_t> id_of(std::uint64_t number);

  // A transaction was taken back: its numbers may be gone.
  void forget();

 private:
  Result<void> load();

  Connection& writer_;
  std::map<std::uint64_t, std::uint64_t> numbers_, ids_;
  bool loaded_ = false;
  bool added_ = false;
};

}  // namespace outboard::journal
