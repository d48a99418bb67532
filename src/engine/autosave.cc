#include "engine/autosave.h"

#include <algorithm>

#include "base/limits.h"

namespace outboard {

Autosave::Autosave(Store& store, SaveTarget& target, Platform& platform)
    : store_(store),
      target_(target),
      platform_(platform),
      saved_commits_(store.commits()),
      delay_us_(limits::autosave_delay_us) {}

Autosave::~Autosave() {
  if (save_) target_.abandon();
}

bool Autosave::has_changed() const { return store_.commits() != saved_commits_; }

bool Autosave::is_due() const {
  return asked_ > answered_ ||
         (changed_at_us_ && platform_.monotonic_us() >= changed_at_us_ + delay_us_);
}

bool Autosave::work() {
  if (!changed_at_us_ && has_changed()) changed_at_us_ = platform_.monotonic_us();
  if (!save_ && !is_due()) return false;
  auto more = save_ ? copy() : begin();
  if (!more) {
    end(more.error());
  } else if (!*more) {
    end({});
  }
  return save_ || asked_ > answered_;
}

std::optional<std::int64_t> Autosave::wake_at_us() const {
  if (save_ || !changed_at_us_) return std::nullopt;
  return changed_at_us_ + delay_us_;
}

std::uint64_t Autosave::ask() {
  // One that is under way may have begun before the last commit.
  return save_ && save_->commits == store_.commits() ? (save_->asked = ++asked_) : ++asked_;
}

std::optional<Result<void>> Autosave::outcome(std::uint64_t asked) const {
  if (answered_ < asked) return std::nullopt;
  return last_;
}

Result<void> Autosave::finish() {
  if (!has_changed() && !save_) return {};
  for (auto mine = ask(); answered_ < mine;) work();
  return last_;
}

Result<bool> Autosave::begin() {
  if (!has_changed()) return false;  // it was asked for, and there is nothing to save
  TRY(target_.begin());
  save_.emplace(Save{.snapshot = TRY(read_snapshot(store_)),
                     .commits = store_.commits(),
                     .asked = asked_,
                     .begun_us = platform_.monotonic_us()});
  return true;
}

Result<bool> Autosave::copy() {
  auto& pages = *save_->snapshot.pages;
  for (std::size_t copied = 0; copied < limits::batch_bytes;) {
    if (!TRY(pages.step())) {
      TRY(target_.finish());
      return false;
    }
    auto page = pages.blob(0);
    copied += page.size();
    if (std::exchange(save_->is_first_page, false)) {
      Bytes first(page.begin(), page.end());
      mark_as_whole(first);
      TRY(target_.append(first));
    } else {
      TRY(target_.append(page));
    }
  }
  return true;
}

void Autosave::end(Result<void> result) {
  auto save = std::exchange(save_, std::nullopt);
  answered_ = save ? save->asked : asked_;
  last_ = std::move(result);
  auto now_us = platform_.monotonic_us();
  if (last_) {
    if (save) {
      saved_commits_ = save->commits;
      delay_us_ = std::max(limits::autosave_delay_us,
                           limits::autosave_delay_factor * (now_us - save->begun_us));
    }
    changed_at_us_ = has_changed() ? now_us : 0;
  } else {
    target_.abandon();
    changed_at_us_ = now_us;
    delay_us_ = limits::autosave_failed_delay_us;
  }
}

}  // namespace outboard
