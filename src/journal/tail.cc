#include "journal/tail.h"

#include "base/limits.h"

namespace outboard::journal {

void Tail::add(std::int64_t record, Changes changes, std::size_t bytes) {
  under_way_ = Kept{record, std::move(changes), bytes};
}

bool Tail::would_be_full(std::size_t rows, std::size_t bytes) const {
  return rows_ + rows > limits::unfolded_rows_max || bytes_ + bytes > limits::unfolded_bytes_max;
}

std::vector<const Tail::Changes*> Tail::all() const {
  std::vector<const Changes*> all;
  for (const auto& kept : kept_)
    if (kept.record > folded_) all.push_back(&kept.changes);
  if (under_way_ && under_way_->record > folded_) all.push_back(&under_way_->changes);
  return all;
}

std::int64_t Tail::newest() const {
  auto newest = under_way_ ? under_way_->record : kept_.empty() ? 0 : kept_.back().record;
  return newest > folded_ ? newest : 0;
}

void Tail::committed() {
  if (under_way_) {
    rows_ += under_way_->changes.intent.rows.size();
    bytes_ += under_way_->bytes;
    kept_.push_back(std::move(*under_way_));
    under_way_.reset();
  }
  if (folded_ == 0) return;
  std::erase_if(kept_, [&](const Kept& kept) {
    if (kept.record > folded_) return false;
    rows_ -= kept.changes.intent.rows.size();
    bytes_ -= kept.bytes;
    return true;
  });
  folded_ = 0;
}

void Tail::taken_back() {
  under_way_.reset();
  folded_ = 0;
}

}  // namespace outboard::journal
