// Several threads, sessions and operations on one engine, with cancels and time-outs at random:
// everything ends (L8), and what is there in the end is what was acknowledged (L4, L5).

#include <gtest/gtest.h>

#include <unistd.h>
#include <algorithm>

#include <filesystem>
#include <random>
#include <set>
#include <thread>

#include <outboard/outboard.hpp>

namespace outboard {
namespace {

using namespace std::chrono_literals;

class Worker {
 public:
  Worker(Database& db, unsigned seed, int thread)
      : db_(db), random_(seed), next_(thread * 1'000'000) {}

  void run(std::chrono::steady_clock::time_point until) {
    while (!stuck && std::chrono::steady_clock::now() < until) {
      switch (pick(8)) {
        case 0:
        case 1: insert_one(); break;
        case 2: transact(); break;
        case 3: insert_many(); break;
        case 4: insert_batch(); break;
        case 5: read_some(); break;
        case 6: stream_some(); break;
        case 7: run_long(); break;
      }
    }
  }

  std::set<std::int64_t> acknowledged;
  bool stuck = false;
  int operations = 0;

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  std::int64_t fresh() { return next_++; }
  CallOptions options() {
    return pick(6) ? CallOptions{} : CallOptions{.timeout = std::chrono::milliseconds(1 + pick(5))};
  }

  // Waits, perhaps after taking it back; an answer has to come.
  template <class T>
  std::optional<Result<T>> end(Future<T> future) {
    ++operations;
    if (pick(8) == 0) std::this_thread::sleep_for(std::chrono::microseconds(pick(500)));
    if (pick(8) == 0) future.cancel();
    if (!future.wait_for(60s)) return stuck = true, std::nullopt;
    return future.get();
  }
  template <class T>
  bool is_done(Future<T> future) {
    auto result = end(std::move(future));
    return result && result->ok();
  }

  void insert_one() {
    auto id = fresh();
    auto sql = pick(4) ? "insert into t values (?)" : "insert into t values (?) returning v";
    if (is_done(db_.exec({sql, {id}}, options()))) acknowledged.insert(id);
  }

  void transact() {
    auto transaction = db_.begin().get();
    if (!transaction) return;
    std::vector<std::int64_t> inside;
    for (int i = pick(6); i >= 0; --i) {
      auto id = fresh();
      if (is_done(transaction->exec({"insert into t values (?)", {id}}, options())))
        inside.push_back(id);
      if (pick(5) == 0) (void)is_done(transaction->exec("select count(*) from t", options()));
    }
    if (pick(3) == 0) {
      auto inner = transaction->begin().get();
      auto id = fresh();
      if (inner && is_done(inner->exec({"insert into t values (?)", {id}})) && pick(2) &&
          inner->commit().get())
        inside.push_back(id);
    }
    if (pick(4) == 0) return;  // dropped: rolled back
    if (transaction->commit().get()) acknowledged.insert(inside.begin(), inside.end());
  }

  void insert_many() {
    std::vector<std::vector<Value>> sets;
    std::vector<std::int64_t> ids;
    for (int i = pick(300); i >= 0; --i) {
      ids.push_back(fresh());
      sets.push_back({ids.back()});
    }
    if (pick(4) == 0) sets.push_back({ids.front()});  // refused: nothing of it stays
    if (is_done(db_.many("insert into t values (?)", sets, options())))
      acknowledged.insert(ids.begin(), ids.end());
  }

  void insert_batch() {
    std::vector<Sql> statements;
    std::vector<std::int64_t> ids;
    for (int i = pick(5); i >= 0; --i) {
      ids.push_back(fresh());
      statements.push_back({"insert into t values (?)", {ids.back()}});
    }
    if (pick(4) == 0) statements.push_back("nonsense");
    if (is_done(db_.batch(statements, Atomic::yes, options())))
      acknowledged.insert(ids.begin(), ids.end());
  }

  void read_some() {
    (void)is_done(db_.exec("select v from t order by v limit 2000", options()));
    if (pick(3) == 0) (void)db_.exec("select v, hex(zeroblob(500)) from t");  // dropped
    if (pick(3) == 0) (void)is_done(db_.ping());
  }

  void stream_some() {
    auto stream = db_.stream("select v from t", {.chunk_rows = 50}).get();
    for (int i = pick(10); stream && i >= 0; --i) {
      auto piece = stream->next().get();
      if (!piece || !*piece) return;
    }
  }

  void run_long() {
    (void)is_done(db_.exec(
        "with recursive i(v) as (select 1 union all select v + 1 from i) select count(*) from i",
        {.timeout = 5ms}));
  }

  Database& db_;
  std::mt19937 random_;
  std::int64_t next_;
};

void soak(const Options& options, const std::string& path, unsigned seed) {
  auto opened = open(path, options);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  auto& db = *opened;
  ASSERT_TRUE(db.exec("create table t(v integer primary key)").get().ok());
  std::vector<Worker> workers;
  for (int i = 0; i < 4; ++i) workers.emplace_back(db, seed + static_cast<unsigned>(i), i + 1);
  auto until = std::chrono::steady_clock::now() + 1500ms;
  std::vector<std::thread> threads;
  for (auto& worker : workers) threads.emplace_back([&] { worker.run(until); });
  for (auto& thread : threads) thread.join();

  std::set<std::int64_t> acknowledged;
  int operations = 0;
  for (auto& worker : workers) {
    EXPECT_FALSE(worker.stuck) << "seed " << seed;
    acknowledged.merge(worker.acknowledged);
    operations += worker.operations;
  }
  std::set<std::int64_t> found;
  auto rows = db.exec("select v from t").get();
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  for (auto row : *rows) found.insert(row.integer(0));
  std::vector<std::int64_t> lost, unasked;
  std::ranges::set_difference(acknowledged, found, std::back_inserter(lost));
  std::ranges::set_difference(found, acknowledged, std::back_inserter(unasked));
  EXPECT_EQ(lost, std::vector<std::int64_t>()) << "seed " << seed;
  EXPECT_EQ(unasked, std::vector<std::int64_t>()) << "seed " << seed;
  EXPECT_GT(operations, 20);
  auto check = db.exec("pragma integrity_check").get();
  EXPECT_EQ(check->front().text(0), "ok");
  EXPECT_TRUE(db.close().ok());
}

TEST(Soak, L8_AThreadHostInMemory) { soak({.storage = Storage::memory}, "soak", 1); }

TEST(Soak, L8_AThreadHostOnAFileThatIsFlushed) {
  auto path =
      (std::filesystem::temp_directory_path() / ("outboard-soak-" + std::to_string(::getpid())));
  std::filesystem::remove(path);
  soak({.durability = Durability::power}, path, 2);
  std::filesystem::remove(path);
}

TEST(Soak, L8_AnInlineHostUsedByThreads) {
  soak({.host = Host::on_caller, .storage = Storage::memory}, "soak", 3);
}

}  // namespace
}  // namespace outboard
