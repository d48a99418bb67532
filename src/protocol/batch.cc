#include "protocol/batch.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/utf8.h"

namespace outboard {

namespace {

// The header of a batch, and the fields of a column's descriptor.
constexpr std::size_t header_bytes = 16;
constexpr std::size_t descriptor_bytes = 40;
constexpr std::size_t tags_field = 4, numbers_field = 8, text_ends_field = 12,
                      text_ends_utf16_field = 16, text_field = 20, blob_ends_field = 28,
                      blob_field = 32;
constexpr std::uint8_t flag_ascii = 1, flag_utf8 = 2;

ColumnForm form_of(Kind kind) { return static_cast<ColumnForm>(kind); }

// What a cell takes, heaps apart. A null of a column of nulls takes nothing by itself, but may
// become one of a mixed column: it is counted, so that such a column cannot grow without an end.
std::size_t cell_bytes(ColumnForm form) {
  constexpr std::size_t bytes[] = {1, 8, 8, 4, 4, 1 + 8 + 4 + 4};
  return bytes[static_cast<std::size_t>(form)];
}

std::uint32_t narrow(std::size_t size) { return static_cast<std::uint32_t>(size); }

}  // namespace

void BatchBuilder::start(std::size_t columns) {
  if (columns_.size() < columns) columns_.resize(columns);
  columns_count_ = columns;
  rows_ = 0;
  bytes_ = header_bytes + columns * descriptor_bytes;
  for (std::size_t i = 0; i < columns; ++i) {
    auto& column = columns_[i];
    column.form = ColumnForm::null;
    column.tags.clear();
    column.numbers.clear();
    column.text_ends.clear();
    column.blob_ends.clear();
    column.text.clear();
    column.blob.clear();
    column.has_text = column.has_blob = column.has_numbers = false;
  }
}

// From here on every section has an entry for each row; finish() leaves out those that nobody
// needs.
void BatchBuilder::mix(Column& column) {
  bytes_ += rows_ * (cell_bytes(ColumnForm::mixed) - cell_bytes(column.form));
  column.tags.assign(rows_, static_cast<Kind>(column.form));
  column.numbers.resize(rows_);
  column.text_ends.resize(rows_);
  column.blob_ends.resize(rows_);
  column.form = ColumnForm::mixed;
}

BatchBuilder::Column& BatchBuilder::cell(std::size_t index, Kind kind) {
  auto& column = columns_[index];
  if (column.form != form_of(kind)) [[unlikely]] {
    if (rows_ == 0) {
      column.form = form_of(kind);
    } else if (column.form != ColumnForm::mixed) {
      mix(column);
    }
  }
  if (column.form == ColumnForm::mixed) {
    column.tags.push_back(kind);
    column.numbers.push_back(0);
    column.text_ends.push_back(narrow(column.text.size()));
    column.blob_ends.push_back(narrow(column.blob.size()));
  }
  bytes_ += cell_bytes(column.form);
  return column;
}

void BatchBuilder::integer(std::size_t index, std::int64_t value) {
  auto& column = cell(index, Kind::integer);
  column.has_numbers = true;
  if (column.form == ColumnForm::mixed) {
    column.numbers.back() = static_cast<std::uint64_t>(value);
  } else {
    column.numbers.push_back(static_cast<std::uint64_t>(value));
  }
}

void BatchBuilder::real(std::size_t index, double value) {
  auto& column = cell(index, Kind::real);
  column.has_numbers = true;
  if (column.form == ColumnForm::mixed) {
    column.numbers.back() = std::bit_cast<std::uint64_t>(value);
  } else {
    column.numbers.push_back(std::bit_cast<std::uint64_t>(value));
  }
}

void BatchBuilder::text(std::size_t index, std::string_view value) {
  auto& column = cell(index, Kind::text);
  column.has_text = true;
  append(column.text, bytes_of(value));
  auto end = narrow(column.text.size());
  if (column.form == ColumnForm::mixed) {
    column.text_ends.back() = end;
  } else {
    column.text_ends.push_back(end);
  }
  bytes_ += value.size();
}

void BatchBuilder::blob(std::size_t index, ByteView value) {
  auto& column = cell(index, Kind::blob);
  column.has_blob = true;
  append(column.blob, value);
  auto end = narrow(column.blob.size());
  if (column.form == ColumnForm::mixed) {
    column.blob_ends.back() = end;
  } else {
    column.blob_ends.push_back(end);
  }
  bytes_ += value.size();
}

void BatchBuilder::finish(Bytes& out) const {
  OB_ASSERT(out.size() % 8 == 0);
  auto batch_at = out.size();
  out.resize(batch_at + header_bytes + columns_count_ * descriptor_bytes);
  pad_to_8(out);
  for (std::size_t i = 0; i < columns_count_; ++i)
    finish_column(columns_[i], rows_, out, batch_at,
                  batch_at + header_bytes + i * descriptor_bytes);
  store_le(out.data() + batch_at, narrow(out.size() - batch_at));
  store_le(out.data() + batch_at + 4, narrow(rows_));
  store_le(out.data() + batch_at + 8, narrow(columns_count_));
}

void BatchBuilder::finish_column(const Column& column, std::size_t rows, Bytes& out,
                                 std::size_t batch_at, std::size_t descriptor_at) {
  auto section = [&](std::size_t field, const void* data, std::size_t bytes) {
    store_le(out.data() + descriptor_at + field, narrow(out.size() - batch_at));
    append(out, {static_cast<const std::uint8_t*>(data), bytes});
    pad_to_8(out);
  };

  out[descriptor_at] = static_cast<std::uint8_t>(column.form);
  if (column.form == ColumnForm::mixed) section(tags_field, column.tags.data(), rows);
  if (column.has_numbers) section(numbers_field, column.numbers.data(), rows * 8);
  if (column.has_text) {
    auto heap = text_of(column.text);
    section(text_ends_field, column.text_ends.data(), rows * 4);
    if (is_ascii(heap)) {
      out[descriptor_at + 1] = flag_ascii | flag_utf8;
    } else {
      // The heap as a whole may be well-formed while its parts are not: each is looked at.
      std::vector<std::uint32_t> utf16_ends;
      utf16_ends.reserve(rows);
      std::uint32_t start = 0;
      std::size_t utf16_end = 0;
      for (auto end : column.text_ends) {
        auto units = utf16_length(heap.substr(start, end - start));
        if (!units) break;
        start = end;
        utf16_ends.push_back(narrow(utf16_end += *units));
      }
      if (utf16_ends.size() == rows) {
        out[descriptor_at + 1] = flag_utf8;
        section(text_ends_utf16_field, utf16_ends.data(), rows * 4);
      }
    }
    section(text_field, heap.data(), heap.size());
    store_le(out.data() + descriptor_at + text_field + 4, narrow(heap.size()));
  }
  if (column.has_blob) {
    section(blob_ends_field, column.blob_ends.data(), rows * 4);
    section(blob_field, column.blob.data(), column.blob.size());
    store_le(out.data() + descriptor_at + blob_field + 4, narrow(column.blob.size()));
  }
}

const std::uint8_t* BatchView::descriptor(std::size_t column) const {
  return block_.data() + header_bytes + column * descriptor_bytes;
}

std::uint32_t BatchView::field(std::size_t column, std::size_t at) const {
  return load_le<std::uint32_t>(descriptor(column) + at);
}

Result<BatchView> BatchView::read(ByteView tail) {
  auto broken = [] {
    return fail(Code::bad_request, "a batch is broken", "send what docs/protocol.md describes");
  };
  if (tail.size() < header_bytes) return broken();
  std::size_t bytes = load_le<std::uint32_t>(tail.data());
  BatchView view;
  view.rows_ = load_le<std::uint32_t>(tail.data() + 4);
  view.columns_ = load_le<std::uint32_t>(tail.data() + 8);
  if (bytes % 8 != 0 || bytes > tail.size() || bytes < header_bytes) return broken();
  if (view.columns_ > (bytes - header_bytes) / descriptor_bytes) return broken();
  view.block_ = tail.first(bytes);
  std::uint64_t rows = view.rows_;
  auto sections_at = header_bytes + view.columns_ * descriptor_bytes;

  for (std::size_t column = 0; column < view.columns_; ++column) {
    auto section_fits = [&](std::size_t at, std::uint64_t size) {
      std::size_t start = view.field(column, at);
      return start % 8 == 0 && start >= sections_at && start <= bytes && size <= bytes - start;
    };
    auto ends_rise = [&](std::size_t at, std::size_t heap_bytes) {
      std::uint32_t before = 0;
      for (std::size_t row = 0; row < view.rows_; ++row) {
        auto end = load_le<std::uint32_t>(tail.data() + view.field(column, at) + row * 4);
        if (end < before || end > heap_bytes) return false;
        before = end;
      }
      return true;
    };
    auto heap_is_sound = [&](std::size_t ends, std::size_t heap) {
      std::size_t heap_bytes = view.field(column, heap + 4);
      return section_fits(ends, rows * 4) && section_fits(heap, heap_bytes) &&
             ends_rise(ends, heap_bytes);
    };

    auto form = view.descriptor(column)[0];
    bool mixed = form == static_cast<std::uint8_t>(ColumnForm::mixed);
    bool number = form == static_cast<std::uint8_t>(ColumnForm::integer) ||
                  form == static_cast<std::uint8_t>(ColumnForm::real) ||
                  (mixed && view.field(column, numbers_field));
    bool text = form == static_cast<std::uint8_t>(ColumnForm::text) ||
                (mixed && view.field(column, text_ends_field));
    bool blob = form == static_cast<std::uint8_t>(ColumnForm::blob) ||
                (mixed && view.field(column, blob_ends_field));
    bool sound = form <= static_cast<std::uint8_t>(ColumnForm::mixed) &&
                 (!mixed || section_fits(tags_field, rows)) &&
                 (!number || section_fits(numbers_field, rows * 8)) &&
                 (!text || heap_is_sound(text_ends_field, text_field)) &&
                 (!blob || heap_is_sound(blob_ends_field, blob_field));
    if (!sound) return broken();
    if (!mixed) continue;
    auto tags = tail.subspan(view.field(column, tags_field), view.rows_);
    bool tags_sound = std::ranges::all_of(tags, [&](std::uint8_t tag) {
      switch (static_cast<Kind>(tag)) {
        case Kind::null: return true;
        case Kind::integer:
        case Kind::real: return number;
        case Kind::text: return text;
        case Kind::blob: return blob;
      }
      return false;
    });
    if (!tags_sound) return broken();
  }
  return view;
}

Kind BatchView::kind(std::size_t row, std::size_t column) const {
  auto form = static_cast<ColumnForm>(descriptor(column)[0]);
  if (form != ColumnForm::mixed) return static_cast<Kind>(form);
  return static_cast<Kind>(block_[field(column, tags_field) + row]);
}

ByteView BatchView::slice(std::size_t row, std::size_t column, std::size_t ends_field,
                          std::size_t heap_field) const {
  auto ends = block_.data() + field(column, ends_field);
  auto start = row == 0 ? 0 : load_le<std::uint32_t>(ends + (row - 1) * 4);
  auto end = load_le<std::uint32_t>(ends + row * 4);
  return block_.subspan(field(column, heap_field) + start, end - start);
}

ValueView BatchView::cell(std::size_t row, std::size_t column) const {
  ValueView cell{.kind = kind(row, column)};
  switch (cell.kind) {
    case Kind::null: break;
    case Kind::integer:
      cell.integer = load_le<std::int64_t>(block_.data() + field(column, numbers_field) + row * 8);
      break;
    case Kind::real:
      cell.real = load_le<double>(block_.data() + field(column, numbers_field) + row * 8);
      break;
    case Kind::text: cell.bytes = slice(row, column, text_ends_field, text_field); break;
    case Kind::blob: cell.bytes = slice(row, column, blob_ends_field, blob_field); break;
  }
  return cell;
}

ByteView BatchView::blob_heap(std::size_t column) const {
  auto form = static_cast<ColumnForm>(descriptor(column)[0]);
  bool has_blobs =
      form == ColumnForm::blob || (form == ColumnForm::mixed && field(column, blob_ends_field));
  if (!has_blobs) return {};
  return block_.subspan(field(column, blob_field), field(column, blob_field + 4));
}

}  // namespace outboard
