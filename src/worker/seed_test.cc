// What a new database begins with.

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include <outboard/config.hpp>

#include "store/store_testing.h"

namespace outboard {
namespace {

std::string code(const auto& result) {
  return result ? "ok" : std::string(name_of(result.error().code));
}

struct Seeds : testing::TestWithParam<Storage> {
  Seeds() {
    auto db = open(seed);
    EXPECT_EQ(code(db->exec("create table t(v); insert into t values (1), (2)").get()), "ok");
  }
  Result<Database> open_seeded() {
    return open(folder.file("db"), {.storage = GetParam(), .seed = seed});
  }
  static std::int64_t rows(Database& db) {
    return db.exec("select count(*) from t").get()->front().integer(0);
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder.path()), {}));
  }

  TrialFolder folder;
  std::string seed = folder.file("seed.db");
};

TEST_P(Seeds, ANewDatabaseBeginsWithIt) {
  auto db = open_seeded();
  ASSERT_EQ(code(db), "ok");
  EXPECT_EQ(rows(*db), 2);
}

TEST_P(Seeds, OneThatIsThereStaysAsItIs) {
  if (GetParam() == Storage::memory) GTEST_SKIP() << "one in memory is always new";
  for (int expected = 3; expected < 5; ++expected) {
    auto db = open_seeded();
    ASSERT_EQ(code(db), "ok");
    EXPECT_EQ(code(db->exec("insert into t values (3)").get()), "ok");
    EXPECT_EQ(rows(*db), expected);
  }
}

TEST_P(Seeds, OneThatIsNotSoundLeavesNothing) {
  folder.write("seed.db", std::string(10'000, 'x'));
  auto before = files();
  EXPECT_EQ(code(open_seeded()), "corrupt");
  EXPECT_EQ(files(), before);
  std::filesystem::remove(seed);
  EXPECT_EQ(code(open_seeded()), "not_found");
}

INSTANTIATE_TEST_SUITE_P(Storages, Seeds,
                         testing::Values(Storage::file, Storage::memory, Storage::autosave),
                         [](auto& storage) {
                           return storage.param == Storage::file     ? "file"
                                  : storage.param == Storage::memory ? "memory"
                                                                     : "autosave";
                         });

TEST(Seed, OfManyThatBeginAtOnceOneIsFirst) {
  TrialFolder folder;
  auto seed = folder.file("seed.db");
  {
    auto db = open(seed);
    EXPECT_EQ(code(db->exec("create table t(v); insert into t values (1)").get()), "ok");
  }
  std::vector<std::thread> threads;
  std::atomic<int> opened{0};
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      auto db = open(folder.file("db"), {.seed = seed});
      if (!db) {
        EXPECT_EQ(code(db), "busy");
      } else {
        EXPECT_EQ(db->exec("select v from t").get()->size(), 1u);
        ++opened;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_GE(opened, 1);
}

}  // namespace
}  // namespace outboard
