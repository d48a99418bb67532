#include "client/calls.h"

namespace outboard::detail {

Error answer_was_taken() {
  return fail(Code::bad_request, "this answer was taken already", "ask a Future once");
}

Error must_not_wait() {
  return fail(Code::bad_request, "nobody may wait in a callback, nor on the engine's own thread",
              "co_await the answer, or hand it to on_ready()");
}

Error has_no_executor() {
  return fail(Code::bad_request, "there is no executor to go on at",
              "name one in the options, or with on()");
}

Call::Next RowsCall::take(const Piece& piece) {
  auto rows = reply::read_rows(piece.envelope.body);
  if (!rows) return error = rows.error(), Next::last;
  first_ = piece.envelope.kind == FrameKind::reply;
  if (first_) blocks_->statement = std::move(rows->statement);
  if (auto added = blocks_->add_all(piece.message, piece.tail); !added) error = added.error();
  return rows->more ? Next::more : Next::last;
}

Call::Next BatchCall::take(const Piece& piece) {
  auto statements = reply::read_batch(piece.envelope.body);
  if (!statements) return error = statements.error(), Next::last;
  auto tail = piece.tail;
  for (auto& statement : *statements) {
    auto blocks = std::make_shared<RowBlocks>();
    blocks->statement = std::move(statement);
    if (blocks->statement.has_columns) {
      auto rest = blocks->add(piece.message, tail);
      if (!rest) return error = rest.error(), Next::last;
      tail = *rest;
    }
    all_.emplace_back(std::move(blocks));
  }
  return Next::last;
}

Call::Next OpenCall::take(const Piece& piece) {
  auto opened = reply::read_open(piece.envelope.body);
  if (opened) {
    opened_ = std::move(*opened);
  } else {
    error = opened.error();
  }
  return Next::last;
}

Call::Next StreamCall::take(const Piece& piece) {
  auto rows = reply::read_rows(piece.envelope.body);
  if (!rows) return error = rows.error(), Next::last;
  if (piece.envelope.kind == FrameKind::reply) statement_ = std::move(rows->statement);
  auto blocks = std::make_shared<RowBlocks>();
  blocks->statement = statement_;
  if (auto added = blocks->add_all(piece.message, piece.tail); !added) error = added.error();
  std::lock_guard lock(mutex_);
  pieces_.emplace_back(std::move(blocks));
  has_piece = true;
  return rows->more ? Next::more : Next::last;
}

std::optional<Rows> StreamCall::next_piece() {
  std::lock_guard lock(mutex_);
  if (pieces_.empty()) return std::nullopt;
  auto rows = std::move(pieces_.front());
  pieces_.erase(pieces_.begin());
  has_piece = !pieces_.empty();
  return rows;
}

}  // namespace outboard::detail
