#include <outboard/outboard.hpp>

#include "client/calls.h"
#include "protocol/request.h"

namespace outboard {

namespace {

Head head_of(const detail::Call& call, const CallOptions& options = {}) {
  return {.session = call.session,
          .timeout_ms = static_cast<std::uint64_t>(options.timeout.count()),
          .n = call.n};
}

// A call of that session, or else of a transaction of its own.
template <class AnyCall>
std::shared_ptr<AnyCall> new_call(std::uint64_t session) {
  auto call = std::make_shared<AnyCall>();
  call->session = session;
  call->role = session ? detail::Role::inside : detail::Role::write;
  return call;
}

// A chunk of a `many`: large enough to be worth a message, small enough to be worked on soon.
constexpr std::size_t chunk_bytes = 64u << 10;

// What is sent of sets that are all there, before the engine says that it has taken any.
constexpr std::size_t at_once_bytes_max = 16u << 20;

Error has_ended() { return fail(Code::bad_request, "the transaction has ended", "begin another"); }

Future<bool> plain(const std::shared_ptr<detail::Connection>& connection, std::uint64_t session,
                   const char* operation) {
  auto call = new_call<detail::PlainCall>(session);
  if (std::string_view(operation) == "commit") call->role = detail::Role::commit;
  if (std::string_view(operation) == "rollback") call->role = detail::Role::rollback;
  return detail::call(connection, call, [&](Bytes& message, std::uint64_t id) {
    request::write_plain(message, id, head_of(*call), operation);
  });
}

Result<void> done(Result<bool> result) {
  if (!result) return result.error();
  return {};
}

}  // namespace

Future<Rows> Session::exec(Sql sql, CallOptions options) {
  if (ended_) return detail::failed<detail::RowsCall>(connection_, has_ended());
  auto call = new_call<detail::RowsCall>(session_);
  return detail::call(connection_, call, [&](Bytes& message, std::uint64_t id) {
    request::write_exec(message, id, head_of(*call, options), sql);
  });
}

Future<Rows> Session::many(std::string sql, const std::vector<std::vector<Value>>& sets,
                           CallOptions options) {
  if (ended_) return detail::failed<detail::ManyCall>(connection_, has_ended());
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
  auto call = new_call<detail::ManyCall>(session_);
  return detail::call(connection_, call, [&](Bytes& message, std::uint64_t id) {
    request::write_many(message, id, head_of(*call, options), sql, chunks.front(),
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
  if (ended_) return detail::failed<detail::ManyCall>(connection_, has_ended());
  Sets sets;
  bool more = true;
  auto next_chunk = [&] {
    sets.clear();
    while (more && sets.encoded().size() < chunk_bytes) more = fill(sets);
  };
  next_chunk();
  auto call = new_call<detail::ManyCall>(session_);
  auto answer = detail::call(connection_, call, [&](Bytes& message, std::uint64_t id) {
    message.reserve(sets.encoded().size() + sql.size() + 128);
    request::write_many(message, id, head_of(*call, options), sql, sets, more);
  });
  while (more && !call->done) {
    next_chunk();
    connection_->wait(*call, call->may_send, std::nullopt);
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
  if (ended_) return detail::failed<detail::BatchCall>(connection_, has_ended());
  auto call = new_call<detail::BatchCall>(session_);
  return detail::call(connection_, call, [&](Bytes& message, std::uint64_t id) {
    request::write_batch(message, id, head_of(*call, options), statements, atomic == Atomic::yes);
  });
}

namespace detail {

class StreamState {
 public:
  StreamState(std::shared_ptr<Connection> connection, std::shared_ptr<StreamCall> call)
      : connection_(std::move(connection)), call_(std::move(call)) {}
  ~StreamState() {
    connection_->cancel(*call_);
    connection_->forget(*call_);
  }

  Result<std::optional<Rows>> next() {
    auto rows = call_->next_piece();
    if (!rows) {
      if (std::exchange(replied_, true) && !call_->done) ask_for_one();
      connection_->wait(*call_, call_->has_piece, std::nullopt);
      rows = call_->next_piece();  // also if another thread has sorted the last one meanwhile
    }
    replied_ = true;
    if (rows) return std::optional<Rows>(std::move(rows));
    if (call_->error) return *call_->error;
    return std::optional<Rows>();
  }

 private:
  void ask_for_one() {
    Bytes message;
    write_credit_frame(message, call_->id, 1);
    connection_->send_more(*call_, std::move(message));
  }

  std::shared_ptr<Connection> connection_;
  std::shared_ptr<StreamCall> call_;
  bool replied_ = false;  // the first piece comes unasked
};

}  // namespace detail

Result<Stream> Session::stream(Sql sql, StreamOptions options) {
  if (ended_) return has_ended();
  auto call = std::make_shared<detail::StreamCall>();
  call->session = session_;
  if (session_) call->role = detail::Role::inside;
  connection_->send(call, [&](Bytes& message, std::uint64_t id) {
    request::write_stream(message, id, head_of(*call), sql, options.chunk_rows);
  });
  connection_->wait(*call, call->has_piece, std::nullopt);
  if (call->done && call->error) return *call->error;
  return Stream(std::make_unique<detail::StreamState>(connection_, std::move(call)));
}

Stream::Stream(std::unique_ptr<detail::StreamState> state) : state_(std::move(state)) {}
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;
Stream::~Stream() = default;

Result<std::optional<Rows>> Stream::next() { return state_->next(); }

Transaction::Transaction(std::shared_ptr<detail::Connection> connection, std::uint64_t session)
    : Session(std::move(connection), session) {}

Transaction::Transaction(Transaction&& other) noexcept : Session(other) { other.ended_ = true; }

Transaction::~Transaction() {
  if (!ended_) (void)rollback();
}

Result<Transaction> Transaction::begin() {
  if (ended_) return has_ended();
  TRY(done(plain(connection_, session_, "begin").get()));
  return Transaction(connection_, session_);
}

Result<void> Transaction::commit() { return end("commit"); }
Result<void> Transaction::rollback() { return end("rollback"); }

Result<void> Transaction::end(const char* operation) {
  if (ended_) return has_ended();
  auto done_so = done(plain(connection_, session_, operation).get());
  // A commit that was refused leaves it open: rolling back is all that is left to do then.
  ended_ = done_so || std::string_view(operation) == "rollback";
  return done_so;
}

Database::Database(std::shared_ptr<detail::Connection> connection, Info info)
    : Session(std::move(connection), 0), info_(std::move(info)) {}

Database& Database::operator=(Database&& other) noexcept {
  if (this == &other) return *this;
  if (connection_) (void)close();
  Session::operator=(other);
  other.connection_.reset();
  info_ = std::move(other.info_);
  return *this;
}

Database::~Database() {
  if (connection_) (void)close();
}

Result<Transaction> Database::begin() {
  auto session = connection_->new_session();
  TRY(done(plain(connection_, session, "begin").get()));
  return Transaction(connection_, session);
}

Result<void> Database::transaction(const std::function<Result<void>(Transaction&)>& work) {
  auto transaction = TRY(begin());
  TRY(work(transaction));
  return transaction.commit();
}

Future<bool> Database::ping() {
  return detail::call(
      connection_, std::make_shared<detail::PlainCall>(),
      [](Bytes& message, std::uint64_t id) { write_bare_frame(message, FrameKind::ping, id, {}); });
}

Result<void> Database::close() { return connection_->close(); }

}  // namespace outboard
