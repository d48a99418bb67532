#include "sync/checkpoints.h"

#include "base/assert.h"
#include "sync/limits.h"

namespace outboard::sync {

void Checkpoints::add(const Checkpoint& checkpoint) {
  OB_ASSERT(all_.empty() || checkpoint.position > all_.front().position);
  all_.insert(all_.begin(), checkpoint);
  if (all_.size() <= limits::checkpoints_max) return;
  // The one whose loss widens a gap least, for how far back it lies. Newest and oldest stay.
  std::size_t least = 1;
  double least_ratio = 0;
  for (std::size_t i = 1; i + 1 < all_.size(); ++i) {
    auto gap = static_cast<double>(all_[i - 1].position - all_[i + 1].position);
    auto ratio = gap / static_cast<double>(checkpoint.position - all_[i].position);
    if (i > 1 && ratio >= least_ratio) continue;
    least = i;
    least_ratio = ratio;
  }
  all_.erase(all_.begin() + static_cast<std::ptrdiff_t>(least));
}

void Checkpoints::cut(std::uint64_t position) {
  std::erase_if(all_, [&](const Checkpoint& one) { return one.position > position; });
}

}  // namespace outboard::sync
