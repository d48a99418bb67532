// Calls: what each operation expects as its answer, and the futures over them.
#pragma once

#include <deque>

#include <outboard/future.hpp>
#include <outboard/options.hpp>
#include <outboard/rows.hpp>

#include "client/row_blocks.h"

namespace outboard::detail {

// exec, many, export: rows, in as many pieces as they come.
class RowsCall : public Call {
 public:
  using Answer = Rows;
  explicit RowsCall(std::size_t first_column = 0) { blocks_->first_column = first_column; }
  Rows answer() { return Rows(blocks_); }

 private:
  Next take(const Piece& piece) override;
  std::uint64_t credit() const override { return first_ ? 8 : 1; }  // keeps eight chunks under way

  std::shared_ptr<RowBlocks> blocks_ = std::make_shared<RowBlocks>();
  bool first_ = false;
};

// many: rows of sets that are sent in chunks, as many ahead as the engine gives credit for.
class ManyCall : public RowsCall {
 public:
  ManyCall() : RowsCall(1) {}

  // Set while another chunk may be sent, or need not be any more.
  std::atomic<bool> may_send{true};
  void sent() {
    if (--chunks_ahead_ > 0) return;
    may_send = false;
    if (chunks_ahead_ > 0) may_send = true;  // credit that came just now
  }

  // Chunks to send as the engine gives credit, by whoever waits. Before the call is sent.
  std::deque<Bytes> unsent;

 private:
  void ended() override { may_send = true; }
  void grant(std::uint64_t chunks) override {
    chunks_ahead_ += static_cast<std::int64_t>(chunks);
    may_send = true;
  }
  std::optional<Bytes> next_chunk() override {
    if (unsent.empty() || !may_send) return std::nullopt;
    auto chunk = std::move(unsent.front());
    unsent.pop_front();
    sent();
    return chunk;
  }
  bool has_chunks() const override { return !unsent.empty(); }

  std::atomic<std::int64_t> chunks_ahead_{8};
};

class BatchCall : public Call {
 public:
  using Answer = std::vector<Rows>;
  std::vector<Rows> answer() { return std::move(all_); }

 private:
  Next take(const Piece& piece) override;

  std::vector<Rows> all_;
};

class OpenCall : public Call {
 public:
  using Answer = reply::Opened;
  reply::Opened answer() { return opened_; }

 private:
  Next take(const Piece& piece) override;

  reply::Opened opened_;
};

// begin, commit, rollback, import, ping: done, or not.
class PlainCall : public Call {
 public:
  using Answer = void;

 private:
  Next take(const Piece&) override { return Next::last; }
};

// stream: pieces that wait to be taken one by one.
class StreamCall : public Call {
 public:
  // There is one, or there will be no more.
  std::atomic<bool> has_piece{false};

  const std::atomic<bool>& signal() const override { return has_piece; }
  std::optional<Rows> next_piece();

 private:
  Next take(const Piece& piece) override;
  void ended() override { has_piece = true; }

  std::mutex mutex_;
  reply::Statement statement_;
  std::vector<Rows> pieces_;
};

// What stands behind a Future of T, over a call.
template <class T, class AnyCall>
class PendingOn : public Pending<T> {
 public:
  PendingOn(std::shared_ptr<Connection> connection, std::shared_ptr<AnyCall> call)
      : connection_(std::move(connection)), call_(std::move(call)) {}

  bool wait(std::chrono::milliseconds at_most) override {
    return connection_->wait(*call_, call_->signal(), at_most);
  }
  void cancel() override { connection_->cancel(*call_); }
  bool watch(Executor* executor, std::function<void()> ready) override {
    return connection_->watch(*call_, executor, std::move(ready));
  }

 protected:
  std::shared_ptr<Connection> connection_;
  std::shared_ptr<AnyCall> call_;
};

// The Future of all that a call answers.
template <class AnyCall>
class PendingCall : public PendingOn<typename AnyCall::Answer, AnyCall> {
 public:
  using PendingOn<typename AnyCall::Answer, AnyCall>::PendingOn;
  ~PendingCall() override {
    if (!this->call_->done) this->connection_->forget(*this->call_);
  }

  Result<typename AnyCall::Answer> take() override {
    if (this->call_->error) return *this->call_->error;
    if constexpr (std::is_void_v<typename AnyCall::Answer>) {
      return {};
    } else {
      return this->call_->answer();
    }
  }
};

// One that has failed already.
template <class T>
class Failed : public Pending<T> {
 public:
  Failed(std::shared_ptr<Connection> connection, Error error)
      : connection_(std::move(connection)), error_(std::move(error)) {}

  bool wait(std::chrono::milliseconds) override { return true; }
  void cancel() override {}
  bool watch(Executor* executor, std::function<void()> ready) override {
    return connection_->call_back(executor, std::move(ready));
  }
  Result<T> take() override { return std::move(error_); }

 private:
  std::shared_ptr<Connection> connection_;
  Error error_;
};

template <class T>
Future<T> failed(std::shared_ptr<Connection> connection, Error error) {
  return Future<T>(std::make_shared<Failed<T>>(std::move(connection), std::move(error)));
}

template <class AnyCall>
Future<typename AnyCall::Answer> future_of(const std::shared_ptr<Connection>& connection,
                                           std::shared_ptr<AnyCall> under_way) {
  return Future<typename AnyCall::Answer>(
      std::make_shared<PendingCall<AnyCall>>(connection, std::move(under_way)));
}

// Sends a request and gives its Future.
template <class AnyCall, class Write>
Future<typename AnyCall::Answer> call(const std::shared_ptr<Connection>& connection,
                                      std::shared_ptr<AnyCall> under_way, Write write) {
  connection->send(under_way, write);
  return future_of(connection, std::move(under_way));
}

}  // namespace outboard::detail
