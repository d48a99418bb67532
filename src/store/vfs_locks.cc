#include "store/vfs_locks.h"

#include <cstring>

#include "base/assert.h"

namespace outboard {

int DatabaseLock::raise(Holder& holder, int level) {
  if (holder.level >= level) return SQLITE_OK;
  if (reserved_ != nullptr && reserved_ != &holder && level > SQLITE_LOCK_SHARED) {
    return SQLITE_BUSY;
  }
  if (pending_ != nullptr && pending_ != &holder) return SQLITE_BUSY;

  if (holder.level == SQLITE_LOCK_NONE) {
    ++shared_;
    holder.level = SQLITE_LOCK_SHARED;
  }
  if (level == SQLITE_LOCK_RESERVED) {
    reserved_ = &holder;
    holder.level = SQLITE_LOCK_RESERVED;
  } else if (level > SQLITE_LOCK_RESERVED) {
    pending_ = &holder;  // from here on no other can come in, and those who are in will leave
    holder.level = SQLITE_LOCK_PENDING;
    if (shared_ > 1) return SQLITE_BUSY;
    holder.level = SQLITE_LOCK_EXCLUSIVE;
  }
  return SQLITE_OK;
}

void DatabaseLock::lower(Holder& holder, int level) {
  if (holder.level <= level) return;
  if (reserved_ == &holder) reserved_ = nullptr;
  if (pending_ == &holder) pending_ = nullptr;
  if (level == SQLITE_LOCK_NONE) --shared_;
  holder.level = level;
}

int WalIndex::map(Holder& holder, int region, int region_bytes, int extend, void volatile** out) {
  *out = nullptr;
  if (region >= regions_max) return SQLITE_FULL;
  if (!holder.is_mapped) {
    holder.is_mapped = true;
    ++holders_;
  }
  const auto at = static_cast<std::size_t>(region);
  if (at >= regions_.size()) {
    if (extend == 0) return SQLITE_OK;
    regions_.resize(at + 1);
  }
  void*& memory = regions_[at];
  if (memory == nullptr && extend != 0) {
    memory = sqlite3_malloc(region_bytes);
    if (memory == nullptr) return SQLITE_NOMEM;
    std::memset(memory, 0, static_cast<std::size_t>(region_bytes));
  }
  *out = memory;
  return SQLITE_OK;
}

// A connection that shares a lock cannot have it alone either: it may be reading what a checkpoint
// is about to cut off.
bool WalIndex::is_free(const Holder& holder, int lock, bool for_exclusive) const {
  const auto at = static_cast<std::size_t>(lock);
  if (exclusive_[at] != nullptr && exclusive_[at] != &holder) return false;
  return !for_exclusive || shared_[at] == 0;
}

int WalIndex::lock(Holder& holder, int first, int count, int flags) {
  const bool for_exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  if ((flags & SQLITE_SHM_LOCK) != 0) {
    for (int lock = first; lock < first + count; ++lock) {
      if (!is_free(holder, lock, for_exclusive)) return SQLITE_BUSY;
    }
  }
  for (int lock = first; lock < first + count; ++lock) {
    const auto at = static_cast<std::size_t>(lock);
    const auto bit = static_cast<std::uint8_t>(1u << lock);
    if ((flags & SQLITE_SHM_LOCK) == 0) {
      if ((holder.shared & bit) != 0) --shared_[at];
      if ((holder.exclusive & bit) != 0) exclusive_[at] = nullptr;
      holder.shared &= static_cast<std::uint8_t>(~bit);
      holder.exclusive &= static_cast<std::uint8_t>(~bit);
    } else if (for_exclusive) {
      exclusive_[at] = &holder;
      holder.exclusive |= bit;
    } else if ((holder.shared & bit) == 0) {
      ++shared_[at];
      holder.shared |= bit;
    }
  }
  return SQLITE_OK;
}

void WalIndex::unmap(Holder& holder) {
  lock(holder, 0, SQLITE_SHM_NLOCK, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED);
  if (!holder.is_mapped) return;
  holder.is_mapped = false;
  OB_ASSERT(holders_ > 0);
  if (--holders_ == 0) clear();
}

void WalIndex::clear() {
  for (void* region : regions_) sqlite3_free(region);
  regions_.clear();
}

}  // namespace outboard
