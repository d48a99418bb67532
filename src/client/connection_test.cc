// The client's end of the protocol, over a link that does what the test says.

#include "client/connection.h"

#include <gtest/gtest.h>

#include <thread>

#include "client/arrivals.h"
#include "client/calls.h"
#include "protocol/request.h"

namespace outboard::detail {
namespace {

using namespace std::chrono_literals;

// An engine that says nothing by itself.
class SilentLink : public Link {
 public:
  struct Shared {
    Arrivals arrivals;
    std::mutex mutex;
    std::vector<std::pair<FrameKind, std::uint64_t>> sent;

    void answer(std::uint64_t id) {
      Bytes message;
      write_bare_frame(message, FrameKind::ping, id, {});
      arrivals.push(std::move(message));
    }
    // A reply of no rows.
    void reply(std::uint64_t id, FrameKind kind, bool more) {
      Bytes message;
      FrameWriter frame(message);
      cbor::Writer out(message);
      begin_envelope(out, kind, id, {}, 1);
      reply::write_chunk(out, more);
      frame.end_head();
      frame.finish();
      arrivals.push(std::move(message));
    }
    std::size_t count(FrameKind kind) {
      std::lock_guard lock(mutex);
      return static_cast<std::size_t>(
          std::ranges::count(sent, kind, &std::pair<FrameKind, std::uint64_t>::first));
    }
  };

  explicit SilentLink(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  void send(Bytes message) override {
    FrameReader frames(message);
    std::uint64_t id = 0;
    auto envelope = read_envelope((*frames.next())->head, id);
    std::lock_guard lock(shared_->mutex);
    shared_->sent.push_back({envelope->kind, id});
  }
  void cancel(std::uint64_t) override {}
  void set_on_arrival(std::function<void()> on_arrival) override {
    shared_->arrivals.set_listener(std::move(on_arrival));
  }
  std::vector<Arrival> take() override { return shared_->arrivals.take(); }
  void wait(std::optional<TimePoint> until, const std::atomic<bool>& done) override {
    shared_->arrivals.wait(until, done);
  }
  void nudge() override { shared_->arrivals.nudge(); }
  void close() override {}

 private:
  std::shared_ptr<Shared> shared_;
};

struct ClientConnection : testing::Test {
  template <class AnyCall = PlainCall>
  std::shared_ptr<AnyCall> ask() {
    auto under_way = std::make_shared<AnyCall>();
    connection->send(under_way, [](Bytes& message, std::uint64_t id) {
      write_bare_frame(message, FrameKind::ping, id, {});
    });
    return under_way;
  }

  std::shared_ptr<SilentLink::Shared> link = std::make_shared<SilentLink::Shared>();
  std::shared_ptr<Connection> connection =
      Connection::over(std::make_unique<SilentLink>(link), nullptr);
};

TEST_F(ClientConnection, L8_WhoeverSortsTheAnswerOfAnotherWakesIt) {
  auto unanswered = ask();
  std::vector<std::shared_ptr<PlainCall>> calls;
  std::atomic<int> finished{0};
  std::thread waits_long([&] { connection->wait(*unanswered, unanswered->done, -1ms); });
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) calls.push_back(ask());
  for (auto& call : calls)
    threads.emplace_back([&] {
      connection->wait(*call, call->done, -1ms);
      ++finished;
    });
  std::this_thread::sleep_for(5ms);
  // One message for all: one thread takes it, and all have to learn of it.
  Bytes message;
  for (auto& call : calls) write_bare_frame(message, FrameKind::ping, call->id, {});
  link->arrivals.push(std::move(message));
  for (int i = 0; i < 2'000 && finished < 4; ++i) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(finished, 4);
  link->answer(unanswered->id);
  waits_long.join();
  for (auto& thread : threads) thread.join();
}

TEST_F(ClientConnection, L8_CloseEndsTheWaitForWhatWasNeverAnswered) {
  auto unanswered = ask();
  std::atomic<bool> ended{false};
  std::thread waits([&] {
    connection->wait(*unanswered, unanswered->done, -1ms);
    ended = true;
  });
  std::thread closes([&] { EXPECT_TRUE(connection->close().ok()); });
  while (link->count(FrameKind::request) == 0) std::this_thread::sleep_for(1ms);
  link->answer(2);
  closes.join();
  for (int i = 0; i < 2'000 && !ended; ++i) std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(ended);
  if (!ended) link->answer(unanswered->id);
  waits.join();
  EXPECT_EQ(unanswered->error->code, Code::worker_lost);
  EXPECT_EQ(ask()->error->code, Code::worker_lost);
}

TEST_F(ClientConnection, L8_ALostEngineEndsEveryCallWithItsReason) {
  auto first = ask(), second = ask();
  link->arrivals.push(Error{Code::worker_lost, "why", ""});
  EXPECT_TRUE(connection->wait(*first, first->done, -1ms));
  EXPECT_EQ(first->error->message, "why");
  EXPECT_TRUE(second->done);
  EXPECT_EQ(ask()->error->message, "why");
}

TEST_F(ClientConnection, L10_WhatMakesNoSenseLosesTheEngineAndNotTheProgram) {
  auto call = ask();
  link->arrivals.push(Bytes{1, 2, 3});
  EXPECT_TRUE(connection->wait(*call, call->done, -1ms));
  EXPECT_TRUE(call->error.has_value());
}

TEST_F(ClientConnection, L7_AnswersOfFuturesThatWereDroppedDoNotPileUp) {
  for (int i = 0; i < 10'000; ++i) {
    auto dropped = ask();
    connection->forget(*dropped);
    link->answer(dropped->id);
  }
  EXPECT_LT(link->arrivals.take().size(), 500u);
}

TEST_F(ClientConnection, L7_TheRestOfAResultThatNobodyWantsIsCancelled) {
  auto dropped = ask<RowsCall>();
  connection->forget(*dropped);
  link->reply(dropped->id, FrameKind::reply, true);
  auto other = ask();
  link->answer(other->id);
  connection->wait(*other, other->done, -1ms);
  EXPECT_EQ(link->count(FrameKind::cancel), 1u);
}

TEST_F(ClientConnection, L8_AStreamThatFailsWakesItsReaderWhoeverSortsThat) {
  auto stream = ask<StreamCall>();
  std::atomic<bool> woken{false};
  std::thread reader([&] {
    connection->wait(*stream, stream->has_piece, -1ms);
    woken = true;
  });
  std::this_thread::sleep_for(5ms);
  auto other = ask();
  std::thread sorter([&] {
    for (int i = 0; i < 100 && !woken; ++i) connection->wait(*other, other->done, 20ms);
  });
  Bytes message;
  write_error_frame(message, stream->id, {}, Error{Code::busy, "why", ""});
  link->arrivals.push(std::move(message));
  sorter.join();
  EXPECT_TRUE(woken);
  if (!woken) link->answer(other->id);
  reader.join();
  EXPECT_EQ(stream->error->code, Code::busy);
}

TEST_F(ClientConnection, AWaitMayEndBeforeTheAnswerComes) {
  auto call = ask();
  EXPECT_FALSE(connection->wait(*call, call->done, 5ms));
  link->answer(call->id);
  EXPECT_TRUE(connection->wait(*call, call->done, 5s));
}

// Nobody waits for anything any more: it is sent by whoever brings the credit.
TEST_F(ClientConnection, H22_AManyThatIsDroppedIsSentToItsEnd) {
  auto many = std::make_shared<ManyCall>();
  auto write_chunk = [](Bytes& message, std::uint64_t id) {
    FrameWriter frame(message);
    cbor::Writer out(message);
    begin_envelope(out, FrameKind::chunk, id, {}, 1);
    out.array(0);
    frame.end_head();
    frame.finish();
  };
  connection->send(many, [&](Bytes& message, std::uint64_t id) {
    write_bare_frame(message, FrameKind::ping, id, {});
    for (int i = 0; i < 10; ++i) write_chunk(many->unsent.emplace_back(), id);
  });
  EXPECT_TRUE(connection->forget(*many));
  for (int i = 0; i < 10; ++i) {
    Bytes credit;
    write_credit_frame(credit, many->id, 1);
    link->arrivals.push(std::move(credit));
  }
  EXPECT_EQ(link->count(FrameKind::chunk), 10u);
  many.reset();
}

}  // namespace
}  // namespace outboard::detail
