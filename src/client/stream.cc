// Streams: pieces of a result, asked for one by one.

#include <outboard/outboard.hpp>

#include "client/calls.h"
#include "client/requests.h"

namespace outboard {

namespace detail {

class StreamState {
 public:
  StreamState(std::shared_ptr<Connection> connection, std::shared_ptr<StreamCall> call)
      : connection_(std::move(connection)), call_(std::move(call)) {}
  ~StreamState() {
    connection_->cancel(*call_);
    connection_->forget(*call_);
  }

  // The first piece comes unasked, the others are asked for. False: somebody waits for one already.
  bool ask() {
    if (is_awaited_.exchange(true)) return false;
    if (std::exchange(is_asked_, true) || call_->is_ready()) return true;
    Bytes message;
    write_credit_frame(message, call_->id, 1);
    connection_->send_more(*call_, std::move(message));
    return true;
  }
  void rest() { is_awaited_ = false; }

  Result<std::optional<Rows>> take() {
    auto rows = call_->next_piece();
    is_asked_ = false;
    if (rows) return std::optional<Rows>(std::move(rows));
    if (call_->error) return *call_->error;
    return std::optional<Rows>();
  }

  const std::shared_ptr<Connection>& connection() const { return connection_; }
  const std::shared_ptr<StreamCall>& call() const { return call_; }

 private:
  std::shared_ptr<Connection> connection_;
  std::shared_ptr<StreamCall> call_;
  bool is_asked_ = true;
  std::atomic<bool> is_awaited_{false};
};

namespace {

class PendingRows : public PendingOn<std::optional<Rows>, StreamCall> {
 public:
  explicit PendingRows(const std::shared_ptr<StreamState>& state)
      : PendingOn(state->connection(), state->call()), state_(state) {}
  ~PendingRows() override {
    if (!is_taken_) state_->rest();
  }
  Result<std::optional<Rows>> take() override {
    is_taken_ = true;
    state_->rest();  // who is called with it may ask for the next
    return state_->take();
  }

 private:
  bool is_taken_ = false;
  std::shared_ptr<StreamState> state_;
};

class PendingStream : public PendingOn<Stream, StreamCall> {
 public:
  explicit PendingStream(const std::shared_ptr<StreamState>& state)
      : PendingOn(state->connection(), state->call()), state_(state) {}
  Result<Stream> take() override {
    if (call_->done && call_->error) return *call_->error;
    return Stream(std::move(state_));
  }

 private:
  std::shared_ptr<StreamState> state_;
};

}  // namespace
}  // namespace detail

Future<Stream> Session::stream(Sql sql, StreamOptions options) {
  if (has_ended()) return detail::failed<Stream>(connection_, detail::transaction_has_ended());
  auto call = std::make_shared<detail::StreamCall>();
  call->session = session_;
  if (session_) call->role = detail::Role::inside;
  connection_->send(call, [&](Bytes& message, std::uint64_t id) {
    request::write_stream(message, id, detail::head_of(*call), sql, options.chunk_rows);
  });
  return Future<Stream>(std::make_shared<detail::PendingStream>(
      std::make_shared<detail::StreamState>(connection_, std::move(call))));
}

Stream::Stream(std::shared_ptr<detail::StreamState> state) : state_(std::move(state)) {}
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;
Stream::~Stream() = default;

Future<std::optional<Rows>> Stream::next() {
  if (state_->ask())
    return Future<std::optional<Rows>>(std::make_shared<detail::PendingRows>(state_));
  return detail::failed<std::optional<Rows>>(
      state_->connection(),
      fail(Code::bad_request, "the piece before is awaited still", "ask for one at a time"));
}

}  // namespace outboard
