#include "journal/record_format.h"

#include <algorithm>

#include "base/cbor.h"
#include "base/limits.h"
#include "journal/merge/value_form.h"

namespace outboard::journal {

namespace {

constexpr std::uint64_t version = 1;
constexpr const char* broken_or_hostile = "whoever wrote it is broken or hostile";

Error too_large() {
  return fail(Code::too_large,
              "a transaction on tracked tables changes more than a record may hold",
              "split it: " + std::to_string(limits::transaction_rows_max) + " rows, " +
                  std::to_string(limits::transaction_cells_max) + " values and " +
                  std::to_string(limits::record_bytes_max >> 20) + " MiB are the most");
}

// ---- Writing ----

void write_stamp(cbor::Writer& out, Stamp stamp) {
  out.array(2);
  out.count(stamp.time);
  out.count(stamp.replica);
}

// The columns that a table's rows write, once, so that a row names them by a number of one byte.
class Dictionary {
 public:
  void add(ColumnId column) {
    auto at = std::ranges::lower_bound(columns_, column);
    if (at == columns_.end() || *at != column) columns_.insert(at, column);
  }
  std::size_t number_of(ColumnId column) const {
    return static_cast<std::size_t>(std::ranges::lower_bound(columns_, column) - columns_.begin());
  }
  void write(cbor::Writer& out) const {
    out.array(columns_.size());
    for (ColumnId column : columns_) out.count(static_cast<std::uint64_t>(column));
  }

 private:
  std::vector<ColumnId> columns_;
};

void add_columns(Dictionary& to, const RowChange& change) {
  for (const auto& write : change.columns) to.add(write.column);
  for (const auto& write : change.counters) to.add(write.column);
}
void add_columns(Dictionary& to, const RowBefore& before) {
  for (const auto& write : before.columns) to.add(write.column);
}

std::size_t cells_of(const RowChange& change) {
  return change.columns.size() + change.counters.size();
}
std::size_t cells_of(const RowBefore& before) { return before.columns.size(); }

void write_columns(cbor::Writer& out, const Dictionary& names,
                   const std::vector<ColumnWrite>& columns) {
  out.map(columns.size());
  for (const auto& write : columns) {
    out.count(names.number_of(write.column));
    write_value(out, write.value);
  }
}

void write_row(cbor::Writer& out, const Dictionary& names, const RowChange& change, Stamp stamp) {
  if (change.verb == Verb::remove) {
    bool covers_itself = change.covers == stamp;
    out.array(covers_itself ? 2 : 3);
    out.count(static_cast<std::uint64_t>(change.verb));
    out.blob(change.row.key);
    if (!covers_itself) write_stamp(out, *change.covers);
    return;
  }
  out.array(change.moved_from ? 5 : change.counters.empty() ? 3 : 4);
  out.count(static_cast<std::uint64_t>(change.verb));
  out.blob(change.row.key);
  write_columns(out, names, change.columns);
  if (change.counters.empty() && !change.moved_from) return;
  out.map(change.counters.size());
  for (const auto& write : change.counters) {
    out.count(names.number_of(write.column));
    out.array(2);
    out.integer(write.delta);
    out.integer(write.total);
  }
  if (change.moved_from) out.blob(*change.moved_from);
}

void write_row(cbor::Writer& out, const Dictionary& names, const RowBefore& before, Stamp) {
  out.array(2);
  out.blob(before.row.key);
  write_columns(out, names, before.columns);
}

template <class Rows>
Result<void> write_tables(Bytes& bytes, const Rows& rows, Stamp stamp) {
  cbor::Writer out(bytes);
  std::size_t tables = 0, cells = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    tables += i == 0 || rows[i - 1].row.table != rows[i].row.table;
    cells += cells_of(rows[i]);
  }
  if (rows.size() > limits::transaction_rows_max || cells > limits::transaction_cells_max)
    return too_large();
  out.array(tables);
  for (std::size_t from = 0; from < rows.size();) {
    Dictionary names;
    std::size_t to = from;
    for (; to < rows.size() && rows[to].row.table == rows[from].row.table; ++to)
      add_columns(names, rows[to]);
    out.array(3);
    out.count(static_cast<std::uint64_t>(rows[from].row.table));
    names.write(out);
    out.array(to - from);
    for (; from < to; ++from) {
      write_row(out, names, rows[from], stamp);
      if (bytes.size() > limits::record_bytes_max) return too_large();
    }
  }
  return {};
}

// ---- Reading ----

class Decoder {
 public:
  explicit Decoder(ByteView body) : in_(body) {}

  void begin(std::size_t items) {
    expect_array(items);
    if (in_.count() != version && in_.ok())
      in_.fail("the record is of a later version", Code::outdated);
  }

  Stamp stamp() {
    expect_array(2);
    auto time = in_.count();
    return {time, in_.count()};
  }

  // Calls read_row(table) for each row of each table.
  template <class ReadRow>
  void tables(ReadRow read_row) {
    for (auto left = in_.array(); left > 0 && in_.ok(); --left) {
      expect_array(3);
      TableId table{in_.count()};
      auto columns = in_.array();
      if (columns > limits::row_columns_max) in_.fail("too many columns", Code::too_large);
      names_.clear();
      for (; columns > 0 && in_.ok(); --columns) names_.push_back(ColumnId{in_.count()});
      auto rows = in_.array();
      count_rows(rows);
      for (; rows > 0 && in_.ok(); --rows) read_row(table);
    }
  }

  RowChange change(TableId table, Stamp stamp) {
    RowChange change{.row = {.table = table}};
    auto items = in_.array();
    change.verb = static_cast<Verb>(std::min<std::uint64_t>(in_.count(), 255));
    change.row.key = blob();
    if (change.verb == Verb::remove) {
      if (items < 2 || items > 3) in_.fail("a row has another number of items");
      change.covers = items == 3 ? this->stamp() : stamp;
      return change;
    }
    if (items < 3 || items > 5) in_.fail("a row has another number of items");
    change.columns = columns();
    if (items > 3) change.counters = counters();
    if (items > 4) change.moved_from = blob();
    return change;
  }

  RowBefore before(TableId table) {
    RowBefore before{.row = {.table = table}};
    expect_array(2);
    before.row.key = blob();
    before.columns = columns();
    return before;
  }

  Result<void> finish() {
    in_.expect_end();
    if (in_.ok()) return {};
    auto error = in_.error();
    error.hint = error.code == Code::outdated ? "open it with a later version of Outboard"
                                              : broken_or_hostile;
    return error;
  }

 private:
  void expect_array(std::size_t items) {
    if (in_.array() != items && in_.ok()) in_.fail("an array has another number of items");
  }

  void count_rows(std::size_t rows) {
    rows_ += rows;
    if (rows_ > limits::transaction_rows_max) in_.fail("too many rows", Code::too_large);
  }
  std::size_t count_cells(std::size_t cells) {
    cells_ += cells;
    if (cells_ > limits::transaction_cells_max) in_.fail("too many values", Code::too_large);
    return cells;
  }

  Bytes blob() {
    auto bytes = in_.blob();
    return {bytes.begin(), bytes.end()};
  }

  ColumnId column() {
    auto number = in_.count();
    if (number < names_.size()) return names_[number];
    in_.fail("a column is not among those of its table");
    return {};
  }

  std::vector<ColumnWrite> columns() {
    std::vector<ColumnWrite> columns;
    for (auto left = count_cells(in_.map()); left > 0 && in_.ok(); --left) {
      auto id = column();
      columns.push_back({id, read_value(in_)});
    }
    return columns;
  }

  std::vector<CounterWrite> counters() {
    std::vector<CounterWrite> counters;
    for (auto left = count_cells(in_.map()); left > 0 && in_.ok(); --left) {
      CounterWrite write{.column = column()};
      expect_array(2);
      write.delta = in_.integer();
      write.total = in_.integer();
      counters.push_back(write);
    }
    return counters;
  }

  cbor::Reader in_;
  std::vector<ColumnId> names_;
  std::size_t rows_ = 0, cells_ = 0;
};

// One meaning, one encoding: else two replicas could have different digests of the same intent.
Result<void> expect_canonical(const Result<Bytes>& canonical, ByteView body) {
  if (!canonical) return canonical.error();
  if (std::ranges::equal(*canonical, body)) return {};
  return fail(Code::bad_request, "a record is not in its canonical form", broken_or_hostile);
}

Result<void> expect_order(const LocalEffect& effect) {
  bool ascends = std::ranges::adjacent_find(effect, std::ranges::greater_equal(),
                                            &RowBefore::row) == effect.end();
  for (const auto& before : effect) {
    ascends = ascends && std::ranges::adjacent_find(before.columns, std::ranges::greater_equal(),
                                                    &ColumnWrite::column) == before.columns.end();
  }
  if (ascends) return {};
  return fail(Code::bad_request, "an effect has a row or a column twice, or not in order",
              broken_or_hostile);
}

Result<void> expect_size(ByteView body) {
  if (body.size() > limits::record_bytes_max) return too_large();
  return {};
}

}  // namespace

Result<Bytes> encode(const Intent& intent) {
  Bytes bytes;
  cbor::Writer out(bytes);
  out.array(3);
  out.count(version);
  write_stamp(out, intent.stamp);
  TRY(write_tables(bytes, intent.rows, intent.stamp));
  return bytes;
}

Result<Intent> decode_intent(ByteView body) {
  TRY(expect_size(body));
  Decoder in(body);
  Intent intent;
  in.begin(3);
  intent.stamp = in.stamp();
  in.tables([&](TableId table) { intent.rows.push_back(in.change(table, intent.stamp)); });
  TRY(in.finish());
  TRY(check(intent));
  TRY(expect_canonical(encode(intent), body));
  return intent;
}

Result<Bytes> encode(const LocalEffect& effect) {
  Bytes bytes;
  cbor::Writer out(bytes);
  out.array(2);
  out.count(version);
  TRY(write_tables(bytes, effect, {}));
  return bytes;
}

Result<LocalEffect> decode_effect(ByteView body) {
  TRY(expect_size(body));
  Decoder in(body);
  LocalEffect effect;
  in.begin(2);
  in.tables([&](TableId table) { effect.push_back(in.before(table)); });
  TRY(in.finish());
  TRY(expect_order(effect));
  TRY(expect_canonical(encode(effect), body));
  return effect;
}

}  // namespace outboard::journal
