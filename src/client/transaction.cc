// Transactions: begin, commit, rollback; and a Database as a whole.

#include <outboard/outboard.hpp>

#include "client/requests.h"

namespace outboard {

namespace detail {

void send_plain(Connection& connection, const std::shared_ptr<PlainCall>& call,
                const char* operation) {
  connection.send(call, [&](Bytes& message, std::uint64_t id) {
    request::write_plain(message, id, head_of(*call), operation);
  });
}

void roll_back(Connection& connection, std::uint64_t session) {
  auto call = new_call<PlainCall>(session);
  call->role = Role::rollback;
  send_plain(connection, call, "rollback");
  connection.forget(*call);
}

namespace {

// A transaction that nobody takes is rolled back.
class PendingTransaction : public PendingOn<Transaction, PlainCall> {
 public:
  using PendingOn::PendingOn;
  ~PendingTransaction() override {
    if (is_taken_ || connection_->forget(*call_) || call_->error) return;
    roll_back(*connection_, call_->session);
  }

  Result<Transaction> take() override {
    is_taken_ = true;
    if (call_->error) return *call_->error;
    return Transaction(connection_, call_->session);
  }

 private:
  bool is_taken_ = false;
};

Future<Transaction> begin(const std::shared_ptr<Connection>& connection, std::uint64_t session) {
  auto call = new_call<PlainCall>(session);
  call->role = Role::inside;
  call->opens_transaction = true;
  send_plain(*connection, call, "begin");
  return Future<Transaction>(std::make_shared<PendingTransaction>(connection, std::move(call)));
}

}  // namespace
}  // namespace detail

bool Session::has_ended() const {
  return ended_ || (ending_ && !(ending_->done && ending_->error));
}

Transaction::Transaction(std::shared_ptr<detail::Connection> connection, std::uint64_t session)
    : Session(std::move(connection), session) {}

Transaction::Transaction(Transaction&& other) noexcept : Session(other) { other.ended_ = true; }

Transaction::~Transaction() {
  if (!has_ended()) detail::roll_back(*connection_, session_);
}

Future<Transaction> Transaction::begin() {
  if (has_ended()) return detail::failed<Transaction>(connection_, detail::transaction_has_ended());
  return detail::begin(connection_, session_);
}

Future<void> Transaction::commit() {
  if (has_ended()) return detail::failed<void>(connection_, detail::transaction_has_ended());
  auto call = detail::new_call<detail::PlainCall>(session_);
  ending_ = call;
  detail::send_plain(*connection_, call, "commit");
  return detail::future_of(connection_, std::move(call));
}

Future<void> Transaction::rollback() {
  if (has_ended()) return detail::failed<void>(connection_, detail::transaction_has_ended());
  ended_ = true;
  auto call = detail::new_call<detail::PlainCall>(session_);
  call->role = detail::Role::rollback;
  detail::send_plain(*connection_, call, "rollback");
  return detail::future_of(connection_, std::move(call));
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

Future<Transaction> Database::begin() {
  return detail::begin(connection_, connection_->new_session());
}

Result<void> Database::transaction(const std::function<Result<void>(Transaction&)>& work) {
  auto transaction = TRY(begin().get());
  TRY(work(transaction));
  return transaction.commit().get();
}

Future<void> Database::flush() {
  auto call = std::make_shared<detail::PlainCall>();
  detail::send_plain(*connection_, call, "flush");
  return detail::future_of(connection_, std::move(call));
}

Future<void> Database::ping() {
  return detail::call(
      connection_, std::make_shared<detail::PlainCall>(),
      [](Bytes& message, std::uint64_t id) { write_bare_frame(message, FrameKind::ping, id, {}); });
}

Result<void> Database::close() { return connection_->close(); }

}  // namespace outboard
