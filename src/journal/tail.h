// Tail: the newest local transactions, which the merged state does not hold yet (J21). One by one
// their rows would cost as much again as the rows themselves; many at once cost little.
//
// It knows what is committed and what is not. A value on the engine's thread.
#pragma once

#include <optional>

#include "journal/capture.h"

namespace outboard::journal {

class Tail {
 public:
  using Changes = Capture::Changes;

  // The record of the commit that is under way; `bytes` are about what it takes.
  void add(std::int64_t record, Changes changes, std::size_t bytes);

  // With such a record more, is it to be folded?
  bool would_be_full(std::size_t rows, std::size_t bytes) const;

  bool is_empty() const { return kept_.empty() && !under_way_; }

  // Those that the merged state does not hold, in the order of their records, the one under way
  // included.
  std::vector<const Changes*> all() const;

  // The newest of them; 0: there is none.
  std::int64_t newest() const;

  // By the transaction that is open the merged state holds all up to that record, and no others.
  void set_folded(std::int64_t record) { folded_ = record; }

  // The commit took place, or not.
  void committed();
  void taken_back();

 private:
  struct Kept {
    std::int64_t record = 0;
    Changes changes = {};
    std::size_t bytes = 0;
  };
  std::vector<Kept> kept_;
  std::optional<Kept> under_way_;
  std::size_t rows_ = 0, bytes_ = 0;  // of those kept
  std::int64_t folded_ = 0;
};

}  // namespace outboard::journal
