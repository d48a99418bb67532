// Calls: what each operation expects as its answer, and the futures over them.
#pragma once

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
  using Answer = Info;
  Info answer() { return info_; }

 private:
  Next take(const Piece& piece) override;

  Info info_;
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
  std::atomic<bool> has_piece{false};

  // Under way; with the connection's wait() in between.
  std::optional<Rows> next_piece();

 private:
  Next take(const Piece& piece) override;

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

// Sends a request and gives its Future.
template <class AnyCall, class Write>
Future<typename AnyCall::Answer> call(const std::shared_ptr<Connection>& connection,
                                      std::shared_ptr<AnyCall> under_way, Write write) {
  connection->send(under_way, write);
  return Future<typename AnyCall::Answer>(
      std::make_unique<PendingCall<AnyCall>>(connection, std::move(under_way)));
}

}  // namespace outboard::detail
