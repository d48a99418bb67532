#include "journal/merge/row_state.h"

#include <algorithm>

#include "journal/merge/value_form.h"

namespace outboard::journal {

namespace {

Bytes encoded(const ValueView& value) {
  Bytes bytes;
  cbor::Writer(bytes).value(value);
  return bytes;
}

// Calls take(slot, stamp, value) for each version that the change writes, ascending by slot.
template <class Take>
void for_each_write(const RowChange& change, Stamp stamp, Take take) {
  if (change.verb == Verb::insert) {
    ValueView from;
    if (change.moved_from) from = {.kind = Kind::blob, .bytes = *change.moved_from};
    take(Slot{.kind = Slot::Kind::added}, stamp, from);
  }
  if (change.covers) take(Slot{.kind = Slot::Kind::covered}, *change.covers, ValueView{});
  for (const auto& write : change.columns)
    take(Slot{.kind = Slot::Kind::column, .column = write.column}, stamp, view_of(write.value));
  for (const auto& write : change.counters) {
    take(Slot{.kind = Slot::Kind::counter, .column = write.column, .replica = stamp.replica}, stamp,
         ValueView{.kind = Kind::integer, .integer = write.total});
  }
}

// Does the version change anything?
bool raise(Held& held, Stamp stamp, const ValueView& value, Origin origin) {
  if (held.acknowledged && !beats(stamp, value, *held.acknowledged)) return false;
  if (origin == Origin::pending) {
    if (held.pending && !beats(stamp, value, *held.pending)) return false;
    held.pending = Version{stamp, value.to_value()};
    return true;
  }
  held.acknowledged = Version{stamp, value.to_value()};
  if (held.pending && !beats(*held.pending, *held.acknowledged)) held.pending.reset();
  return true;
}

std::optional<Version> copy_of(const Version* version) {
  return version ? std::optional(*version) : std::nullopt;
}

std::vector<Held>::iterator place_of(std::vector<Held>::iterator from,
                                     std::vector<Held>::iterator end, const Slot& slot) {
  return std::ranges::lower_bound(from, end, slot, {}, &Held::slot);
}

// Raises slots one after the other, ascending; what the row lacks is put in at the end, all at
// once.
class Raising {
 public:
  explicit Raising(RowState& row) : row_(row), at_(row.slots.begin()) {
    delta_.alive_before = row.alive();
  }

  void raise(const Slot& slot, Stamp stamp, const ValueView& value, Origin origin) {
    at_ = place_of(at_, row_.slots.end(), slot);
    if (at_ == row_.slots.end() || at_->slot != slot) {
      fresh_.push_back({.slot = slot});
      journal::raise(fresh_.back(), stamp, value, origin);
      delta_.slots.push_back({slot, std::nullopt, copy_of(fresh_.back().in(Layer::merged))});
      return;
    }
    const Version* winner = at_->in(Layer::merged);
    bool wins = !winner || beats(stamp, value, *winner);
    auto before = wins ? copy_of(winner) : std::nullopt;
    if (!journal::raise(*at_, stamp, value, origin)) return;
    delta_.touched = true;
    if (wins) delta_.slots.push_back({slot, std::move(before), copy_of(at_->in(Layer::merged))});
  }

  RowDelta finish() {
    if (!fresh_.empty()) {
      std::vector<Held> all(row_.slots.size() + fresh_.size());
      std::merge(std::move_iterator(row_.slots.begin()), std::move_iterator(row_.slots.end()),
                 std::move_iterator(fresh_.begin()), std::move_iterator(fresh_.end()), all.begin(),
                 [](const Held& left, const Held& right) { return left.slot < right.slot; });
      row_.slots = std::move(all);
      delta_.touched = true;
    }
    delta_.alive_after = row_.alive();
    return std::move(delta_);
  }

 private:
  RowState& row_;
  std::vector<Held>::iterator at_;
  std::vector<Held> fresh_;
  RowDelta delta_;
};

}  // namespace

bool beats(Stamp stamp, const ValueView& value, const Version& other) {
  if (stamp != other.stamp) return stamp > other.stamp;
  return encoded(value) > encoded(view_of(other.value));
}

bool beats(const Version& version, const Version& other) {
  return beats(version.stamp, view_of(version.value), other);
}

bool operator==(const Version& left, const Version& right) {
  return left.stamp == right.stamp && encoded(view_of(left.value)) == encoded(view_of(right.value));
}

const Version* Held::in(Layer layer) const {
  if (layer == Layer::merged && pending) return &*pending;
  return acknowledged ? &*acknowledged : nullptr;
}

const Held* RowState::find(const Slot& slot) const {
  auto at = std::ranges::lower_bound(slots, slot, {}, &Held::slot);
  return at == slots.end() || at->slot != slot ? nullptr : &*at;
}

const Version* RowState::winner(const Slot& slot) const {
  const Held* held = find(slot);
  return held ? held->in(Layer::merged) : nullptr;
}

bool RowState::alive() const {
  const Version* inserted = added();
  const Version* gone = covered();
  return inserted && (!gone || inserted->stamp > gone->stamp);
}

RowDelta merge(RowState& row, const RowChange& change, Stamp stamp, Origin origin) {
  Raising raising(row);
  for_each_write(change, stamp, [&](const Slot& slot, Stamp at, const ValueView& value) {
    raising.raise(slot, at, value, origin);
  });
  return raising.finish();
}

RowDelta merge(RowState& row, const RowState& other) {
  Raising raising(row);
  for (const auto& held : other.slots) {
    if (!held.acknowledged) continue;
    const auto& [stamp, value] = *held.acknowledged;
    raising.raise(held.slot, stamp, view_of(value), Origin::acknowledged);
  }
  return raising.finish();
}

RowDelta drop(RowState& row, std::span<const StampedChange> dropped,
              std::span<const StampedChange> kept) {
  RowState before = row;
  for (const auto& [change, stamp] : dropped) {
    for_each_write(*change, stamp, [&](const Slot& slot, Stamp, const ValueView&) {
      auto at = place_of(row.slots.begin(), row.slots.end(), slot);
      if (at != row.slots.end() && at->slot == slot) at->pending.reset();
    });
  }
  for (const auto& [change, stamp] : kept) merge(row, *change, stamp, Origin::pending);
  std::erase_if(row.slots, [](const Held& held) { return !held.in(Layer::merged); });
  return difference(before, row);
}

RowDelta difference(const RowState& before, const RowState& after) {
  RowDelta delta{.alive_before = before.alive(), .alive_after = after.alive()};
  auto compare = [&](const Held* left, const Held* right) {
    auto was = copy_of(left ? left->in(Layer::merged) : nullptr);
    auto is = copy_of(right ? right->in(Layer::merged) : nullptr);
    bool same_base =
        (left ? left->acknowledged : std::nullopt) == (right ? right->acknowledged : std::nullopt);
    bool same_pending =
        (left ? left->pending : std::nullopt) == (right ? right->pending : std::nullopt);
    delta.touched = delta.touched || !same_base || !same_pending;
    if (was != is)
      delta.slots.push_back({left ? left->slot : right->slot, std::move(was), std::move(is)});
  };
  auto left = before.slots.begin();
  auto right = after.slots.begin();
  while (left != before.slots.end() || right != after.slots.end()) {
    bool from_left =
        right == after.slots.end() || (left != before.slots.end() && left->slot <= right->slot);
    bool from_right =
        left == before.slots.end() || (right != after.slots.end() && right->slot <= left->slot);
    compare(from_left ? &*left : nullptr, from_right ? &*right : nullptr);
    if (from_left) ++left;
    if (from_right) ++right;
  }
  return delta;
}

Bytes encode(const RowState& row, Layer layer) {
  auto held = static_cast<std::size_t>(
      std::ranges::count_if(row.slots, [&](const Held& each) { return each.in(layer); }));
  Bytes bytes;
  if (held == 0) return bytes;
  cbor::Writer out(bytes);
  out.array(held);
  for (const auto& each : row.slots) {
    const Version* version = each.in(layer);
    if (!version) continue;
    out.array(6);
    out.count(static_cast<std::uint64_t>(each.slot.kind));
    out.count(static_cast<std::uint64_t>(each.slot.column));
    out.count(each.slot.replica);
    out.count(version->stamp.time);
    out.count(version->stamp.replica);
    write_value(out, version->value);
  }
  return bytes;
}

}  // namespace outboard::journal
