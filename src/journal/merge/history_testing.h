// Random histories: some replicas that edit, push, follow, park, discard, retry, heal their clocks,
// are copied and repaired, around one log. After each step the replica that made it is compared
// with the oracle; in the end all replicas are compared with each other.
//
// For tests only; not part of the library.
#pragma once

#include <memory>

#include "journal/merge/oracle_testing.h"

namespace outboard::journal::trial {

struct Outgoing {
  enum class Phase { unsent, in_flight, parked };

  Intent intent;
  Phase phase = Phase::unsent;
  std::optional<std::size_t> entry = {};  // where the hub put it; in flight and none: refused
  std::vector<RowChange> taken_up = {};   // counts that a later total has acknowledged
  bool is_copy = false;                   // of a transaction that another replica has, too
};

struct Replica {
  MemoryWorld world;
  std::uint64_t id = 0;
  std::uint64_t clock = 0;
  std::vector<Outgoing> outbox;
  std::set<std::size_t> held;  // entries of the log
  bool is_copy = false;        // and nobody has noticed
};

class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed) {
    for (std::size_t i = 2 + random_.below(3); i > 0; --i) {
      replicas_.push_back(std::make_unique<Replica>());
      replicas_.back()->id = ++last_id_;
    }
  }

  void step() {
    Replica& one = *replicas_[random_.below(replicas_.size())];
    switch (random_.below(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4: edit(one); break;
      case 5:
      case 6:
      case 7: push(one); break;
      case 8: answer(one); break;
      case 9:
      case 10: follow(one); break;
      case 11: discard(one); break;
      case 12: retry(one); break;
      case 13:
        if (random_.one_in(3))
          heal(one);
        else
          adopt(one);
        break;
      case 14:
        if (random_.one_in(4)) copy(one);
        break;
      default:
        if (random_.one_in(3))
          repair(one);
        else
          one.clock += random_.below(40);
        break;
    }
    check(one);
  }

  // All is answered, repaired, pushed and followed: the replicas must agree.
  void settle() {
    for (auto& one : replicas_) {
      repair(*one);
      while (!one->outbox.empty()) {
        push(*one);
        while (in_flight(*one)) answer(*one);
        for (std::size_t i = one->outbox.size(); i-- > 0;) {
          if (i < one->outbox.size() && one->outbox[i].phase == Outgoing::Phase::parked) {
            if (random_.one_in(2))
              retry(*one, i);
            else
              discard(*one, i);
          }
        }
        if (::testing::Test::HasFatalFailure()) return;
      }
    }
    for (auto& one : replicas_) {
      Pass pass(one->world);
      for (std::size_t i : shuffled_log()) take(*one, pass, i);
      one->world.store(std::move(pass).finish());
      check(*one);
      agree(*replicas_.front(), *one);
    }
  }

 private:
  using Phase = Outgoing::Phase;

  // ---- What a replica does on its own ----

  void edit(Replica& one) {
    Stamp stamp{++one.clock + random_.below(3), one.id};
    Pass pass(one.world);
    std::map<RowKey, RowChange> changes;
    std::set<RowKey> in_table;
    for (const auto& [row, keys] : one.world.table()) in_table.insert(row);
    for (std::size_t i = 1 + random_.below(3); i > 0; --i) edit_row(one, stamp, in_table, changes);
    Intent intent{.stamp = stamp};
    for (auto& [row, change] : changes) {
      bool silent =
          change.verb == Verb::update && change.columns.empty() && change.counters.empty();
      if (!silent) intent.rows.push_back(std::move(change));
    }
    if (intent.rows.empty()) return;
    ASSERT_TRUE(journal::check(intent));
    one.clock = stamp.time;
    commit(one, pass, std::move(intent));
  }

  void edit_row(Replica& one, Stamp stamp, const std::set<RowKey>& in_table,
                std::map<RowKey, RowChange>& changes) {
    RowKey row{random_.one_in(3) ? tags : notes, {static_cast<std::uint8_t>(random_.below(6))}};
    if (!in_table.empty() && !random_.one_in(3))
      row = *std::next(in_table.begin(), static_cast<int>(random_.below(in_table.size())));
    if (changes.contains(row)) return;
    RowState before = one.world.load(row);
    auto say = [&](const Edit& edit, RowState state) {
      const TableRules& rules = rules_of(edit.row.table);
      auto& change = changes[edit.row] = record(edit, rules, state, stamp);
      merge(state, change, stamp, Origin::pending);
      for (const auto& [column, value] : edit.columns)  // who writes it sees it
        ASSERT_EQ(value_of(state, column, rules), value);
      ASSERT_EQ(state.alive(), edit.verb != Verb::remove);
    };
    if (!in_table.contains(row)) return say(inserted(row, std::nullopt), before);
    switch (random_.below(6)) {
      case 0: return say({.row = row, .verb = Verb::remove}, before);
      case 1: {
        RowKey target{row.table, {static_cast<std::uint8_t>(random_.below(6))}};
        if (in_table.contains(target) || changes.contains(target)) return;
        say({.row = row, .verb = Verb::remove}, before);
        Edit insert = inserted(target, row.key);
        for (auto& [column, value] : insert.columns)
          value = value_of(before, column, rules_of(row.table));
        return say(insert, one.world.load(target));
      }
      default: {
        Edit update{.row = row};
        for (ColumnId column : columns_all) {
          if (!random_.one_in(3)) continue;
          Value value = column == votes ? counted(before, row) : random_.value(column);
          if (value != value_of(before, column, rules_of(row.table)))
            update.columns.push_back({column, value});
        }
        return say(update, before);
      }
    }
  }

  Edit inserted(const RowKey& row, std::optional<Bytes> moved_from) {
    Edit insert{.row = row, .verb = Verb::insert, .moved_from = std::move(moved_from)};
    for (ColumnId column : columns_all) {
      bool unknown = column == foreign && random_.one_in(2);
      Value value = column == votes ? Value(random_.below(20)) : random_.value(column);
      if (!unknown) insert.columns.push_back({column, value});
    }
    return insert;
  }

  Value counted(const RowState& before, const RowKey& row) {
    auto by = static_cast<std::int64_t>(random_.below(9)) - 4;
    return value_of(before, votes, rules_of(row.table)).integer() + by;
  }

  // A local transaction: SQL writes it first, or refuses it.
  void commit(Replica& one, Pass& pass, Intent intent) {
    pass.merge(intent, Origin::pending);
    MemoryWorld before = one.world;
    for (const auto& change : intent.rows)
      if (one.world.in_table(change.row)) one.world.take_out(change.row);
    for (const auto& change : intent.rows) {
      if (change.verb == Verb::remove) continue;
      if (one.world.put_in(change.row, pass.row(change.row))) continue;
      one.world = before;
      return;
    }
    if (random_.one_in(2)) {  // the kernel may look at the claims from after the change, too
      for (const auto& change : intent.rows) one.world.claim_anew(change.row, pass.row(change.row));
    }
    one.world.store(std::move(pass).finish(), MemoryWorld::Rows::written);
    meant(intent, 1);
    one.outbox.push_back({.intent = std::move(intent)});
  }

  // ---- The log ----

  void push(Replica& one) {
    if (one.is_copy) return;
    std::set<RowKey> blocked;
    for (auto& item : one.outbox) {
      bool waits = item.phase == Phase::parked ||
                   (item.phase == Phase::unsent && touches(item.intent, blocked));
      if (waits)
        for (const auto& change : item.intent.rows) blocked.insert(change.row);
      if (waits || item.phase != Phase::unsent) continue;
      item.phase = Phase::in_flight;
      if (random_.one_in(5)) return;  // refused: it will hear of it
      item.entry = log_.size();
      log_.push_back(item.intent);
      return;
    }
  }

  static bool in_flight(const Replica& one) {
    return std::ranges::any_of(one.outbox,
                               [](const Outgoing& item) { return item.phase == Phase::in_flight; });
  }

  // The oldest verdict arrives.
  void answer(Replica& one) {
    if (one.is_copy) return;
    auto at = std::ranges::find(one.outbox, Phase::in_flight, &Outgoing::phase);
    if (at == one.outbox.end()) return;
    if (at->entry)
      return acknowledge(one, static_cast<std::size_t>(at - one.outbox.begin()), *at->entry);
    at->phase = Phase::parked;
  }

  void acknowledge(Replica& one, std::size_t item, std::size_t entry) {
    Intent intent = one.outbox[item].intent;
    for (std::size_t i = 0; i < item; ++i) {
      for (const auto& change : intent.rows) take_up_of(one.outbox[i], change);
    }
    one.outbox.erase(one.outbox.begin() + static_cast<std::ptrdiff_t>(item));
    Pass pass(one.world);
    take(one, pass, entry);
    one.world.store(std::move(pass).finish());
  }

  static void take_up_of(Outgoing& refused, const RowChange& acknowledged) {
    for (auto& change : refused.intent.rows) {
      if (change.row != acknowledged.row) continue;
      auto taken = take_up(change, acknowledged);
      if (!taken.empty()) refused.taken_up.push_back({.row = change.row, .counters = taken});
    }
  }

  void take(Replica& one, Pass& pass, std::size_t entry) {
    pass.merge(log_[entry], Origin::acknowledged);
    one.held.insert(entry);
    one.clock = std::max(one.clock, log_[entry].stamp.time);
  }

  // Some entries, in any order, again and again, one by one or together.
  void follow(Replica& one) {
    auto entries = shuffled_log();
    auto pass = std::make_unique<Pass>(one.world);
    for (std::size_t i = 0; i < std::min<std::size_t>(entries.size(), 6); ++i) {
      take(one, *pass, entries[i]);
      if (!random_.one_in(3)) continue;
      one.world.store(std::move(*pass).finish());
      pass = std::make_unique<Pass>(one.world);
    }
    one.world.store(std::move(*pass).finish());
  }

  // A snapshot of another replica's acknowledged part.
  void adopt(Replica& one) {
    const Replica& other = *replicas_[random_.below(replicas_.size())];
    Pass pass(one.world);
    for (const auto& [row, state] : other.world.rows()) pass.merge(row, state);
    one.held.insert(other.held.begin(), other.held.end());
    one.clock = std::max(one.clock, other.clock);
    one.world.store(std::move(pass).finish());
  }

  // ---- Taking back and saying again ----

  void discard(Replica& one) {
    if (!one.outbox.empty()) discard(one, random_.below(one.outbox.size()));
  }

  // Later totals of the same counters count it: they are said again with their old stamps.
  void discard(Replica& one, std::size_t item) {
    auto again = with_later(one, item, [](const Intent& left, const Intent& right) {
      return share_a_counter(left, right);
    });
    if (again.empty()) return;
    again.erase(again.begin());
    Outgoing gone = one.outbox[item];
    if (!gone.is_copy) meant(gone.intent, -1);
    say_again(one, again, item, [](const Outgoing& old) { return old.intent.stamp; });
    if (!gone.is_copy)
      for (const auto& taken : gone.taken_up) undo(one, taken);
  }

  void undo(Replica& one, const RowChange& taken) {
    Edit edit{.row = taken.row};
    auto is = value_of(one.world.load(taken.row), votes, rules_of(taken.row.table)).integer();
    edit.columns = {{votes, is - taken.counters[0].delta}};
    Stamp stamp{++one.clock, one.id};
    Intent intent{stamp,
                  {record(edit, rules_of(taken.row.table), one.world.load(taken.row), stamp)}};
    Pass pass(one.world);
    pass.merge(intent, Origin::pending);
    one.world.store(std::move(pass).finish());
    meant(intent, 1);
    one.outbox.push_back({.intent = std::move(intent)});
  }

  auto stamps_of(Replica& one) {
    return [&one](const Outgoing&) { return Stamp{++one.clock, one.id}; };
  }

  void retry(Replica& one) {
    for (std::size_t i = 0; i < one.outbox.size(); ++i)
      if (one.outbox[i].phase == Phase::parked) return retry(one, i);
  }

  // It and what depends on it get new stamps, in order.
  void retry(Replica& one, std::size_t item) {
    if (one.is_copy) return;
    auto again = with_later(one, item, [](const Intent& left, const Intent& right) {
      std::set<RowKey> rows;
      for (const auto& change : left.rows) rows.insert(change.row);
      return touches(right, rows);
    });
    if (!again.empty())
      unchanged(one, [&] { say_again(one, again, std::nullopt, stamps_of(one)); });
  }

  // Its clock ran ahead: all that waits gets stamps just above what it has seen in the log.
  void heal(Replica& one) {
    if (one.is_copy || in_flight(one)) return;
    one.clock = 0;
    for (std::size_t entry : one.held) one.clock = std::max(one.clock, log_[entry].stamp.time);
    unchanged(one, [&] { say_again(one, all(one), std::nullopt, stamps_of(one)); });
  }

  void copy(const Replica& one) {
    if (one.is_copy || replicas_.size() >= 5) return;
    auto twin = std::make_unique<Replica>(one);
    twin->is_copy = true;
    for (auto& item : twin->outbox) item.is_copy = true;
    replicas_.push_back(std::move(twin));
  }

  // A copy learns what it is: what the hub has of it is acknowledged, the rest it says again under
  // a name of its own.
  void repair(Replica& one) {
    if (!one.is_copy) return;
    for (std::size_t i = 0; i < one.outbox.size();) {
      auto at = std::ranges::find(log_, one.outbox[i].intent);
      if (at == log_.end())
        ++i;
      else
        acknowledge(one, i, static_cast<std::size_t>(at - log_.begin()));
    }
    one.id = ++last_id_;
    one.is_copy = false;
    for (auto& item : one.outbox) {
      if (item.is_copy) meant(item.intent, 1);
      item.is_copy = false;
      item.taken_up.clear();
    }
    unchanged(one, [&] { say_again(one, all(one), std::nullopt, stamps_of(one)); }, votes);
  }

  static std::vector<std::size_t> all(const Replica& one) {
    std::vector<std::size_t> items(one.outbox.size());
    for (std::size_t i = 0; i < items.size(); ++i) items[i] = i;
    return items;
  }

  // The item and the later ones that hang on it, one by the other. None if one is on its way: its
  // outcome is not known.
  template <class Depends>
  std::vector<std::size_t> with_later(const Replica& one, std::size_t item, Depends depends) {
    std::vector<std::size_t> items;
    for (std::size_t i = item; i < one.outbox.size(); ++i) {
      bool hangs = i == item || std::ranges::any_of(items, [&](std::size_t earlier) {
                     return depends(one.outbox[earlier].intent, one.outbox[i].intent);
                   });
      if (hangs && one.outbox[i].phase == Phase::in_flight) return {};
      if (hangs) items.push_back(i);
    }
    return items;
  }

  static bool share_a_counter(const Intent& left, const Intent& right) {
    for (const auto& one : left.rows)
      for (const auto& other : right.rows)
        if (one.row == other.row && !one.counters.empty() && !other.counters.empty()) return true;
    return false;
  }

  static bool touches(const Intent& intent, const std::set<RowKey>& rows) {
    return std::ranges::any_of(intent.rows,
                               [&](const RowChange& change) { return rows.contains(change.row); });
  }

  // Takes those items back, and `gone`, which is not said again.
  template <class StampFor>
  void say_again(Replica& one, const std::vector<std::size_t>& items,
                 std::optional<std::size_t> gone, StampFor stamp_for) {
    std::vector<Intent> dropped, kept;
    std::vector<Outgoing> outbox;
    for (std::size_t i = 0; i < one.outbox.size(); ++i) {
      bool goes = i == gone || std::ranges::find(items, i) != items.end();
      (goes ? dropped : kept).push_back(one.outbox[i].intent);
      if (!goes) outbox.push_back(one.outbox[i]);
    }
    Pass pass(one.world);
    pass.drop(dropped, kept);
    for (std::size_t i : items) {
      Outgoing item = one.outbox[i];
      Stamp stamp = stamp_for(item);
      bool same = stamp == item.intent.stamp;
      auto again = pass.reissue(item.intent, stamp);
      if (!again) continue;
      ASSERT_TRUE(journal::check(*again));
      item.intent = std::move(*again);
      if (!same) item.phase = Phase::unsent;
      outbox.push_back(std::move(item));
    }
    std::ranges::sort(outbox, {}, [](const Outgoing& item) { return item.intent.stamp; });
    one.outbox = std::move(outbox);
    one.world.store(std::move(pass).finish());
  }

  // ---- What must hold ----

  // To say something again changes nothing that the replica believes. (Unnoticed twins overwrite
  // each other's totals until one is repaired: `but` is then left out.)
  template <class Step>
  void unchanged(Replica& one, Step step, std::optional<ColumnId> but = std::nullopt) {
    auto believed = [&] {
      std::map<RowKey, std::vector<Value>> rows;
      for (const auto& [row, state] : one.world.rows()) {
        rows[row].emplace_back(state.alive());
        for (ColumnId column : columns_all)
          if (column != but) rows[row].push_back(value_of(state, column, rules_of(row.table)));
      }
      return rows;
    };
    auto before = believed();
    step();
    ASSERT_EQ(believed(), before);
  }

  void check(const Replica& one) {
    for (const auto& [row, state] : one.world.rows()) {
      const Version* lower = state.winner({.kind = Slot::Kind::column, .column = low});
      const Version* upper = state.winner({.kind = Slot::Kind::column, .column = high});
      ASSERT_EQ(lower ? lower->stamp : Stamp(), upper ? upper->stamp : Stamp());
    }
    std::vector<Intent> acknowledged, pending;
    for (std::size_t entry : one.held) acknowledged.push_back(log_[entry]);
    for (const auto& item : one.outbox) pending.push_back(item.intent);
    expect_as_the_rules_say(one.world, acknowledged, pending);
  }

  void agree(const Replica& one, const Replica& other) {
    ASSERT_EQ(one.world.rows().size(), other.world.rows().size());
    for (const auto& [row, state] : one.world.rows()) {
      ASSERT_EQ(encode(state, Layer::merged), encode(other.world.load(row), Layer::merged));
      ASSERT_EQ(encode(state, Layer::merged), encode(state, Layer::acknowledged));
      ASSERT_EQ(value_of(state, votes, rules_of(row.table)).integer(), 10 + meant_[row]);
    }
    ASSERT_EQ(one.world.table(), other.world.table());
  }

  // What people wanted to votes, whatever became of it on the way.
  void meant(const Intent& intent, std::int64_t times) {
    for (const auto& change : intent.rows)
      for (const auto& write : change.counters) meant_[change.row] += times * write.delta;
  }

  std::vector<std::size_t> shuffled_log() {
    std::vector<std::size_t> entries(log_.size());
    for (std::size_t i = 0; i < entries.size(); ++i) entries[i] = i;
    std::ranges::shuffle(entries, random_.generator());
    return entries;
  }

  Random random_;
  std::vector<std::unique_ptr<Replica>> replicas_;
  std::vector<Intent> log_;
  std::map<RowKey, std::int64_t> meant_;
  std::uint64_t last_id_ = 0;
};

}  // namespace outboard::journal::trial
