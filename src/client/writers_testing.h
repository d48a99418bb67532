// For tests only: writers of every kind, whose engine is lost again and again, and what each of
// their calls said. What they said must be true (rule H8).
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include <outboard/outboard.hpp>

namespace outboard {

class Writers {
 public:
  // Makes a table.
  explicit Writers(Database& db) : db_(db) {
    EXPECT_TRUE(db_.exec("create table t(v)").get().ok());
  }

  // Four of them write, each on a thread of its own, until `work` has been done and a hundred of
  // their rows are there, or the engine was given up.
  template <class Work>
  void write_while(Work work) {
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&, i] { write(i + 1, stop); });
    work();
    while (applied_ < 100 && failures_in_a_row_ < failures_max)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    stop = true;
    for (auto& thread : threads) thread.join();
  }

  // What was applied is there once, and nothing else is.
  void check() {
    std::map<std::int64_t, std::int64_t> times;
    auto rows = db_.exec("select v, count(*) from t group by v").get();
    ASSERT_TRUE(rows.ok()) << to_string(rows.error());
    for (auto row : *rows) times[row.integer(0)] = row.integer(1);

    std::map<Outcome, int> ends;
    for (auto& [key, outcome] : outcomes_) {
      ++ends[outcome];
      auto found = times.find(key);
      auto count = found == times.end() ? 0 : found->second;
      EXPECT_EQ(count, outcome == Outcome::applied ? 1 : 0) << key;
    }
    for (auto& [key, count] : times) EXPECT_TRUE(outcomes_.contains(key)) << key;
    EXPECT_LT(failures_in_a_row_, failures_max);
    EXPECT_EQ(ends[Outcome::unknown], 0);
    auto sound = db_.exec("pragma integrity_check").get();
    ASSERT_TRUE(sound.ok()) << to_string(sound.error());
    EXPECT_EQ(sound->front().text(0), "ok");
  }

 private:
  void write(int writer, const std::atomic<bool>& stop) {
    std::mt19937 random(static_cast<unsigned>(writer));
    for (std::int64_t i = 0; !stop && failures_in_a_row_ < failures_max; ++i) {
      std::int64_t key = writer * 1'000'000'000LL + i * 10;
      switch (random() % 6) {
        case 0: note({key}, db_.exec({"insert into t values (?)", {key}}).get()); break;
        case 1: note({key}, db_.exec({"insert into t values (?) returning v", {key}}).get()); break;
        case 2:
          note({key, key + 1}, db_.many("insert into t values (?)", {{key}, {key + 1}}).get());
          break;
        case 3:
          note({key, key + 1}, db_.batch({{"insert into t values (?)", {key}},
                                          {"insert into t values (?)", {key + 1}}},
                                         Atomic::yes)
                                   .get());
          break;
        case 4: note({key}, commit_by_sql(key)); break;
        case 5:
          note({key, key + 1}, db_.transaction([&](Transaction& tx) -> Result<void> {
            for (auto value : {key, key + 1})
              if (auto done = tx.exec({"insert into t values (?)", {value}}).get(); !done)
                return done.error();
            return {};
          }));
          break;
      }
    }
  }

  // Of which only SQL knows that it is a COMMIT.
  Result<Rows> commit_by_sql(std::int64_t key) {
    auto transaction = db_.begin().get();
    if (!transaction) return transaction.error();
    auto written = transaction->exec({"insert into t values (?)", {key}}).get();
    if (!written) return written.error();
    return transaction->exec("commit").get();
  }

  template <class Answer>
  void note(std::vector<std::int64_t> keys, const Answer& answer) {
    auto outcome = Outcome::applied;
    if (!answer.ok()) {
      ASSERT_EQ(answer.error().code, Code::worker_lost) << to_string(answer.error());
      ASSERT_TRUE(answer.error().outcome.has_value()) << to_string(answer.error());
      outcome = *answer.error().outcome;
    }
    failures_in_a_row_ = answer.ok() ? 0 : failures_in_a_row_ + 1;
    if (outcome == Outcome::applied) applied_ += static_cast<int>(keys.size());
    std::lock_guard lock(mutex_);
    for (auto key : keys) outcomes_[key] = outcome;
  }

  // The engine was given up: every call fails at once.
  static constexpr int failures_max = 10'000;

  Database& db_;
  std::atomic<int> failures_in_a_row_{0}, applied_{0};
  std::mutex mutex_;
  std::map<std::int64_t, Outcome> outcomes_;
};

}  // namespace outboard
