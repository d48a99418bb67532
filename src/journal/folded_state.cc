#include "journal/folded_state.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"
#include "journal/merge/value_form.h"
#include "journal/merged_rows.h"

namespace outboard::journal {

namespace {

constexpr std::uint64_t version = 1;
constexpr const char* broken_or_hostile = "whoever wrote it is broken or hostile";

Bytes encode_row(const RowKey& row, const RowState& state) {
  Bytes bytes;
  auto slots = encode(state, Layer::acknowledged);
  if (slots.empty()) return bytes;
  cbor::Writer out(bytes);
  out.array(3);
  out.count(static_cast<std::uint64_t>(row.table));
  out.blob(row.key);
  out.encoded(slots);
  return bytes;
}

Bytes piece_of(std::size_t rows, ByteView encoded) {
  Bytes bytes;
  cbor::Writer out(bytes);
  out.array(2);
  out.count(version);
  out.array(rows);
  out.encoded(encoded);
  return bytes;
}

bool is_slot(const Held& held) {
  const auto& [slot, version_held, none] = held;
  const auto& value = version_held->value;
  if (version_held->stamp.time > limits::stamp_time_max) return false;
  bool has_column = slot.kind == Slot::Kind::column || slot.kind == Slot::Kind::counter;
  if (!has_column && (slot.column != ColumnId{} || slot.replica != 0)) return false;
  switch (slot.kind) {
    case Slot::Kind::added: return value.is_null() || value.kind() == Kind::blob;
    case Slot::Kind::covered: return value.is_null();
    case Slot::Kind::column: return slot.replica == 0;
    case Slot::Kind::counter:
      return value.kind() == Kind::integer && slot.replica == version_held->stamp.replica;
  }
  return false;
}

class Decoder {
 public:
  explicit Decoder(ByteView piece) : in_(piece) {}

  Result<std::vector<StateRow>> run() {
    std::vector<StateRow> rows;
    expect_array(2);
    if (in_.count() != version && in_.ok())
      in_.fail("the state is of a later version", Code::outdated);
    for (auto left = in_.array(); left > 0 && in_.ok(); --left) {
      rows.push_back(row());
      bool ascends = rows.size() < 2 || rows[rows.size() - 2].row < rows.back().row;
      if (!ascends) in_.fail("a state has a row twice, or not in order");
    }
    in_.expect_end();
    if (in_.ok()) return rows;
    auto error = in_.error();
    error.hint = error.code == Code::outdated ? "open it with a later version of Outboard"
                                              : broken_or_hostile;
    return error;
  }

 private:
  void expect_array(std::size_t items) {
    if (in_.array() != items && in_.ok()) in_.fail("an array has another number of items");
  }

  StateRow row() {
    StateRow row;
    expect_array(3);
    row.row.table = TableId{in_.count()};
    auto key = in_.blob();
    row.row.key.assign(key.begin(), key.end());
    if (static_cast<std::uint64_t>(row.row.table) >> 63) in_.fail("a table has no such id");
    auto slots = in_.array();
    slots_ += slots;
    if (slots_ > limits::transaction_cells_max) in_.fail("too many values", Code::too_large);
    if (slots == 0) in_.fail("a row has nothing");
    for (; slots > 0 && in_.ok(); --slots) {
      row.state.slots.push_back(slot());
      bool ascends = row.state.slots.size() < 2 ||
                     row.state.slots[row.state.slots.size() - 2].slot < row.state.slots.back().slot;
      if (in_.ok() && (!ascends || !is_slot(row.state.slots.back())))
        in_.fail("a row holds what no row can hold");
    }
    return row;
  }

  Held slot() {
    expect_array(6);
    Held held;
    held.slot.kind = static_cast<Slot::Kind>(std::min<std::uint64_t>(in_.count(), 255));
    held.slot.column = ColumnId{in_.count()};
    held.slot.replica = in_.count();
    Stamp stamp{.time = in_.count()};
    stamp.replica = in_.count();
    held.acknowledged = Version{stamp, read_value(in_)};
    return held;
  }

  cbor::Reader in_;
  std::size_t slots_ = 0;
};

}  // namespace

Result<std::vector<StateRow>> decode_state(ByteView piece) {
  if (piece.size() > limits::state_piece_bytes_max)
    return fail(Code::too_large, "a piece of a state is too large", broken_or_hostile);
  auto rows = TRY(Decoder(piece).run());
  Bytes again;
  for (const auto& row : rows) append(again, encode_row(row.row, row.state));
  if (std::ranges::equal(piece_of(rows.size(), again), piece)) return rows;
  return fail(Code::bad_request, "a piece of a state is not in its canonical form",
              broken_or_hostile);
}

std::uint64_t latest_in(std::span<const StateRow> rows) {
  std::uint64_t latest = 0;
  for (const auto& row : rows) {
    for (const auto& held : row.state.slots)
      latest = std::max(latest, held.in(Layer::acknowledged)->stamp.time);
  }
  return latest;
}

Result<std::optional<Bytes>> StateReader::next() {
  Bytes rows;
  std::size_t count = 0;
  while (rows.size() < limits::state_piece_bytes) {
    auto entry = TRY(merged_.next(at_));
    if (!entry) break;
    at_ = entry->row;
    auto row = encode_row(at_, world_.load(at_));
    if (row.empty()) continue;
    hash_.add(row);
    append(rows, row);
    ++count;
  }
  if (count == 0) return std::optional<Bytes>();
  return std::optional(piece_of(count, rows));
}

}  // namespace outboard::journal
