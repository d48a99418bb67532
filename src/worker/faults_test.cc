// Faults with real parts: processes that are killed, a disk that is full (L4, L10).

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include <outboard/outboard.hpp>

namespace outboard {
namespace {

using namespace std::chrono_literals;

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "outboard-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::string file(const std::string& name) const { return (path / name).string(); }

  std::filesystem::path path;
};

// Writes rows for ever and says so for each that was acknowledged.
[[noreturn]] void write_rows(const std::string& path, std::int64_t from, int report, int round) {
  auto db = open(path, {.durability = round % 2 ? Durability::power : Durability::process});
  if (!db) ::_exit(2);
  auto acknowledge = [&](std::int64_t first, std::int64_t last) {
    std::int64_t pair[2] = {first, last};
    if (::write(report, pair, sizeof pair) != sizeof pair) ::_exit(3);
  };
  for (std::int64_t next = from;; next += 10) {
    Result<void> done;
    if (next % 3 == 0) {
      done = db->transaction([&](Transaction& transaction) -> Result<void> {
        for (int i = 0; i < 10; ++i) {
          auto row =
              transaction.exec({"insert into t values (?, zeroblob(500))", {next + i}}).get();
          if (!row) return row.error();
        }
        return {};
      });
    } else {
      std::vector<std::vector<Value>> sets;
      for (int i = 0; i < 10; ++i) sets.push_back({next + i});
      auto rows = db->many("insert into t values (?, zeroblob(500))", sets).get();
      if (!rows) done = rows.error();
    }
    if (!done) ::_exit(4);
    acknowledge(next, next + 9);
  }
}

TEST(Faults, L4_WhatWasAcknowledgedSurvivesKill9) {
  Folder folder;
  auto path = folder.file("db");
  {
    auto db = open(path);
    ASSERT_TRUE(db->exec("create table t(v integer primary key, b)").get().ok());
  }
  std::mt19937 random(11);
  std::int64_t acknowledged = 0;  // all below it
  for (int round = 0; round < 20; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe[0]);
      write_rows(path, acknowledged, pipe[1], round);
    }
    ::close(pipe[1]);
    std::this_thread::sleep_for(std::chrono::milliseconds(10 + random() % 60));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
    std::array<std::int64_t, 2> pair{};
    constexpr auto pair_bytes = static_cast<ssize_t>(2 * sizeof(std::int64_t));
    while (::read(pipe[0], pair.data(), pair_bytes) == pair_bytes) {
      EXPECT_EQ(pair[0], acknowledged);
      acknowledged = pair[1] + 1;
    }
    ::close(pipe[0]);

    auto db = open(path);
    ASSERT_TRUE(db.ok()) << db.error().message;
    auto rows = db->exec("select count(*), coalesce(max(v) + 1, 0) from t").get();
    auto there = rows->front().integer(0);
    EXPECT_GE(there, acknowledged);
    EXPECT_LE(there, acknowledged + 10);  // one may be there that was not acknowledged any more
    EXPECT_EQ(there % 10, 0);             // and never the half of one
    EXPECT_EQ(there, rows->front().integer(1));
    EXPECT_EQ(db->exec("pragma integrity_check").get()->front().text(0), "ok");
    acknowledged = there;
  }
  EXPECT_GT(acknowledged, 100);
}

// A small file system of its own.
struct SmallDisk : Folder {
  SmallDisk() { mounted = ::mount("tmpfs", path.c_str(), "tmpfs", 0, "size=2m") == 0; }
  ~SmallDisk() {
    if (mounted) ::umount2(path.c_str(), MNT_DETACH);
  }
  bool mounted = false;
};

TEST(Faults, L10_AFullDiskIsToldAndTheSameHandleGoesOnOnceThereIsSpace) {
  SmallDisk disk;
  if (!disk.mounted) GTEST_SKIP() << "may not mount";
  for (auto durability : {Durability::process, Durability::power}) {
    auto db = open(disk.file("db"), {.durability = durability});
    ASSERT_TRUE(db.ok()) << db.error().message;
    ASSERT_TRUE(db->exec("create table t(v, b)").get().ok());
    std::string filler(700'000, 'x');
    std::ofstream(disk.file("filler")) << filler;
    int inside = 0, refused = 0;
    for (int i = 0; i < 200 && refused < 3; ++i) {
      auto row = db->exec({"insert into t values (?, zeroblob(30000))", {i}}).get();
      if (row) {
        ++inside;
      } else {
        EXPECT_EQ(row.error().code, Code::unavailable) << row.error().message;
        EXPECT_NE(row.error().hint, "");
        ++refused;
      }
    }
    EXPECT_EQ(refused, 3);
    auto in_transaction = db->transaction([](Transaction& transaction) -> Result<void> {
      for (int i = 0; i < 50; ++i) {
        auto row = transaction.exec("insert into t values (-1, zeroblob(30000))").get();
        if (!row) return row.error();
      }
      return {};
    });
    ASSERT_FALSE(in_transaction.ok());
    EXPECT_TRUE(in_transaction.error().code == Code::unavailable) << in_transaction.error().message;
    EXPECT_EQ(db->exec("select count(*) from t").get()->front().integer(0), inside);
    std::filesystem::remove(disk.file("filler"));
    auto again = db->exec("insert into t values (1000, zeroblob(1000))").get();
    EXPECT_TRUE(again.ok()) << again.error().message;
    EXPECT_EQ(db->exec("select count(*) from t").get()->front().integer(0), inside + 1);
    EXPECT_EQ(db->exec("pragma integrity_check").get()->front().text(0), "ok");
    EXPECT_TRUE(db->close().ok());
    std::filesystem::remove(disk.file("db"));
  }
}

TEST(Faults, L10_AnExportToAFullDiskLeavesWhatWasThere) {
  SmallDisk disk;
  if (!disk.mounted) GTEST_SKIP() << "may not mount";
  auto db = open("source", {.storage = Storage::memory});
  ASSERT_TRUE(db->exec("create table t(b); insert into t values (zeroblob(100000))").get().ok());
  ASSERT_TRUE(db->export_to(disk.file("copy")).ok());
  auto before = std::filesystem::file_size(disk.file("copy"));
  ASSERT_TRUE(db->exec("insert into t values (zeroblob(5000000))").get().ok());
  auto exported = db->export_to(disk.file("copy"));
  ASSERT_FALSE(exported.ok());
  EXPECT_EQ(exported.error().code, Code::unavailable) << exported.error().message;
  EXPECT_EQ(std::filesystem::file_size(disk.file("copy")), before);
  EXPECT_FALSE(std::filesystem::exists(disk.file("copy.part")));
}

TEST(Faults, L5_ExportAndImportThroughFiles) {
  Folder folder;
  auto from = open(folder.file("from"));
  ASSERT_TRUE(from->exec("create table t(b); insert into t values (zeroblob(5000000))").get().ok());
  ASSERT_TRUE(from->export_to(folder.file("copy")).ok());
  auto to = open(folder.file("to"));
  ASSERT_TRUE(to->exec("create table u(v)").get().ok());
  EXPECT_EQ(to->import_from(folder.file("missing")).error().code, Code::not_found);
  EXPECT_EQ(to->import_from(folder.path.string()).error().code, Code::unavailable);
  std::ofstream(folder.file("junk")) << std::string(3'000'000, 'j');
  EXPECT_EQ(to->import_from(folder.file("junk")).error().code, Code::corrupt);
  std::ofstream(folder.file("empty")) << "";
  EXPECT_EQ(to->import_from(folder.file("empty")).error().code, Code::corrupt);
  EXPECT_TRUE(to->exec("select * from u").get().ok());
  auto imported = to->import_from(folder.file("copy"));
  ASSERT_TRUE(imported.ok()) << imported.error().message;
  EXPECT_EQ(to->exec("select length(b) from t").get()->front().integer(0), 5'000'000);
  EXPECT_EQ(to->export_to(folder.file("missing/copy")).error().code, Code::not_found);
}

}  // namespace
}  // namespace outboard
