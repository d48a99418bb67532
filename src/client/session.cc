#include <outboard/outboard.hpp>

#include "client/requests.h"

namespace outboard {

namespace {

// A chunk of a `many`: large enough to be worth a message, small enough to be worked on soon.
constexpr std::size_t chunk_bytes = 64u << 10;

// What is sent of sets that are all there, before the engine says that it has taken any.
constexpr std::size_t at_once_bytes_max = 16u << 20;

}  // namespace

Future<Rows> Session::exec(Sql sql, CallOptions options) {
  if (has_ended()) return detail::failed<Rows>(connection_, detail::transaction_has_ended());
  auto call = detail::new_call<detail::RowsCall>(session_);
  return detail::call(connection_, call, [&](Bytes& message, std::uint64_t id) {
    request::write_exec(message, id, detail::head_of(*call, options), sql);
  });
}

Future<Rows> Session::many(std::string sql, const std::vector<std::vector<Value>>& sets,
                           CallOptions options) {
  if (has_ended()) return detail::failed<Rows>(connection_, detail::transaction_has_ended());
  // All is encoded here and now; what is beyond the first pieces goes as the engine takes them.
  std::vector<Sets> chunks(1);
  std::size_t at_once = 1;
  std::size_t bytes = 0;
  for (auto& set : sets) {
    if (chunks.back().encoded().size() >= chunk_bytes) {
      bytes += chunks.back().encoded().size();
      if (bytes < at_once_bytes_max) ++at_once;
      chunks.emplace_back();
    }
    chunks.back().add(set);
  }
  auto call = detail::new_call<detail::ManyCall>(session_);
  return detail::call(connection_, call, [&](Bytes& message, std::uint64_t id) {
    request::write_many(message, id, detail::head_of(*call, options), sql, chunks.front(),
                        chunks.size() > 1);
    for (std::size_t i = 1; i < chunks.size(); ++i) {
      if (i < at_once) {
        request::write_many_chunk(message, id, chunks[i], i + 1 < chunks.size());
      } else {
        request::write_many_chunk(call->unsent.emplace_back(), id, chunks[i],
                                  i + 1 < chunks.size());
      }
    }
  });
}

Future<Rows> Session::many(std::string sql, const std::function<bool(Sets&)>& fill,
                           CallOptions options) {
  if (has_ended()) return detail::failed<Rows>(connection_, detail::transaction_has_ended());
  Sets sets;
  bool more = true;
  auto next_chunk = [&] {
    sets.clear();
    while (more && sets.encoded().size() < chunk_bytes) more = fill(sets);
  };
  next_chunk();
  auto call = detail::new_call<detail::ManyCall>(session_);
  auto answer = detail::call(connection_, call, [&](Bytes& message, std::uint64_t id) {
    message.reserve(sets.encoded().size() + sql.size() + 128);
    request::write_many(message, id, detail::head_of(*call, options), sql, sets, more);
  });
  while (more && !call->done) {
    next_chunk();
    if (!connection_->wait(*call, call->may_send, std::chrono::milliseconds(-1))) {
      answer.cancel();
      return detail::failed<Rows>(connection_, detail::must_not_wait());
    }
    if (call->done) break;
    call->sent();
    Bytes message;
    message.reserve(sets.encoded().size() + 64);
    request::write_many_chunk(message, call->id, sets, more);
    connection_->send_more(*call, std::move(message));
  }
  return answer;
}

Future<std::vector<Rows>> Session::batch(std::vector<Sql> statements, Atomic atomic,
                                         CallOptions options) {
  if (has_ended())
    return detail::failed<std::vector<Rows>>(connection_, detail::transaction_has_ended());
  auto call = detail::new_call<detail::BatchCall>(session_);
  return detail::call(connection_, call, [&](Bytes& message, std::uint64_t id) {
    request::write_batch(message, id, detail::head_of(*call, options), statements,
                         atomic == Atomic::yes);
  });
}

}  // namespace outboard
