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
  using Answer = bool;
  bool answer() { return true; }

 private:
  Next take(const Piece&) override { return Next::last; }
};

// stream: pieces that wait to be taken one by one.
class StreamCall : public Call {
 public:
  // There is one, or there will be no more.
  std::atomic<bool> has_piece{false};

  // Under way; with the connection's wait() in between.
  std::optional<Rows> next_piece();

 private:
  Next take(const Piece& piece) override;
  void ended() override { has_piece = true; }

  std::mutex mutex_;
  reply::Statement statement_;
  std::vector<Rows> pieces_;
};

// The Future of a call.
template <class AnyCall>
class PendingCall : public Pending<typename AnyCall::Answer> {
 public:
  PendingCall(std::shared_ptr<Connection> connection, std::shared_ptr<AnyCall> call)
      : connection_(std::move(connection)), call_(std::move(call)) {}
  ~PendingCall() override {
    if (!call_->done) connection_->forget(*call_);
  }

  bool wait(std::chrono::milliseconds at_most) override {
    if (at_most.count() < 0) return connection_->wait(*call_, std::nullopt);
    return connection_->wait(*call_, std::chrono::steady_clock::now() + at_most);
  }
  void cancel() override { connection_->cancel(*call_); }
  Result<typename AnyCall::Answer> take() override {
    if (call_->error) return *call_->error;
    return call_->answer();
  }

 private:
  std::shared_ptr<Connection> connection_;
  std::shared_ptr<AnyCall> call_;
};

// A Future that has failed already.
template <class AnyCall>
Future<typename AnyCall::Answer> failed(const std::shared_ptr<Connection>& connection,
                                        Error error) {
  auto call = std::make_shared<AnyCall>();
  call->error = std::move(error);
  call->done = true;
  return Future<typename AnyCall::Answer>(
      std::make_unique<PendingCall<AnyCall>>(connection, std::move(call)));
}

// Sends a request and gives its Future.
template <class AnyCall, class Write>
Future<typename AnyCall::Answer> call(const std::shared_ptr<Connection>& connection,
                                      std::shared_ptr<AnyCall> under_way, Write write) {
  connection->send(under_way, write);
  return Future<typename AnyCall::Answer>(
      std::make_unique<PendingCall<AnyCall>>(connection, std::move(under_way)));
}

}  // namespace outboard::detail
