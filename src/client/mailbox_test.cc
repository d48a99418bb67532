// Messages from many threads to one.

#include "client/mailbox.h"

#include <gtest/gtest.h>

namespace outboard {
namespace {

TEST(Mailboxes, KeepTheOrderOfEachSender) {
  Mailbox<std::pair<int, int>> box;
  constexpr int senders = 4, messages = 20'000;
  std::vector<std::thread> threads;
  for (int sender = 0; sender < senders; ++sender)
    threads.emplace_back([&, sender] {
      for (int i = 0; i < messages; ++i) box.push({sender, i});
    });
  std::atomic<bool> never{false};
  std::array<int, senders> next{};
  for (int got = 0; got < senders * messages;) {
    box.wait(std::nullopt, never);
    for (auto [sender, i] : box.take()) {
      ASSERT_EQ(i, next[static_cast<std::size_t>(sender)]++);
      ++got;
    }
  }
  for (auto& thread : threads) thread.join();
}

TEST(Mailboxes, L8_AWaitEndsByMessageSignalOrTime) {
  Mailbox<int> box;
  std::atomic<bool> done{false};
  auto start = std::chrono::steady_clock::now();
  box.wait(start + std::chrono::milliseconds(20), done);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(20));
  for (int round = 0; round < 300; ++round) {
    done = false;
    std::thread other([&] {
      if (round % 2) std::this_thread::sleep_for(std::chrono::microseconds(round));
      if (round % 3) {
        done = true;
        box.nudge();
      } else {
        box.push(round);
      }
    });
    box.wait(std::nullopt, done);
    other.join();
    box.take();
  }
}

TEST(Mailboxes, L8_EveryWaiterIsWokenByOneNudge) {
  Mailbox<int> box;
  std::atomic<bool> done{false};
  std::vector<std::thread> waiters;
  for (int i = 0; i < 4; ++i)
    waiters.emplace_back([&] {
      while (!done) box.wait(std::nullopt, done);
    });
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  done = true;
  box.nudge();
  for (auto& waiter : waiters) waiter.join();
}

}  // namespace
}  // namespace outboard
