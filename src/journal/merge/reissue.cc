#include "journal/merge/reissue.h"

#include <algorithm>

#include "base/assert.h"

namespace outboard::journal {

namespace {

const Version* acknowledged(const RowState& row, const Slot& slot) {
  const Held* held = row.find(slot);
  return held ? held->in(Layer::acknowledged) : nullptr;
}

const Version* acknowledged(const RowState& row, Slot::Kind kind) {
  return acknowledged(row, Slot{.kind = kind});
}

std::optional<RowChange> reissue_remove(const RowChange& change, Stamp now,
                                        const Restamped& restamped, const RowState& row) {
  const Version* added = acknowledged(row, Slot::Kind::added);
  const Version* covered = acknowledged(row, Slot::Kind::covered);
  if (added && added->stamp > *change.covers) return std::nullopt;
  if (covered && covered->stamp >= *change.covers) return std::nullopt;
  auto own = restamped.find(*change.covers);
  RowChange again = change;
  // What lies ahead of `now` and has no new stamp was an insert that was discarded meanwhile.
  again.covers = own == restamped.end() ? std::min(*change.covers, now) : own->second;
  return again;
}

bool insert_lost(Stamp was, const RowState& row) {
  const Version* added = acknowledged(row, Slot::Kind::added);
  const Version* covered = acknowledged(row, Slot::Kind::covered);
  return (added && added->stamp >= was) || (covered && covered->stamp >= was);
}

}  // namespace

std::optional<RowChange> reissue(const RowChange& change, Stamp was, Stamp now,
                                 const Restamped& restamped, const TableRules& rules,
                                 const RowState& row) {
  if (now != was) {
    for (const auto& held : row.slots)
      OB_ASSERT(!held.acknowledged || held.acknowledged->stamp < now);
  }
  if (change.verb == Verb::remove) return reissue_remove(change, now, restamped, row);

  RowChange again{.row = change.row, .verb = change.verb};
  if (change.verb == Verb::insert) {
    if (insert_lost(was, row))
      again.verb = Verb::update;
    else
      again.moved_from = change.moved_from;
  }
  for (const auto& write : change.columns) {
    const Version* base = acknowledged(row, {.kind = Slot::Kind::column, .column = write.column});
    if (!base || beats(was, view_of(write.value), *base)) again.columns.push_back(write);
  }
  if (now != was) complete_groups(again.columns, rules, row);
  for (const auto& write : change.counters) {
    if (write.delta == 0) continue;
    const Held* own =
        row.find({.kind = Slot::Kind::counter, .column = write.column, .replica = now.replica});
    OB_ASSERT(!own || !own->pending || own->pending->stamp < now);  // later totals went back too
    auto total = total_after(row, write.column, now.replica, write.delta);
    again.counters.push_back({write.column, write.delta, total});
  }
  bool says_something =
      again.verb == Verb::insert || !again.columns.empty() || !again.counters.empty();
  return says_something ? std::optional(std::move(again)) : std::nullopt;
}

std::vector<CounterWrite> take_up(RowChange& refused, const RowChange& acknowledged) {
  std::vector<CounterWrite> taken;
  for (auto& write : refused.counters) {
    if (write.delta == 0) continue;
    auto same = std::ranges::find(acknowledged.counters, write.column, &CounterWrite::column);
    if (same == acknowledged.counters.end()) continue;
    taken.push_back(write);
    write.delta = 0;
  }
  return taken;
}

}  // namespace outboard::journal
