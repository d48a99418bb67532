// An engine's thread with the clients of a test: what is thrown on it, and what it leaves behind.

#include "worker/engine_thread.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <stdexcept>

#include <outboard/outboard.hpp>

#include "protocol/request.h"
#include "worker/stall_watch.h"

namespace outboard {
namespace {

using namespace std::chrono_literals;

// Throws where the standard library might, or just listens.
class Listener : public EngineThread::Outlet {
 public:
  enum class Manner { listens, throws };
  explicit Listener(Manner manner) : manner_(manner) {}

  void deliver(Bytes) override {
    if (manner_ == Manner::throws) throw std::length_error("a test threw this");
  }
  void end(const std::string& why) override {
    std::lock_guard lock(mutex_);
    why_ = why;
    ended_.notify_all();
  }
  std::string why() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [&] { return !why_.empty(); });
    return why_;
  }

 private:
  const Manner manner_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::string why_;
};

TEST(EngineThreads, H19_WhatIsThrownInsideEndsTheEngineAndEveryClientIsTold) {
  EngineThread engine;
  auto neighbour = std::make_shared<Listener>(Listener::Manner::listens);
  auto thrower = std::make_shared<Listener>(Listener::Manner::throws);
  engine.connect(neighbour);
  auto client = engine.connect(thrower);
  Bytes hello;
  request::write_hello(hello, 1);
  engine.send(client, hello);
  EXPECT_EQ(neighbour->why(), "a test threw this");
  EXPECT_EQ(thrower->why(), "a test threw this");
  EXPECT_TRUE(engine.figures().is_lost);
}

TEST(StallWatches, H21_AnEngineThatHasNothingToDoIsNotStuck) {
  EngineThread engine;
  StallWatch watch(20ms);
  while (!engine.figures().waits) std::this_thread::yield();
  (void)watch.has_stalled(engine);
  std::this_thread::sleep_for(40ms);
  EXPECT_FALSE(watch.has_stalled(engine));
}

// ---- What engines leave behind ----

std::size_t entries_of(const char* folder) {
  std::filesystem::directory_iterator first(folder);
  return static_cast<std::size_t>(std::distance(begin(first), end(first)));
}

struct Footprint {
  // Threads that have ended may be listed for a moment longer.
  static Footprint now(std::size_t threads_expected = 0) {
    for (int i = 0; i < 1'000 && entries_of("/proc/self/task") > threads_expected; ++i)
      std::this_thread::sleep_for(threads_expected > 0 ? 1ms : 0ms);
    return {entries_of("/proc/self/task"), entries_of("/proc/self/fd"), ::mallinfo2().uordblks};
  }
  std::size_t threads, descriptors;
  std::size_t heap_bytes;  // 0 under a sanitizer, which counts by itself
};

void open_and_close(int times, const Options& options) {
  auto path =
      (std::filesystem::temp_directory_path() / ("outboard-leaves-" + std::to_string(::getpid())))
          .string();
  for (int i = 0; i < times; ++i) {
    auto db = open(path, options);
    ASSERT_TRUE(db.ok()) << to_string(db.error());
    ASSERT_TRUE(db->exec("create table if not exists t(v)").get().ok());
    ASSERT_TRUE(db->close().ok());
  }
  for (auto* suffix : {"", "-wal", "-journal"}) std::filesystem::remove(path + suffix);
}

// Less than a page for each engine of 1,000 would be noticed.
constexpr std::size_t heap_growth_max = 1u << 20;

void expect_nothing_left(int times, const Options& options) {
  open_and_close(20, options);  // what is made once is made now
  auto before = Footprint::now();
  open_and_close(times, options);
  auto after = Footprint::now(before.threads);
  EXPECT_EQ(after.threads, before.threads);
  EXPECT_EQ(after.descriptors, before.descriptors);
  EXPECT_LE(after.heap_bytes, before.heap_bytes + heap_growth_max);
}

TEST(EnginesOpenedAndClosed, L8_ThousandInlineLeaveNothing) {
  expect_nothing_left(1'000, {.host = Host::on_caller});
}
TEST(EnginesOpenedAndClosed, L8_ThousandOnThreadsLeaveNothing) {
  expect_nothing_left(1'000, {.host = Host::thread});
}
TEST(EnginesOpenedAndClosed, L8_FiftyInProcessesLeaveNothing) {
  expect_nothing_left(50, {.host = Host::process});
}

}  // namespace
}  // namespace outboard
