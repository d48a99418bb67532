#include "sync/outbox.h"

#include <algorithm>
#include <unordered_set>

#include "base/assert.h"

namespace outboard::sync {

namespace {

// Rows that something in front waits for.
class Blocked {
 public:
  bool touches(const Outbox::Item& item) const {
    return std::any_of(item.rows.begin(), item.rows.end(),
                       [&](std::uint64_t row) { return rows_.contains(row); });
  }
  void add(const Outbox::Item& item) { rows_.insert(item.rows.begin(), item.rows.end()); }

 private:
  std::unordered_set<std::uint64_t> rows_;
};

}  // namespace

void Outbox::add(Item item) {
  OB_ASSERT(items_.empty() || item.id > items_.back().id);
  items_.push_back(std::move(item));
}

const Outbox::Item* Outbox::next(const std::string& subject) const {
  Blocked blocked;
  for (auto& item : items_) {
    if (item.seq && !item.parked) continue;
    bool waits = item.parked || item.subject != subject || blocked.touches(item);
    if (!waits) return &item;
    blocked.add(item);
  }
  return nullptr;
}

void Outbox::number(std::uint64_t id, std::uint64_t seq) {
  auto item = std::ranges::find(items_, id, &Item::id);
  OB_ASSERT(item != items_.end() && !item->seq);
  item->seq = seq;
}

bool Outbox::stored(std::uint64_t seq) {
  return std::erase_if(items_, [&](const Item& item) { return item.seq == seq && !item.parked; }) >
         0;
}

bool Outbox::park(std::uint64_t seq, Reason reason) {
  for (auto& item : items_) {
    if (item.seq != seq) continue;
    item.parked = reason;
    return true;
  }
  return false;
}

std::vector<std::uint64_t> Outbox::retry(std::uint64_t id) {
  std::vector<std::uint64_t> again;
  Blocked blocked;
  for (auto& item : items_) {
    if (!item.parked || (item.id != id && !blocked.touches(item))) continue;
    blocked.add(item);
    item.parked.reset();
    item.seq.reset();
    again.push_back(item.id);
  }
  return again;
}

bool Outbox::discard(std::uint64_t id) {
  return std::erase_if(items_, [&](const Item& item) { return item.id == id && item.parked; }) > 0;
}

}  // namespace outboard::sync
