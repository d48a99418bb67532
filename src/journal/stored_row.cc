#include "journal/stored_row.h"

#include <algorithm>

#include "base/limits.h"
#include "journal/merge/value_form.h"

namespace outboard::journal {

namespace {

// They reach the disk: do not change them.
enum Flag : std::uint64_t {
  pending = 1,
  shown = 2,     // of columns: their values are in the table
  inserted = 4,  // of columns: the row was inserted by the same transaction, and not moved
  moved = 8,
  covered = 16,
  counter = 32,
};

struct Group {
  std::uint64_t flags = 0;
  Stamp stamp = {};
  std::vector<std::pair<std::uint64_t, const Value*>> columns = {};  // by number
};

Error broken() {
  return fail(Code::corrupt, "the stored state of a row cannot be read",
              "restore the file from a copy");
}

class Encoder {
 public:
  Encoder(const StoredRow& row, Numbers& numbers) : row_(row), numbers_(numbers) {}

  Result<Bytes> run() {
    for (const auto& held : row_.state.slots) {
      const Version* winner = held.in(Layer::merged);
      if (held.acknowledged)
        TRY(add(held.slot, *held.acknowledged, 0, &*held.acknowledged == winner));
      if (held.pending) TRY(add(held.slot, *held.pending, pending, true));
    }
    for (auto [flags, stamp] : inserts_) insert(flags, stamp);
    for (const auto& group : groups_) TRY(write(group));
    Bytes bytes;
    cbor::Writer out(bytes);
    out.array(items_);
    out.encoded(body_);
    return bytes;
  }

 private:
  Result<void> add(const Slot& slot, const Version& version, std::uint64_t flags, bool wins) {
    switch (slot.kind) {
      case Slot::Kind::added:
        if (version.value.is_null()) {
          inserts_.emplace_back(flags, version.stamp);
          return {};
        }
        TRY(begin(4, flags | moved, version.stamp));
        write_value(out_, version.value);
        return {};
      case Slot::Kind::covered: return begin(3, flags | covered, version.stamp);
      case Slot::Kind::column: {
        bool is_shown = wins && row_.shows(slot.column);
        auto number = TRY(numbers_.number_of(static_cast<std::uint64_t>(slot.column)));
        group(flags | (is_shown ? std::uint64_t{shown} : 0), version.stamp)
            .columns.emplace_back(number, &version.value);
        return {};
      }
      case Slot::Kind::counter:
        TRY(begin(5, flags | counter, version.stamp));
        out_.count(TRY(numbers_.number_of(static_cast<std::uint64_t>(slot.column))));
        write_value(out_, version.value);
        return {};
    }
    return {};
  }

  Group& group(std::uint64_t flags, Stamp stamp) {
    auto at = std::ranges::find_if(
        groups_, [&](const Group& each) { return each.flags == flags && each.stamp == stamp; });
    if (at != groups_.end()) return *at;
    groups_.push_back({.flags = flags, .stamp = stamp});
    return groups_.back();
  }

  // Mostly the columns were written by the transaction that inserted the row.
  void insert(std::uint64_t flags, Stamp stamp) {
    auto at = std::ranges::find_if(groups_, [&](const Group& each) {
      return (each.flags & pending) == flags && each.stamp == stamp;
    });
    (at == groups_.end() ? group(flags, stamp) : *at).flags |= inserted;
  }

  Result<void> begin(std::size_t length, std::uint64_t flags, Stamp stamp) {
    ++items_;
    out_.array(length);
    out_.count(flags);
    out_.count(stamp.time);
    out_.count(TRY(numbers_.number_of(stamp.replica)));
    return {};
  }

  Result<void> write(const Group& group) {
    bool is_here = !(group.flags & shown) || row_.is_concealed;
    bool has_values = is_here && !group.columns.empty();
    TRY(begin(has_values ? 5 : 4, group.flags, group.stamp));
    auto columns = group.columns;
    std::ranges::sort(columns);
    std::vector<std::pair<std::uint64_t, std::uint64_t>> runs;
    for (const auto& [number, value] : columns) {
      if (runs.empty() || runs.back().first + runs.back().second != number)
        runs.emplace_back(number, 0);
      ++runs.back().second;
    }
    out_.array(2 * runs.size());
    for (auto [first, count] : runs) {
      out_.count(first);
      out_.count(count);
    }
    if (!has_values) return {};
    out_.array(columns.size());
    for (const auto& [number, value] : columns) write_value(out_, *value);
    return {};
  }

  const StoredRow& row_;
  Numbers& numbers_;
  std::vector<Group> groups_;
  std::vector<std::pair<std::uint64_t, Stamp>> inserts_;
  Bytes body_;
  cbor::Writer out_{body_};
  std::size_t items_ = 0;
};

class Decoder {
 public:
  Decoder(ByteView bytes, Numbers& numbers) : in_(bytes), numbers_(numbers) {}

  Result<StoredRow> run() {
    for (auto left = in_.array(); left > 0 && in_.ok(); --left) TRY(read());
    in_.expect_end();
    if (!in_.ok()) return broken();
    std::ranges::sort(row_.state.slots, {}, &Held::slot);
    join_layers();
    std::ranges::sort(row_.shown);
    return std::move(row_);
  }

 private:
  Result<void> read() {
    auto items = in_.array();
    auto flags = in_.count();
    Stamp stamp{.time = in_.count()};
    auto number = in_.count();
    if (!in_.ok()) return broken();
    stamp.replica = TRY(numbers_.id_of(number));
    if (flags & covered) {
      put({.kind = Slot::Kind::covered}, flags, {stamp, {}});
    } else if (flags & moved) {
      put({.kind = Slot::Kind::added}, flags, {stamp, read_value(in_)});
    } else if (flags & counter) {
      ColumnId column{TRY(numbers_.id_of(in_.count()))};
      put({.kind = Slot::Kind::counter, .column = column, .replica = stamp.replica}, flags,
          {stamp, read_value(in_)});
    } else {
      TRY(read_columns(flags, stamp, items == 5));
    }
    return {};
  }

  Result<void> read_columns(std::uint64_t flags, Stamp stamp, bool has_values) {
    if (flags & inserted) put({.kind = Slot::Kind::added}, flags, {stamp, {}});
    std::vector<ColumnId> columns;
    for (auto left = in_.array(); left > 1 && in_.ok(); left -= 2) {
      auto first = in_.count(), count = in_.count();
      if (count > limits::row_columns_max) return broken();
      for (std::uint64_t i = 0; i < count; ++i)
        columns.push_back(ColumnId{TRY(numbers_.id_of(first + i))});
    }
    if (has_values && in_.array() != columns.size()) return broken();
    row_.is_concealed = row_.is_concealed || (has_values && (flags & shown));
    for (ColumnId column : columns) {
      if (flags & shown) row_.shown.push_back(column);
      put({.kind = Slot::Kind::column, .column = column}, flags,
          {stamp, has_values ? read_value(in_) : Value()});
    }
    return {};
  }

  void put(Slot slot, std::uint64_t flags, Version version) {
    Held held{.slot = slot};
    (flags & pending ? held.pending : held.acknowledged) = std::move(version);
    row_.state.slots.push_back(std::move(held));
  }

  void join_layers() {
    auto& slots = row_.state.slots;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (kept > 0 && slots[kept - 1].slot == slots[i].slot) {
        auto& into = slots[kept - 1];
        if (slots[i].acknowledged) into.acknowledged = std::move(slots[i].acknowledged);
        if (slots[i].pending) into.pending = std::move(slots[i].pending);
      } else {
        if (kept != i) slots[kept] = std::move(slots[i]);
        ++kept;
      }
    }
    slots.resize(kept);
  }

  cbor::Reader in_;
  Numbers& numbers_;
  StoredRow row_;
};

Held* find(RowState& state, ColumnId column) {
  Slot slot{.kind = Slot::Kind::column, .column = column};
  auto at = std::ranges::lower_bound(state.slots, slot, {}, &Held::slot);
  return at == state.slots.end() || at->slot != slot ? nullptr : &*at;
}

}  // namespace

bool StoredRow::shows(ColumnId column) const { return std::ranges::binary_search(shown, column); }

Result<Bytes> encode(const StoredRow& row, Numbers& numbers) { return Encoder(row, numbers).run(); }

Result<StoredRow> decode_stored(ByteView bytes, Numbers& numbers) {
  return Decoder(bytes, numbers).run();
}

Result<Bytes> encode_inserted(std::span<const ColumnWrite> columns, Stamp stamp, Numbers& numbers) {
  StoredRow row;
  row.state.slots.push_back({.slot = {.kind = Slot::Kind::added}, .pending = Version{stamp, {}}});
  for (const auto& write : columns) {
    row.state.slots.push_back({.slot = {.kind = Slot::Kind::column, .column = write.column},
                               .pending = Version{stamp, {}}});
    row.shown.push_back(write.column);
  }
  return encode(row, numbers);
}

StoredRow row_before_time(std::span<const ColumnId> columns) {
  StoredRow row;
  row.state.slots.push_back({.slot = {.kind = Slot::Kind::added}, .acknowledged = Version()});
  for (ColumnId column : columns) {
    row.state.slots.push_back(
        {.slot = {.kind = Slot::Kind::column, .column = column}, .acknowledged = Version()});
    row.shown.push_back(column);
  }
  return row;
}

void take_in(StoredRow& row, const RowChange& change, const RowBefore& before, Stamp stamp) {
  auto hide = [&](ColumnId column, const Value& value) {
    auto at = std::ranges::lower_bound(row.shown, column);
    if (at == row.shown.end() || *at != column) return;
    row.shown.erase(at);
    auto* held = find(row.state, column);
    (held->pending ? held->pending : held->acknowledged)->value = value;
  };
  for (const auto& write : before.columns) hide(write.column, write.value);
  for (const auto& write : change.columns) hide(write.column, write.value);  // of a group, the same
  merge(row.state, change, stamp, Origin::pending);
  for (const auto& write : change.columns) row.shown.push_back(write.column);
  std::ranges::sort(row.shown);
  for (ColumnId column : row.shown) {
    auto* held = find(row.state, column);
    (held->pending ? held->pending : held->acknowledged)->value = {};
  }
}

}  // namespace outboard::journal
