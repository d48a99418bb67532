// Rows: what a statement came back with. The cells stay in the blocks in which they arrived;
// reading one decodes just that one.
//
//   for (auto row : rows) std::cout << row.integer(0) << row.text("title") << '\n';
//
// A value: copies share the blocks, which nobody changes. Texts and blobs that a Row hands out are
// views and live as long as any copy of the Rows.
#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <outboard/value.hpp>

namespace outboard {

namespace detail {
struct RowBlocks;
}

class Row {
 public:
  // REQUIRES: column < the number of columns; a name that is among them.
  Kind kind(std::size_t column) const;
  std::int64_t integer(std::size_t column) const;
  double real(std::size_t column) const;
  std::string_view text(std::size_t column) const;
  ByteView blob(std::size_t column) const;
  Value value(std::size_t column) const;

  bool is_null(std::size_t column) const { return kind(column) == Kind::null; }
  std::int64_t integer(std::string_view name) const { return integer(index_of(name)); }
  double real(std::string_view name) const { return real(index_of(name)); }
  std::string_view text(std::string_view name) const { return text(index_of(name)); }
  ByteView blob(std::string_view name) const { return blob(index_of(name)); }
  Value value(std::string_view name) const { return value(index_of(name)); }

 private:
  friend class Rows;
  Row(const detail::RowBlocks* blocks, std::size_t block, std::size_t row)
      : blocks_(blocks), block_(block), row_(row) {}
  std::size_t index_of(std::string_view name) const;

  const detail::RowBlocks* blocks_;
  std::size_t block_;
  std::size_t row_;
};

class Rows {
 public:
  Rows();
  explicit Rows(std::shared_ptr<const detail::RowBlocks> blocks);

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  const std::vector<std::string>& columns() const;

  // Rows that were inserted, updated or deleted, without those of triggers.
  std::int64_t changes() const;
  std::int64_t last_insert_rowid() const;

  // REQUIRES: index < size().
  Row operator[](std::size_t index) const;
  Row front() const { return (*this)[0]; }

  class Iterator {
   public:
    using value_type = Row;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    Row operator*() const { return (*rows_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    Iterator operator++(int) {
      auto before = *this;
      ++index_;
      return before;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    friend class Rows;
    Iterator(const Rows* rows, std::size_t index) : rows_(rows), index_(index) {}
    const Rows* rows_ = nullptr;
    std::size_t index_ = 0;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  std::shared_ptr<const detail::RowBlocks> blocks_;
};

}  // namespace outboard
