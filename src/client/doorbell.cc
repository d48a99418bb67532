#include "client/doorbell.h"

#include <algorithm>
#include <utility>

#include "client/no_waiting.h"

namespace outboard::detail {

void Doorbell::add(Executor& executor) {
  std::lock_guard lock(mutex_);
  auto entry = std::ranges::find(entries_, &executor, &Entry::executor);
  if (entry == entries_.end()) entry = entries_.insert(entry, {.executor = &executor});
  ++entry->awaited;
  ++awaited_;
}

void Doorbell::remove(Executor& executor) {
  std::lock_guard lock(mutex_);
  auto entry = std::ranges::find(entries_, &executor, &Entry::executor);
  --awaited_;
  if (--entry->awaited == 0) entries_.erase(entry);
}

void Doorbell::ring() {
  if (attends_) answer_();
  if (awaited_ == 0) return;
  std::vector<Executor*> untold;
  {
    std::lock_guard lock(mutex_);
    for (auto& entry : entries_)
      if (!std::exchange(entry.is_told, true)) untold.push_back(entry.executor);
  }
  NoWaiting here;
  for (auto* executor : untold)
    executor->post([self = shared_from_this(), executor] { self->look(executor); });
}

void Doorbell::look(Executor* executor) {
  {
    std::lock_guard lock(mutex_);
    auto entry = std::ranges::find(entries_, executor, &Entry::executor);
    if (entry != entries_.end()) entry->is_told = false;
  }
  answer_();
}

}  // namespace outboard::detail
