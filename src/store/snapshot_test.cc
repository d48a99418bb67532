// A database out to a file's bytes and in again.

#include "store/snapshot.h"

#include "store/store_testing.h"

namespace outboard {
namespace {

Bytes taken(Store& store) {
  auto snapshot = read_snapshot(store);
  EXPECT_TRUE(snapshot.ok());
  Bytes file;
  while (*snapshot->pages->step()) append(file, snapshot->pages->blob(0));
  EXPECT_EQ(snapshot->bytes, static_cast<std::int64_t>(file.size()));
  mark_as_whole(file);
  return file;
}

TEST(Snapshots, ComeBackAsTheyWent) {
  StoreTrial from, to("other");
  ask(from.writer(), "create table t(v)");
  ask(from.writer(), "insert into t values (hex(randomblob(100000)))");
  ask(from.writer(), "pragma user_version = 5");
  ask(to.writer(), "create table u(v)");
  EXPECT_EQ(to.read("select count(*) from u"), "0");
  auto commits = to.store->commits();
  ASSERT_TRUE(restore_snapshot(*to.store, taken(*from.store), to.platform).ok());
  EXPECT_GT(to.store->commits(), commits);
  EXPECT_EQ(to.read("select v from t"), from.read("select v from t"));
  EXPECT_EQ(to.read("pragma user_version"), "5");
  EXPECT_EQ(to.read("select count(*) from u"), "bad_request");
  EXPECT_EQ(ask(to.writer(), "pragma integrity_check"), "ok");
  EXPECT_EQ(taken(*to.store).size(), taken(*from.store).size());
}

TEST(Snapshots, OneIsCutOffFromWhatIsCommittedLater) {
  StoreTrial trial, other("other");
  ask(trial.writer(), "create table t(v)");
  auto snapshot = read_snapshot(*trial.store);
  ask(trial.writer(), "insert into t values (zeroblob(100000))");
  Bytes file;
  while (*snapshot->pages->step()) append(file, snapshot->pages->blob(0));
  ASSERT_TRUE(restore_snapshot(*other.store, file, other.platform).ok());
  EXPECT_EQ(other.read("select count(*) from t"), "0");
}

TEST(Snapshots, AnEmptyDatabaseIsOneToo) {
  StoreTrial from, to("other");
  ask(to.writer(), "create table t(v)");
  auto file = taken(*from.store);
  ASSERT_TRUE(restore_snapshot(*to.store, file, to.platform).ok());
  EXPECT_EQ(to.read("select count(*) from sqlite_schema"), "0");
}

}  // namespace
}  // namespace outboard
