// What the tests of the store share: a database in memory, and one in a folder of its own.
//
// For tests only; not part of the library.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "store/store.h"
#include "store/vfs_testing.h"

namespace outboard {

// A folder that goes with it.
class TrialFolder {
 public:
  TrialFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "outboard-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~TrialFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TrialFolder(const TrialFolder&) = delete;
  TrialFolder& operator=(const TrialFolder&) = delete;

  std::string path() const { return path_.string(); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  void write(const std::string& name, std::string_view bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
  }
  std::string read(const std::string& name) const {
    std::ifstream in(path_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  std::filesystem::path path_;
};

// The first cell of what `sql` returns, "done" where there is none, or the name of the error's
// code.
inline std::string ask(Connection& connection, std::string_view sql) {
  auto prepared = connection.prepare(sql);
  if (!prepared) return std::string(name_of(prepared.error().code));
  if (!prepared->statement) return "nothing";
  auto row = prepared->statement->step();
  if (!row) return std::string(name_of(row.error().code));
  return *row ? std::string(prepared->statement->text(0)) : "done";
}

struct StoreTrial {
  explicit StoreTrial(const std::string& path = "trial", Storage storage = Storage::memory)
      : store(std::move(*Store::open({.path = path, .storage = storage}, platform))) {}

  Connection& writer() { return store->writer(); }
  std::string read(std::string_view sql) {
    auto reader = store->reader();
    return reader ? ask(**reader, sql) : std::string(name_of(reader.error().code));
  }

  TestPlatform platform;
  std::unique_ptr<Store> store;
};

}  // namespace outboard
