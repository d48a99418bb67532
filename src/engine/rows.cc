#include "engine/rows.h"

namespace outboard {

namespace {

// Beside a batch a frame has room for its head, with the names of columns in it.
constexpr std::size_t room_for_head = 2u << 20;
constexpr std::size_t batch_bytes_max = limits::frame_bytes_max - room_for_head;

}  // namespace

Result<void> append_row(Statement& statement, BatchBuilder& batch, std::size_t first) {
  int columns = static_cast<int>(statement.column_count());
  for (int i = 0; i < columns; ++i) {
    auto column = first + static_cast<std::size_t>(i);
    switch (statement.kind(i)) {
      case Kind::null: batch.null(column); break;
      case Kind::integer: batch.integer(column, statement.integer(i)); break;
      case Kind::real: batch.real(column, statement.real(i)); break;
      case Kind::text: batch.text(column, statement.text(i)); break;
      case Kind::blob: batch.blob(column, statement.blob(i)); break;
    }
    if (batch.bytes() > batch_bytes_max)
      return fail(Code::too_large, "a row is larger than 126 MiB",
                  "select its texts and blobs in pieces, with substr()");
  }
  batch.end_row();
  return {};
}

Result<std::vector<std::string>> names_of_columns(const Statement& statement) {
  auto names = statement.column_names();
  std::size_t bytes = 0;
  for (auto& name : names) bytes += name.size();
  if (bytes <= limits::column_names_bytes_max) return names;
  return fail(Code::too_large, "the names of the columns are longer than 1 MiB",
              "give them shorter ones with AS");
}

std::size_t Ran::bytes() const {
  std::size_t bytes = rows.bytes().size();
  for (auto& name : statement.columns) bytes += name.size();
  return bytes;
}

bool is_full(const BatchBuilder& batch, const BatchLimit& limit) {
  return batch.bytes() >= limit.bytes || (limit.rows && batch.rows() >= limit.rows);
}

Result<void> Collected::take(BatchBuilder& batch, std::size_t columns) {
  if (bytes_.size() + batch.bytes() > limits::reply_bytes_max)
    return fail(Code::too_large, "a result of this kind may have up to 16 MiB",
                "return fewer rows, or read them with a SELECT of its own");
  batch.finish(bytes_);
  batch.start(columns);
  return {};
}

Result<Ran> run_to_end(Connection& connection, Statement& statement, BatchBuilder& batch,
                       const BatchLimit& limit) {
  Ran ran;
  auto changes_before = connection.total_changes();
  bool row = TRY(statement.step());
  auto columns = statement.column_count();
  if (columns > 0) {
    ran.statement.has_columns = true;
    ran.statement.columns = TRY(names_of_columns(statement));
    batch.start(columns);
    for (; row; row = TRY(statement.step())) {
      TRY(append_row(statement, batch));
      if (is_full(batch, limit)) TRY(ran.rows.take(batch, columns));
    }
    if (batch.rows() > 0 || ran.rows.bytes().empty()) TRY(ran.rows.take(batch, columns));
  }
  if (!statement.traits().reads_only && connection.total_changes() != changes_before)
    ran.statement.changes = connection.changes();
  ran.statement.last_insert_rowid = connection.last_insert_rowid();
  return ran;
}

}  // namespace outboard
