// The Vfs beside SQLite's own for Unix: the same random statements on a writer and a reader, the
// same answers.

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "store/memory_files.h"
#include "store/vfs_testing.h"

namespace outboard {
namespace {

struct Pair {
  std::unique_ptr<TestConnection> writer;
  std::unique_ptr<TestConnection> reader;

  void open(const std::string& file, const char* vfs, const std::string& synchronous) {
    reader.reset();
    writer.reset();
    writer = std::make_unique<TestConnection>(file, vfs);
    writer->run("pragma page_size = 1024; pragma cache_size = 10");
    reader = std::make_unique<TestConnection>(file, vfs);
    for (auto* connection : {writer.get(), reader.get()}) {
      connection->run("pragma synchronous = " + synchronous);
    }
  }
};

TEST(VfsModel, answers_as_the_vfs_for_unix_does) {
  const auto folder = std::filesystem::path(testing::TempDir()) /
                      ("outboard_vfs_model_" + std::to_string(getpid()));
  for (unsigned seed = 1; seed <= 12; ++seed) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    const std::string file = (folder / "db").string();

    TestPlatform platform;
    MemoryFiles files(64u << 20);
    Vfs vfs(files, platform, {.write_buffer_bytes = seed % 3 == 0 ? 5'000u : 256u << 10});
    Pair ours;
    Pair theirs;
    const auto open = [&] {
      ours.open("db", vfs.name(), "normal");
      theirs.open(file, "unix-excl", "off");
    };
    open();
    for (Pair* pair : {&ours, &theirs}) {
      if (seed % 4 != 0) {
        ASSERT_EQ(pair->writer->ask("pragma journal_mode = wal"), "wal");
      }
      ASSERT_EQ(pair->writer->run("create table item(id integer primary key, hash int, text);"
                                  "create index by_hash on item(hash)"),
                SQLITE_OK);
    }

    RandomActions actions(seed);
    std::string done;
    for (int i = 0; i < 300; ++i) {
      if (actions.reopens()) {
        open();
        done += "-- reopened\n";
      }
      const RandomAction action = actions.next();
      done += (action.is_reader ? "r: " : "w: ") + action.sql + "\n";
      const auto answer = [&](Pair& pair) {
        return (action.is_reader ? *pair.reader : *pair.writer).ask(action.sql);
      };
      ASSERT_EQ(answer(ours), answer(theirs)) << "seed " << seed << "\n" << done;
    }
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace outboard
