#include "engine/cursor.h"

#include "store/snapshot.h"

namespace outboard {

Cursor::Cursor(Core& core, Job job, Source source)
    : Task(std::move(job)), core_(core), source_(std::move(source)) {}

Served Cursor::start(Core& core, Tasks& tasks, Job job, Source source) {
  auto& connection = source.reader ? *source.reader : core.store->writer();
  Cursor cursor(core, std::move(job), std::move(source));
  auto filled = cursor.first_row();
  reply::Statement statement;
  statement.has_columns = true;
  if (filled) {
    statement.last_insert_rowid = connection.last_insert_rowid();
    filled = cursor.fill();
  }
  if (filled) {
    auto names = names_of_columns(*cursor.source_.statement);
    if (names) {
      statement.columns = std::move(*names);
    } else {
      filled = names.error();
    }
  }
  auto& own = cursor.job_;
  if (filled && cursor.on_row_) {
    if (!is_paced(own) && !tasks.has_room_for_result()) return Served::needs_room;
    if (is_paced(own) && !tasks.has_room_for_stream()) filled = too_many_streams();
  }
  if (!filled) {
    core.reply_error(own.client, own.id, core.store->interrupt().explain(filled.error()));
    return Served::done;
  }
  auto write = [&](cbor::Writer& out) {
    if (cursor.source_.shape == Shape::snapshot) {
      reply::write_export(out, cursor.source_.snapshot_bytes, cursor.on_row_);
    } else {
      reply::write_rows(out, statement, cursor.on_row_);
    }
  };
  core.frame(own.client, own.id, FrameKind::reply, write,
             [&](Bytes& out) { core.batch.finish(out); });
  if (cursor.on_row_) tasks.add(std::make_unique<Cursor>(std::move(cursor)), core.now_us());
  return Served::done;
}

Result<void> Cursor::first_row() {
  on_row_ = TRY(source_.statement->step());
  return {};
}

Result<void> Cursor::fill() {
  auto& statement = *source_.statement;
  core_.batch.start(statement.column_count());
  while (on_row_) {
    TRY(append());
    on_row_ = TRY(statement.step());
    if (on_row_ && is_full(core_.batch, source_.limit)) break;
  }
  return {};
}

Result<void> Cursor::append() {
  if (source_.shape == Shape::rows || !std::exchange(first_page_, false))
    return append_row(*source_.statement, core_.batch);
  auto view = source_.statement->blob(0);
  Bytes page(view.begin(), view.end());
  mark_as_whole(page);
  core_.batch.blob(0, page);
  core_.batch.end_row();
  return {};
}

bool Cursor::work(std::int64_t) {
  --credit_;
  auto filled = fill();
  if (!filled) {
    stop(core_.store->interrupt().explain(filled.error()));
    return true;
  }
  core_.frame(
      job_.client, job_.id, FrameKind::chunk,
      [&](cbor::Writer& out) { reply::write_chunk(out, on_row_); },
      [&](Bytes& out) { core_.batch.finish(out); });
  return !on_row_;
}

}  // namespace outboard
