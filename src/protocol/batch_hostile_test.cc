// Batches that nobody writes: BatchView refuses them, or reads nothing beyond them. Run it under
// the address sanitizer.
#include <gtest/gtest.h>

#include <random>

#include "base/bytes.h"
#include "protocol/batch.h"

namespace outboard {
namespace {

constexpr std::size_t descriptor_at = 16;

// Two columns, one of each sort of section: mixed, and blobs.
Bytes good_batch() {
  BatchBuilder builder;
  builder.start(3);
  for (int row = 0; row < 4; ++row) {
    switch (row) {
      case 0: builder.null(0); break;
      case 1: builder.integer(0, 7); break;
      case 2: builder.text(0, "caf\xC3\xA9"); break;
      default: builder.blob(0, Bytes{1, 2, 3}); break;
    }
    builder.blob(1, Bytes(static_cast<std::size_t>(row), 9));
    builder.integer(2, row);
    builder.end_row();
  }
  Bytes out;
  builder.finish(out);
  return out;
}

void set(Bytes& batch, std::size_t at, std::uint32_t value) { store_le(batch.data() + at, value); }

// Keeps the compiler from leaving out what is read for nothing.
volatile std::uint64_t sink;

void read_all(const BatchView& view) {
  std::uint64_t sum = 0;
  auto rows = std::min<std::size_t>(view.rows(), 1'000);
  for (std::size_t column = 0; column < view.columns(); ++column) {
    for (std::size_t row = 0; row < rows; ++row) {
      auto cell = view.cell(row, column);
      sum += static_cast<std::uint64_t>(cell.kind) + static_cast<std::uint64_t>(cell.integer);
      for (auto byte : cell.bytes) sum += byte;
    }
    for (auto byte : view.blob_heap(column)) sum += byte;
  }
  sink = sum;
}

// A copy of exact size, so that a read beyond it is noticed.
bool reads(const Bytes& batch) {
  Bytes own(batch.begin(), batch.end());
  auto view = BatchView::read(own);
  if (view) read_all(*view);
  return view.ok();
}

TEST(BatchHostileTest, L10_the_header_is_checked) {
  auto good = good_batch();
  ASSERT_TRUE(reads(good));
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(reads(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))));
  for (std::uint32_t bytes : {0u, 8u, 15u, 17u, 0xfffffff8u}) {
    auto batch = good;
    set(batch, 0, bytes);
    EXPECT_FALSE(reads(batch)) << bytes;
  }
  for (std::uint32_t rows : {5u, 1'000u, 0x10000000u, 0x20000000u, 0x40000000u, 0xffffffffu}) {
    auto batch = good;
    set(batch, 4, rows);
    EXPECT_FALSE(reads(batch)) << rows;
  }
  for (std::uint32_t columns : {4u, 1'000u, 0x06666667u, 0xffffffffu}) {
    auto batch = good;
    set(batch, 8, columns);
    EXPECT_FALSE(reads(batch)) << columns;
  }
}

TEST(BatchHostileTest, L10_descriptors_fit_behind_the_header) {
  Bytes batch(40);
  set(batch, 0, 40);
  EXPECT_TRUE(reads(batch));
  set(batch, 8, 1);
  EXPECT_FALSE(reads(batch));
}

TEST(BatchHostileTest, L10_the_offsets_of_sections_are_checked) {
  auto good = good_batch();
  auto size = static_cast<std::uint32_t>(good.size());
  for (std::size_t field : {4u, 8u, 12u, 20u, 28u, 32u}) {
    for (std::uint32_t offset : {1u, 8u, 16u, 56u, size, size + 8, 0xfffffff8u}) {
      auto batch = good;
      set(batch, descriptor_at + field, offset);
      EXPECT_FALSE(reads(batch)) << field << " at " << offset;
    }
  }
  for (std::size_t heap_bytes : {24u, 36u}) {
    auto batch = good;
    set(batch, descriptor_at + heap_bytes, size);
    EXPECT_FALSE(reads(batch));
    set(batch, descriptor_at + heap_bytes, 0);
    EXPECT_FALSE(reads(batch));
  }
}

TEST(BatchHostileTest, L10_a_section_that_a_form_needs_must_be_there) {
  auto good = good_batch();
  const std::pair<std::size_t, std::size_t> needed[] = {{0, 4},  {0, 8},  {0, 12},
                                                        {0, 28}, {1, 28}, {2, 8}};
  for (auto& [column, field] : needed) {
    auto batch = good;
    set(batch, descriptor_at + column * 40 + field, 0);
    EXPECT_FALSE(reads(batch)) << column << ", " << field;
  }
}

TEST(BatchHostileTest, L10_ends_rise_within_their_heap) {
  auto good = good_batch();
  auto ends = load_le<std::uint32_t>(good.data() + descriptor_at + 40 + 28);  // 0 1 3 6
  for (std::size_t row = 0; row < 4; ++row) {
    for (std::uint32_t end : {7u, 0x80000000u, 0xffffffffu}) {
      auto batch = good;
      set(batch, ends + row * 4, end);
      EXPECT_FALSE(reads(batch)) << row;
    }
  }
  auto falling = good;
  set(falling, ends + 8, 0);
  EXPECT_FALSE(reads(falling));
}

TEST(BatchHostileTest, L10_tags_and_forms_are_checked) {
  auto good = good_batch();
  auto tags = load_le<std::uint32_t>(good.data() + descriptor_at + 4);
  for (int tag = 5; tag < 256; ++tag) {
    auto batch = good;
    batch[tags] = static_cast<std::uint8_t>(tag);
    EXPECT_FALSE(reads(batch)) << tag;
  }
  for (int form = 6; form < 256; ++form) {
    auto batch = good;
    batch[descriptor_at] = static_cast<std::uint8_t>(form);
    EXPECT_FALSE(reads(batch)) << form;
  }
}

TEST(BatchHostileTest, L10_a_blob_heap_is_read_only_where_it_was_checked) {
  auto batch = good_batch();
  auto integers = descriptor_at + 2 * 40;
  set(batch, integers + 28, 8);
  set(batch, integers + 32, 0x7ffffff8);
  set(batch, integers + 36, 0x7ffffff8);
  EXPECT_TRUE(reads(batch));
  EXPECT_EQ(BatchView::read(batch)->blob_heap(2).size(), 0u);
}

TEST(BatchHostileTest, L10_every_changed_byte_is_survived) {
  auto good = good_batch();
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      auto batch = good;
      batch[at] = static_cast<std::uint8_t>(byte);
      reads(batch);
    }
  }
}

TEST(BatchHostileTest, L10_random_changes_are_survived) {
  auto good = good_batch();
  std::mt19937 random(1);
  for (int i = 0; i < 100'000; ++i) {
    auto batch = good;
    for (auto changes = 1 + random() % 6; changes > 0; --changes) {
      auto word = random() % (batch.size() / 4) * 4;
      switch (random() % 3) {
        case 0: set(batch, word, random() % 300); break;
        case 1: set(batch, word, static_cast<std::uint32_t>(batch.size()) & ~7u); break;
        default: batch[random() % batch.size()] = static_cast<std::uint8_t>(random()); break;
      }
    }
    reads(batch);
  }
}

}  // namespace
}  // namespace outboard
