#include "journal/merge/pass.h"

#include <algorithm>

namespace outboard::journal {

void Pass::merge(const Intent& intent, Origin origin) {
  for (const auto& change : intent.rows)
    journal::merge(entry(change.row).state, change, intent.stamp, origin);
}

void Pass::merge(const RowKey& key, const RowState& state) {
  journal::merge(entry(key).state, state);
}

void Pass::drop(std::span<const Intent> dropped, std::span<const Intent> kept) {
  struct Changes {
    std::vector<StampedChange> dropped, kept;
  };
  std::map<RowKey, Changes> rows;
  for (const auto& intent : dropped) {
    for (const auto& change : intent.rows)
      rows[change.row].dropped.push_back({&change, intent.stamp});
  }
  for (const auto& intent : kept) {
    for (const auto& change : intent.rows) {
      if (auto at = rows.find(change.row); at != rows.end())
        at->second.kept.push_back({&change, intent.stamp});
    }
  }
  for (const auto& [key, changes] : rows)
    journal::drop(entry(key).state, changes.dropped, changes.kept);
}

std::optional<Intent> Pass::reissue(const Intent& dropped, Stamp stamp) {
  restamped_[dropped.stamp] = stamp;
  Intent again{.stamp = stamp};
  for (const auto& change : dropped.rows) {
    auto said = journal::reissue(change, dropped.stamp, stamp, restamped_,
                                 world_.rules(change.row.table), entry(change.row).state);
    if (said) again.rows.push_back(std::move(*said));
  }
  if (again.rows.empty()) return std::nullopt;
  merge(again, Origin::pending);
  return again;
}

Effect Pass::finish() && {
  Effect effect;
  std::vector<Touched> touched;
  for (auto& [key, entry] : rows_) {
    RowDelta delta = difference(entry.before, entry.state);
    if (!delta.touched) continue;
    touched.push_back({.row = key,
                       .before = claims_of(world_, key, entry.before),
                       .after = claims_of(world_, key, entry.state)});
    effect.push_back({.row = key,
                      .state = std::move(entry.state),
                      .delta = std::move(delta),
                      .in_table = world_.in_table(key),
                      .rekeyed = touched.back().before.keys != touched.back().after.keys});
  }
  Placement placement = place(world_, touched);
  for (std::size_t i = 0; i < effect.size(); ++i) effect[i].lives = placement.touched[i];
  for (auto& other : placement.others) {
    bool in_table = world_.in_table(other.row);
    if (in_table == other.lives) continue;
    effect.push_back({.row = std::move(other.row),
                      .state = std::move(other.state),
                      .delta = {.alive_before = true, .alive_after = true},
                      .in_table = in_table,
                      .lives = other.lives});
  }
  std::ranges::sort(effect, {}, &RowEffect::row);
  return effect;
}

Pass::Entry& Pass::entry(const RowKey& key) {
  auto [at, is_new] = rows_.try_emplace(key);
  if (is_new) {
    at->second.before = world_.load(key);
    at->second.state = at->second.before;
  }
  return at->second;
}

}  // namespace outboard::journal
