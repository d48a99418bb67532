#include "expect.h"

#include <bit>

#include "literal.h"

namespace scenario {

Outcome::Outcome(Result<outboard::Rows> rows) {
  if (rows)
    pieces.push_back(std::move(*rows));
  else
    error = rows.error();
}

Outcome::Outcome(const Result<void>& done) : counts_changes(false) {
  if (!done) error = done.error();
}

std::size_t Outcome::rows() const {
  std::size_t count = 0;
  for (auto& piece : pieces) count += piece.size();
  return count;
}

bool is_same(const Value& left, const Value& right) {
  if (left.kind() != right.kind()) return false;
  if (left.kind() != outboard::Kind::real) return left == right;
  return std::bit_cast<std::uint64_t>(left.real()) == std::bit_cast<std::uint64_t>(right.real());
}

namespace {

using Difference = std::optional<std::string>;

std::string differ(const std::string& expected, const std::string& got) {
  return "\n  expected: " + expected + "\n  got:      " + got;
}

Difference failure_difference(const Failure& expected, const Outcome& outcome) {
  auto code = std::string(name_of(expected.code));
  if (!outcome.error)
    return differ("error " + code, std::to_string(outcome.rows()) + " rows, no error");
  auto& error = *outcome.error;
  bool has_text = error.message.find(expected.text) != std::string::npos ||
                  error.hint.find(expected.text) != std::string::npos;
  if (error.code == expected.code && has_text) return {};
  return differ("error " + code + (expected.text.empty() ? "" : " /" + expected.text + "/"),
                to_string(error));
}

Difference number_difference(const char* what, const std::optional<std::int64_t>& expected,
                             std::int64_t got) {
  if (!expected || *expected == got) return {};
  return differ(std::string(what) + " " + std::to_string(*expected), std::to_string(got));
}

Difference row_difference(std::size_t number, const Cells& expected, const outboard::Row& row,
                          std::size_t columns) {
  Cells got;
  for (std::size_t column = 0; column < columns; ++column) got.push_back(row.value(column));
  bool same = expected.size() == got.size();
  for (std::size_t column = 0; same && column < columns; ++column)
    same = is_same(expected[column], got[column]);
  if (same) return {};
  return " in row " + std::to_string(number) + differ(shown(expected), shown(got));
}

Difference rows_difference(const std::vector<Cells>& expected, const Outcome& outcome) {
  std::size_t number = 0;
  for (auto& piece : outcome.pieces) {
    for (auto row : piece) {
      if (number >= expected.size())
        return differ(std::to_string(expected.size()) + " rows",
                      std::to_string(outcome.rows()) + " rows");
      if (auto found = row_difference(number + 1, expected[number], row, piece.columns().size()))
        return found;
      ++number;
    }
  }
  if (number == expected.size()) return {};
  return differ(std::to_string(expected.size()) + " rows", std::to_string(number) + " rows");
}

}  // namespace

std::optional<std::string> difference(const Expectation& expected, const Outcome& outcome) {
  if (expected.failure) return failure_difference(*expected.failure, outcome);
  if (outcome.error) return differ("success", "error " + to_string(*outcome.error));
  if (expected.changes || expected.rowid) {
    if (!outcome.counts_changes || outcome.pieces.empty()) return " nothing counts changes here";
    auto& rows = outcome.pieces.front();
    if (auto found = number_difference("changes", expected.changes, rows.changes())) return found;
    if (auto found = number_difference("rowid", expected.rowid, rows.last_insert_rowid()))
      return found;
  }
  auto pieces = static_cast<std::int64_t>(outcome.pieces.size());
  if (auto found = number_difference("pieces", expected.pieces, pieces)) return found;
  auto rows = static_cast<std::int64_t>(outcome.rows());
  if (auto found = number_difference("rows", expected.row_count, rows)) return found;
  if (expected.rows) return rows_difference(*expected.rows, outcome);
  return {};
}

}  // namespace scenario
