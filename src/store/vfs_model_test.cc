// The Vfs beside SQLite's own for Unix: the same random statements on a writer and a reader, the
// same answers.

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <random>
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

struct Action {
  bool is_reader = false;
  std::string sql;
};

class Actions {
 public:
  explicit Actions(unsigned seed) : random_(seed) {}

  Action next() {
    const std::string a = std::to_string(below(500));
    const std::string b = std::to_string(below(500));
    switch (below(22)) {
      case 0:
      case 1: return {false, "begin"};
      case 2:
      case 3: return {false, "commit"};
      case 4: return {false, "rollback"};
      case 5: return {false, "savepoint s"};
      case 6: return {false, below(2) == 0 ? "rollback to s" : "release s"};
      case 7:
      case 8:
        return {false, "with recursive n(i) as (select " + a +
                           " union all select i + 1 from n where i < " + b +
                           ") insert or replace into item select i, i * " + a +
                           " % 1009, printf('%0" + std::to_string(below(900)) + "d', i) from n"};
      case 9:
        return {false, "update item set hash = hash + " + a + " where id % 10 = " + b + " % 10"};
      case 10: return {false, "update item set text = text || 'x' where id < " + a};
      case 11: return {false, "delete from item where id between " + a + " and " + b};
      case 12: return {false, "insert into item values (" + a + ", 1, 'one')"};
      case 13: return {true, "begin"};
      case 14: return {true, "commit"};
      case 15: return {true, "insert into item values (" + a + ", 2, 'by the reader')"};
      case 16: return {below(2) == 0, "select id, hash from item order by text, id"};
      case 17: {
        static const char* const modes[] = {"passive", "full", "restart", "truncate"};
        return {below(2) == 0, "pragma wal_checkpoint(" + std::string(modes[below(4)]) + ")"};
      }
      case 18:
        return {false, below(3) == 0 ? "vacuum" : "create table if not exists t" + a + "(x)"};
      case 19: return {below(2) == 0, "pragma integrity_check"};
      case 20:
        return {false,
                below(4) == 0 ? "pragma journal_mode = delete" : "pragma journal_mode = wal"};
      default: return {true, "select count(*), sum(hash), sum(length(text)) from item"};
    }
  }

  bool reopens() { return below(80) == 0; }

 private:
  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }

  std::mt19937 random_;
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

    Actions actions(seed);
    std::string done;
    for (int i = 0; i < 300; ++i) {
      if (actions.reopens()) {
        open();
        done += "-- reopened\n";
      }
      const Action action = actions.next();
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
