#include "journal/merge/change.h"

#include <algorithm>

#include "base/limits.h"

namespace outboard::journal {

namespace {

template <class Writes>
bool ascend(const Writes& writes) {
  return std::ranges::adjacent_find(writes, [](const auto& left, const auto& right) {
           return left.column >= right.column;
         }) == writes.end();
}

bool share_a_column(const RowChange& change) {
  auto counter = change.counters.begin();
  for (const auto& write : change.columns) {
    while (counter != change.counters.end() && counter->column < write.column) ++counter;
    if (counter != change.counters.end() && counter->column == write.column) return true;
  }
  return false;
}

Error wrong(const char* message) {
  return fail(Code::bad_request, message, "the replica that wrote it is broken or hostile");
}

Result<void> check(const RowChange& change, Stamp stamp) {
  if (change.columns.size() + change.counters.size() > limits::row_columns_max) {
    return fail(Code::too_large, "a change writes more columns than a row may have",
                "a table has at most " + std::to_string(limits::row_columns_max) + " columns");
  }
  if (!ascend(change.columns) || !ascend(change.counters) || share_a_column(change))
    return wrong("a change writes a column twice, or not in order");
  bool writes = !change.columns.empty() || !change.counters.empty();
  if (change.verb == Verb::remove) {
    if (!change.covers || *change.covers > stamp)
      return wrong("a remove must cover inserts up to its own stamp at most");
    if (writes || change.moved_from) return wrong("a remove writes no columns");
    return {};
  }
  if (change.covers) return wrong("only a remove covers");
  if (change.verb == Verb::insert) {
    if (change.moved_from == change.row.key) return wrong("a row was moved to where it is");
    return {};
  }
  if (change.verb != Verb::update) return wrong("a change is an insert, an update or a remove");
  if (change.moved_from) return wrong("only an insert says where the row was before");
  if (!writes) return wrong("an update must write something");
  return {};
}

}  // namespace

Result<void> check(const Intent& intent) {
  if (intent.stamp.time == 0) return wrong("a transaction's stamp is zero");
  if (intent.stamp.time > limits::stamp_time_max) return wrong("a transaction's stamp is no time");
  for (std::size_t i = 0; i < intent.rows.size(); ++i) {
    if (i > 0 && intent.rows[i - 1].row >= intent.rows[i].row)
      return wrong("a transaction changes a row twice, or not in order");
    if (static_cast<std::uint64_t>(intent.rows[i].row.table) >> 63)
      return wrong("a table has an id that no table has");
    TRY(check(intent.rows[i], intent.stamp));
  }
  return {};
}

}  // namespace outboard::journal
