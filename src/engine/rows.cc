#include "engine/rows.h"

namespace outboard {

void append_row(Statement& statement, BatchBuilder& batch, std::size_t first) {
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
  }
  batch.end_row();
}

bool is_full(const BatchBuilder& batch, const BatchLimit& limit) {
  return batch.bytes() >= limit.bytes || (limit.rows && batch.rows() >= limit.rows);
}

Result<void> fits_into_frame(const BatchBuilder& batch) {
  constexpr std::size_t room_for_the_rest = 1u << 20;
  if (batch.bytes() <= limits::frame_bytes_max - room_for_the_rest) return {};
  return fail(Code::too_large, "a row is larger than 127 MiB",
              "select its texts and blobs in pieces, with substr()");
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
    ran.statement.columns = statement.column_names();
    batch.start(columns);
    for (; row; row = TRY(statement.step())) {
      append_row(statement, batch);
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
