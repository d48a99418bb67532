#include "protocol/batch.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "base/bytes.h"
#include "base/utf8.h"

namespace outboard {
namespace {

using Table = std::vector<std::vector<Value>>;  // row by row

void put(BatchBuilder& builder, std::size_t column, const Value& value) {
  switch (value.kind()) {
    case Kind::null: return builder.null(column);
    case Kind::integer: return builder.integer(column, value.integer());
    case Kind::real: return builder.real(column, value.real());
    case Kind::text: return builder.text(column, value.text());
    case Kind::blob: return builder.blob(column, value.blob());
  }
}

void gather(BatchBuilder& builder, std::size_t columns, const Table& rows) {
  builder.start(columns);
  for (auto& row : rows) {
    for (std::size_t column = 0; column < columns; ++column) put(builder, column, row[column]);
    builder.end_row();
  }
}

Bytes written(std::size_t columns, const Table& rows) {
  BatchBuilder builder;
  gather(builder, columns, rows);
  Bytes out;
  builder.finish(out);
  return out;
}

// One column.
Bytes written(const std::vector<Value>& cells) {
  Table rows;
  for (auto& cell : cells) rows.push_back({cell});
  return written(1, rows);
}

void expect_rows(const BatchView& view, const Table& rows) {
  ASSERT_EQ(view.rows(), rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row)
    for (std::size_t column = 0; column < view.columns(); ++column)
      ASSERT_EQ(view.cell(row, column).to_value(), rows[row][column]) << row << ", " << column;
}

// Fields of the first column's descriptor, by their offsets in docs/protocol.md.
ColumnForm form(const Bytes& batch) { return static_cast<ColumnForm>(batch[16]); }
int flags(const Bytes& batch) { return batch[17]; }
std::uint32_t field(const Bytes& batch, std::size_t at) {
  return load_le<std::uint32_t>(batch.data() + 16 + at);
}

TEST(BatchTest, the_numbers_of_the_forms_reach_the_wire) {
  EXPECT_EQ(static_cast<int>(ColumnForm::null), 0);
  EXPECT_EQ(static_cast<int>(ColumnForm::integer), 1);
  EXPECT_EQ(static_cast<int>(ColumnForm::real), 2);
  EXPECT_EQ(static_cast<int>(ColumnForm::text), 3);
  EXPECT_EQ(static_cast<int>(ColumnForm::blob), 4);
  EXPECT_EQ(static_cast<int>(ColumnForm::mixed), 5);
}

TEST(BatchTest, a_column_of_one_kind_has_the_form_of_that_kind) {
  EXPECT_EQ(form(written({nullptr, nullptr})), ColumnForm::null);
  EXPECT_EQ(form(written({1, 2})), ColumnForm::integer);
  EXPECT_EQ(form(written({1.0, 2.5})), ColumnForm::real);
  EXPECT_EQ(form(written({"a", ""})), ColumnForm::text);
  EXPECT_EQ(form(written({Bytes{1}, Bytes{}})), ColumnForm::blob);
  EXPECT_EQ(form(written({1, 2.0})), ColumnForm::mixed);
  EXPECT_EQ(form(written({1, nullptr})), ColumnForm::mixed);
  EXPECT_EQ(form(written({nullptr, "a"})), ColumnForm::mixed);
}

TEST(BatchTest, cells_of_every_kind_come_back) {
  const Table rows = {
      {nullptr, std::numeric_limits<std::int64_t>::min(), -0.0, "", Bytes{}, 1},
      {nullptr, std::numeric_limits<std::int64_t>::max(), 5e-324, "a\0b", Bytes{0, 255}, 2.5},
      {nullptr, 0, std::numeric_limits<double>::infinity(), "\xE6\x97\xA5", Bytes(9, 7), "t"},
      {nullptr, -1, 1e300, "\xF0\x9F\x99\x82", Bytes{1}, Bytes{3}},
      {nullptr, 1, 1.0, "plain", Bytes{2}, nullptr}};
  auto batch = written(6, rows);
  auto view = BatchView::read(batch);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->bytes(), batch.size());
  expect_rows(*view, rows);
  EXPECT_TRUE(std::signbit(view->cell(0, 2).real));
  EXPECT_EQ(to_hex(view->blob_heap(4)),
            "00ff"
            "070707070707070707"
            "01"
            "02");
  EXPECT_EQ(view->blob_heap(3).size(), 0u);
}

TEST(BatchTest, a_batch_without_rows_or_columns_is_its_header) {
  EXPECT_EQ(written(0, {}).size(), 16u);
  EXPECT_EQ(written(3, {}).size(), 16 + 3 * 40u);
  auto rows_only = written(0, {{}, {}, {}});
  EXPECT_EQ(BatchView::read(rows_only)->rows(), 3u);
  auto nothing = written(2, {});
  auto view = BatchView::read(nothing);
  EXPECT_EQ(view->rows(), 0u);
  EXPECT_EQ(view->columns(), 2u);
}

TEST(BatchTest, sections_start_at_multiples_of_8_and_absent_ones_at_0) {
  auto batch = written({"abc", nullptr, "é"});
  EXPECT_EQ(batch.size() % 8, 0u);
  for (auto at : {4u, 12u, 16u, 20u}) {
    EXPECT_NE(field(batch, at), 0u) << at;
    EXPECT_EQ(field(batch, at) % 8, 0u) << at;
  }
  for (auto at : {8u, 28u, 32u, 36u}) EXPECT_EQ(field(batch, at), 0u) << at;
}

TEST(BatchTest, several_batches_follow_each_other) {
  Bytes tail;
  BatchBuilder builder;
  for (int i = 0; i < 5; ++i) {
    gather(builder, 1, Table(static_cast<std::size_t>(i), {i}));
    builder.finish(tail);
  }
  ByteView rest = tail;
  for (int i = 0; i < 5; ++i) {
    auto view = BatchView::read(rest);
    ASSERT_TRUE(view);
    expect_rows(*view, Table(static_cast<std::size_t>(i), {i}));
    rest = rest.subspan(view->bytes());
  }
  EXPECT_TRUE(rest.empty());
}

TEST(BatchTest, a_builder_starts_over_clean) {
  BatchBuilder builder;
  gather(builder, 3, {{"text", Bytes{1}, 1}, {1, "text", nullptr}});
  gather(builder, 2, {{1, 2.0}});
  Bytes again;
  builder.finish(again);
  EXPECT_EQ(to_hex(again), to_hex(written(2, {{1, 2.0}})));
}

TEST(BatchTest, flags_tell_ascii_from_utf8_from_neither) {
  EXPECT_EQ(flags(written({"plain", ""})), 3);
  EXPECT_EQ(flags(written({"caf\xC3\xA9"})), 2);
  EXPECT_EQ(flags(written({"\xFF"})), 0);
  EXPECT_EQ(flags(written({"\xC3", "\xA9"})), 0);  // well-formed only as a whole
  EXPECT_EQ(flags(written({1})), 0);
  EXPECT_EQ(field(written({"plain"}), 16), 0u);
  EXPECT_NE(field(written({"caf\xC3\xA9"}), 16), 0u);
  EXPECT_EQ(field(written({"\xC3", "\xA9"}), 16), 0u);
}

TEST(BatchTest, ends_in_utf16_are_those_of_a_reference) {
  const std::vector<Value> cells = {"a",
                                    "\xC3\xA9",
                                    nullptr,
                                    "",
                                    "\xF0\x9F\x99\x82"
                                    "b",
                                    7,
                                    "\xE6\x97\xA5\xE6\x9C\xAC"};
  const std::uint32_t ends[] = {1, 2, 2, 2, 5, 5, 7};
  auto batch = written(cells);
  auto at = field(batch, 16);
  ASSERT_NE(at, 0u);
  for (std::size_t i = 0; i < std::size(ends); ++i)
    EXPECT_EQ(load_le<std::uint32_t>(batch.data() + at + i * 4), ends[i]) << i;
}

TEST(BatchTest, random_tables_come_back) {
  static constexpr std::string_view letters[] = {"a", "\xC3\xA9", "\xF0\x9F\x99\x82", "\xFF", ""};
  for (unsigned seed = 0; seed < 500; ++seed) {
    std::mt19937_64 random(seed);
    auto columns = random() % 6;
    // Each column prefers a kind, and some hold nothing else.
    std::vector<std::pair<std::uint64_t, bool>> kinds(columns);
    for (auto& [kind, pure] : kinds) kind = random() % 5, pure = random() % 2;
    Table rows(random() % 40);
    for (auto& row : rows) {
      for (auto& [preferred, pure] : kinds) {
        switch (pure ? preferred : random() % 5) {
          case 0: row.emplace_back(); break;
          case 1: row.emplace_back(static_cast<std::int64_t>(random())); break;
          case 2: row.emplace_back(static_cast<double>(random() % 1000) / 8); break;
          case 3: row.emplace_back(std::string(letters[random() % 5]) + "x"); break;
          default: row.emplace_back(Bytes(random() % 20, 9)); break;
        }
      }
    }
    auto batch = written(columns, rows);
    auto view = BatchView::read(batch);
    ASSERT_TRUE(view) << "seed " << seed;
    ASSERT_EQ(view->bytes(), batch.size());
    expect_rows(*view, rows);
  }
}

TEST(BatchTest, a_large_batch_comes_back) {
  BatchBuilder builder;
  builder.start(2);
  std::string text(1'000, 'x');
  for (std::int64_t row = 0; row < 50'000; ++row) {
    builder.integer(0, row);
    builder.text(1, text);
    builder.end_row();
  }
  Bytes out;
  builder.finish(out);
  auto view = BatchView::read(out);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->cell(49'999, 0).integer, 49'999);
  EXPECT_EQ(view->cell(49'999, 1).bytes.size(), 1'000u);
  EXPECT_NEAR(static_cast<double>(builder.bytes()), static_cast<double>(out.size()), 64);
}

// The engine closes a batch by it: a batch that is much larger than it says could burst a frame.
TEST(BatchTest, L7_bytes_counts_a_column_of_nulls_that_ends_mixed) {
  BatchBuilder builder;
  builder.start(1);
  for (int row = 0; row < 100'000; ++row) {
    builder.null(0);
    builder.end_row();
  }
  EXPECT_GE(builder.bytes(), 100'000u);
  builder.integer(0, 1);
  builder.end_row();
  Bytes out;
  builder.finish(out);
  EXPECT_GE(builder.bytes(), out.size());
}

TEST(BatchTest, L7_bytes_is_never_much_less_than_what_is_written) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    Table rows(500);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Value cells[] = {Value(), 1, 1.5, "ab", Bytes{1, 2}};
      rows[i].push_back(cells[i < random() % 500 ? seed % 5 : random() % 5]);
    }
    BatchBuilder builder;
    gather(builder, 1, rows);
    Bytes out;
    builder.finish(out);
    ASSERT_GE(builder.bytes() + 64, out.size()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace outboard
