#include "cli/table.h"

#include <algorithm>
#include <array>

#include "cli/text_width.h"

namespace outboard::cli {

namespace {

// Bytes of a value that are looked at: nobody's terminal is wider.
constexpr std::size_t shown_bytes_max = 1'000;
constexpr std::size_t column_width_min = 3;

std::string shown(const Row& row, std::size_t column) {
  switch (row.kind(column)) {
    case Kind::null: return "∅";
    case Kind::text: {
      auto text = row.text(column);
      return printable(text.substr(0, shown_bytes_max)) +
             (text.size() > shown_bytes_max ? "…" : "");
    }
    case Kind::blob: {
      auto blob = row.blob(column);
      auto first = blob.first(std::min(blob.size(), shown_bytes_max / 2));
      return to_sql_literal(Value(Bytes(first.begin(), first.end())));
    }
    default: return to_sql_literal(row.value(column));
  }
}

// Takes from the widest until the table fits.
void fit(std::vector<std::size_t>& widths, std::size_t room) {
  auto used = 3 * widths.size() + 1;
  for (auto width : widths) used += width;
  while (used > room) {
    auto widest = std::ranges::max_element(widths);
    if (*widest <= column_width_min) return;
    --*widest;
    --used;
  }
}

class Drawing {
 public:
  Drawing(std::vector<std::size_t> widths, bool colours)
      : widths_(std::move(widths)), colours_(colours) {}

  void rule(const std::array<const char*, 3>& corners) {
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      out += i == 0 ? corners[0] : corners[1];
      for (std::size_t n = 0; n < widths_[i] + 2; ++n) out += "─";
    }
    out += corners[2];
    out += '\n';
  }

  void cell(std::size_t column, std::string_view content, Kind kind) {
    auto cut = cut_to_width(content, widths_[column]);
    std::string space(widths_[column] - width_of(cut), ' ');
    bool right = kind == Kind::integer || kind == Kind::real;
    bool dim = kind == Kind::null && colours_;
    out += column == 0 ? "│ " : " │ ";
    if (right) out += space;
    if (dim) out += "\033[2m";
    out += cut;
    if (dim) out += "\033[0m";
    if (!right) out += space;
  }
  void end_row() { out += " │\n"; }

  std::string out;

 private:
  std::vector<std::size_t> widths_;
  bool colours_;
};

}  // namespace

std::string table_of(const Rows& rows, const TableLook& look) {
  auto& names = rows.columns();
  if (names.empty()) return {};
  std::vector<std::size_t> widths;
  widths.reserve(names.size());
  for (auto& name : names) widths.push_back(std::max<std::size_t>(width_of(printable(name)), 1));
  for (auto row : rows)
    for (std::size_t i = 0; i < names.size(); ++i)
      widths[i] = std::max(widths[i], width_of(shown(row, i)));
  if (look.width > 0) fit(widths, look.width);

  Drawing drawing(std::move(widths), look.colours);
  drawing.rule({"┌", "┬", "┐"});
  for (std::size_t i = 0; i < names.size(); ++i) drawing.cell(i, printable(names[i]), Kind::text);
  drawing.end_row();
  drawing.rule({"├", "┼", "┤"});
  for (auto row : rows) {
    for (std::size_t i = 0; i < names.size(); ++i) drawing.cell(i, shown(row, i), row.kind(i));
    drawing.end_row();
  }
  drawing.rule({"└", "┴", "┘"});
  return std::move(drawing.out);
}

}  // namespace outboard::cli
