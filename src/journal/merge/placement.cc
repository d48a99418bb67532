#include "journal/merge/placement.h"

#include <algorithm>
#include <map>
#include <set>

namespace outboard::journal {

namespace {

// The first claim on each key that a touched row has or had.
class Contests {
 public:
  Contests(const World& world, std::span<const Touched> touched)
      : world_(world), touched_(touched) {
    for (const auto& each : touched) {
      for (const auto& key : each.before.keys) enter(key);
      for (const auto& key : each.after.keys) {
        auto& first = enter(key);
        Claim claim{each.after.added, each.row.key};
        if (!first || claim < *first) first = std::move(claim);
      }
    }
  }

  // The rows that are not touched and whose claim may have become or ceased to be the first.
  const std::set<RowKey>& others() const { return others_; }

  bool is_first(const RowKey& row, const Claims& claims) const {
    Claim own{claims.added, row.key};
    return std::ranges::all_of(claims.keys, [&](const UniqueKey& key) {
      auto at = firsts_.find(key);
      return (at == firsts_.end() ? world_.next_claim(key, nullptr) : at->second) == own;
    });
  }

 private:
  std::optional<Claim>& enter(const UniqueKey& key) {
    auto [at, is_new] = firsts_.try_emplace(key);
    if (!is_new) return at->second;
    at->second = first_untouched(key);
    if (at->second) others_.insert({key.table, at->second->row});
    return at->second;
  }

  // All further claims stand behind this one, now as before: their rows cannot move.
  std::optional<Claim> first_untouched(const UniqueKey& key) const {
    auto claim = world_.next_claim(key, nullptr);
    while (claim && is_touched({key.table, claim->row})) claim = world_.next_claim(key, &*claim);
    return claim;
  }

  bool is_touched(const RowKey& row) const {
    return std::ranges::binary_search(touched_, row, {}, &Touched::row);
  }

  const World& world_;
  std::span<const Touched> touched_;
  std::map<UniqueKey, std::optional<Claim>> firsts_;
  std::set<RowKey> others_;
};

}  // namespace

Claims claims_of(const World& world, const RowKey& row, const RowState& state) {
  if (!state.alive() || !world.fits(row, state)) return {};
  return {true, state.added()->stamp, world.unique_keys(row, state)};
}

Placement place(const World& world, std::span<const Touched> touched) {
  Contests contests(world, touched);
  Placement placement;
  placement.touched.reserve(touched.size());
  for (const auto& each : touched)
    placement.touched.push_back(each.after.eligible && contests.is_first(each.row, each.after));
  for (const auto& row : contests.others()) {
    RowState state = world.load(row);
    bool first = contests.is_first(row, claims_of(world, row, state));
    placement.others.push_back({row, std::move(state), first});
  }
  return placement;
}

}  // namespace outboard::journal
