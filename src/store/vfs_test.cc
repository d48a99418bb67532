#include "store/vfs.h"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "store/files_faulty.h"
#include "store/memory_files.h"
#include "store/vfs_locks.h"
#include "store/vfs_testing.h"

namespace outboard {
namespace {

std::string rows(int from, int to, int bytes = 100) {
  return "with recursive n(i) as (select " + std::to_string(from) +
         " union all select i + 1 from n where i < " + std::to_string(to) +
         ") insert into item select i, printf('%0" + std::to_string(bytes) + "d', i) from n";
}

// A writer and a reader on one database in WAL mode, over the heap.
class VfsTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(writer.ask("pragma journal_mode = wal"), "wal");
    ASSERT_EQ(writer.run("create table item(id integer primary key, text)"), SQLITE_OK);
  }

  TestPlatform platform;
  MemoryFiles files{256u << 20};
  Vfs vfs{files, platform};
  TestConnection writer{vfs};
  TestConnection reader{vfs};
};

TEST_F(VfsTest, a_reader_keeps_its_snapshot_while_the_writer_commits) {
  ASSERT_EQ(writer.run(rows(1, 10)), SQLITE_OK);
  ASSERT_EQ(reader.run("begin"), SQLITE_OK);
  ASSERT_EQ(reader.ask("select count(*) from item"), "10");
  ASSERT_EQ(writer.run(rows(11, 5000)), SQLITE_OK);
  EXPECT_EQ(reader.ask("select count(*) from item"), "10");
  ASSERT_EQ(reader.run("commit"), SQLITE_OK);
  EXPECT_EQ(reader.ask("select count(*) from item"), "5000");
}

TEST_F(VfsTest, a_reader_opened_within_a_transaction_sees_none_of_it) {
  ASSERT_EQ(writer.run("pragma cache_size = 10; begin"), SQLITE_OK);
  ASSERT_EQ(writer.run(rows(1, 5000)), SQLITE_OK);  // most of it is in the WAL by now
  TestConnection late(vfs);
  EXPECT_EQ(late.ask("select count(*) from item"), "0");
  EXPECT_EQ(late.run(rows(9000, 9001)), SQLITE_BUSY);
  ASSERT_EQ(writer.run("commit"), SQLITE_OK);
  EXPECT_EQ(late.ask("select count(*) from item"), "5000");
}

TEST_F(VfsTest, a_checkpoint_stops_at_the_oldest_snapshot) {
  ASSERT_EQ(writer.run(rows(1, 100)), SQLITE_OK);
  ASSERT_EQ(reader.run("begin; select count(*) from item"), SQLITE_OK);
  ASSERT_EQ(writer.run(rows(101, 1000)), SQLITE_OK);
  EXPECT_EQ(writer.ask("pragma wal_checkpoint(truncate)").front(), '1');  // busy
  EXPECT_EQ(reader.ask("select count(*) from item"), "100");
  EXPECT_EQ(reader.ask("pragma integrity_check"), "ok");
  ASSERT_EQ(reader.run("commit"), SQLITE_OK);
  EXPECT_EQ(writer.ask("pragma wal_checkpoint(truncate)"), "0 0 0");
  EXPECT_EQ(files.size(FileSlot::wal).bytes, 0u);
  EXPECT_EQ(reader.ask("select count(*) from item"), "1000");
}

TEST(WalIndex, a_lock_that_is_shared_is_nobodys_alone_not_even_its_holders) {
  WalIndex index;
  WalIndex::Holder one;
  WalIndex::Holder two;
  const auto lock = [&](WalIndex::Holder& holder, int flags) {
    return index.lock(holder, 3, 2, SQLITE_SHM_LOCK | flags);
  };
  const auto unlock = [&](WalIndex::Holder& holder, int flags) {
    return index.lock(holder, 3, 2, SQLITE_SHM_UNLOCK | flags);
  };
  ASSERT_EQ(lock(one, SQLITE_SHM_SHARED), SQLITE_OK);
  EXPECT_EQ(lock(two, SQLITE_SHM_SHARED), SQLITE_OK);
  EXPECT_EQ(lock(two, SQLITE_SHM_EXCLUSIVE), SQLITE_BUSY);
  ASSERT_EQ(unlock(two, SQLITE_SHM_SHARED), SQLITE_OK);
  EXPECT_EQ(lock(two, SQLITE_SHM_EXCLUSIVE), SQLITE_BUSY);
  EXPECT_EQ(lock(one, SQLITE_SHM_EXCLUSIVE), SQLITE_BUSY);
  ASSERT_EQ(unlock(one, SQLITE_SHM_SHARED), SQLITE_OK);
  EXPECT_EQ(lock(one, SQLITE_SHM_EXCLUSIVE), SQLITE_OK);
  EXPECT_EQ(lock(two, SQLITE_SHM_SHARED), SQLITE_BUSY);
  index.unmap(one);
  EXPECT_EQ(lock(two, SQLITE_SHM_SHARED), SQLITE_OK);
}

TEST_F(VfsTest, the_wal_starts_over_when_all_of_it_is_in_the_database) {
  ASSERT_EQ(writer.run(rows(1, 1000)), SQLITE_OK);
  ASSERT_EQ(writer.ask("pragma wal_checkpoint(restart)").front(), '0');
  const auto size = files.size(FileSlot::wal).bytes;
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(writer.run("update item set text = " + std::to_string(i) + " where id = 7"),
              SQLITE_OK);
    EXPECT_EQ(reader.ask("select text from item where id = 7"), std::to_string(i));
  }
  EXPECT_EQ(files.size(FileSlot::wal).bytes, size);
  EXPECT_EQ(reader.ask("pragma integrity_check"), "ok");
}

TEST_F(VfsTest, the_wal_stays_while_another_connection_is_open) {
  ASSERT_EQ(writer.run(rows(1, 1000)), SQLITE_OK);
  {
    TestConnection other(vfs);
    ASSERT_EQ(other.ask("select count(*) from item"), "1000");
  }
  EXPECT_GT(files.size(FileSlot::wal).bytes, 0u);
}

TEST(Vfs, what_was_committed_is_there_for_the_next_vfs) {
  TestPlatform platform;
  MemoryFiles files(64 << 20);
  {
    Vfs vfs(files, platform);
    TestConnection writer(vfs);
    ASSERT_EQ(writer.ask("pragma journal_mode = wal"), "wal");
    ASSERT_EQ(writer.run("create table item(id integer primary key, text);" + rows(1, 1000)),
              SQLITE_OK);
  }
  EXPECT_EQ(files.size(FileSlot::wal).bytes, 0u);
  Vfs vfs(files, platform);
  TestConnection reader(vfs);
  EXPECT_EQ(reader.ask("select count(*) from item"), "1000");
  EXPECT_EQ(reader.ask("pragma integrity_check; pragma journal_mode"), "ok|wal");
}

TEST_F(VfsTest, a_rollback_leaves_nothing_even_of_what_was_spilled) {
  ASSERT_EQ(writer.run("pragma cache_size = 10;" + rows(1, 10)), SQLITE_OK);
  ASSERT_EQ(writer.run("begin;" + rows(11, 5000) + "; delete from item where id < 5"), SQLITE_OK);
  ASSERT_EQ(writer.run("rollback"), SQLITE_OK);
  EXPECT_EQ(writer.ask("select count(*) from item"), "10");
  ASSERT_EQ(writer.run("begin;" + rows(11, 20) + "; savepoint s;" + rows(21, 5000) +
                       "; rollback to s;" + rows(6000, 6000) + "; commit"),
            SQLITE_OK);
  EXPECT_EQ(reader.ask("select count(*), max(id) from item"), "21 6000");
  EXPECT_EQ(reader.ask("pragma integrity_check"), "ok");
}

TEST_F(VfsTest, sorting_and_vacuum_spill_into_scratch_files_and_leave_them_empty) {
  ASSERT_EQ(writer.run("pragma cache_size = 10"), SQLITE_OK);
  ASSERT_EQ(reader.run("pragma cache_size = 10"), SQLITE_OK);
  ASSERT_EQ(writer.run(rows(1, 20'000, 300)), SQLITE_OK);
  ASSERT_EQ(writer.run("create index by_text on item(substr(text, -3) || text)"), SQLITE_OK);

  sqlite3_stmt* sort = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(reader.get(), "select id from item order by text desc", -1, &sort,
                               nullptr),
            SQLITE_OK);
  ASSERT_EQ(sqlite3_step(sort), SQLITE_ROW);
  EXPECT_EQ(sqlite3_column_int(sort, 0), 20'000);
  EXPECT_GT(files.size(FileSlot::scratch).bytes, 1u << 20);
  sqlite3_finalize(sort);

  ASSERT_EQ(writer.run("delete from item where id % 2; vacuum"), SQLITE_OK);
  EXPECT_EQ(reader.ask("select count(*) from item; pragma integrity_check"), "10000|ok");
  for (int i = 0; i < scratch_slots; ++i) EXPECT_EQ(files.size(scratch_slot(i)).bytes, 0u);
}

TEST_F(VfsTest, temporary_files_beyond_the_slots_live_on_the_heap_up_to_their_limit) {
  ASSERT_EQ(writer.run(rows(1, 12'000, 300)), SQLITE_OK);
  ASSERT_EQ(reader.run("pragma cache_size = 10"), SQLITE_OK);
  std::vector<sqlite3_stmt*> sorts;
  const auto sort_more = [&](const char* sql) {
    sqlite3_stmt* sort = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(reader.get(), sql, -1, &sort, nullptr), SQLITE_OK);
    sorts.push_back(sort);
    return sqlite3_step(sort) & 0xff;
  };
  for (int i = 0; i < scratch_slots + 1; ++i) {
    ASSERT_EQ(sort_more("select id from item order by text desc"), SQLITE_ROW);
    EXPECT_EQ(sqlite3_column_int(sorts.back(), 0), 12'000);
  }
  for (int i = 0; i < scratch_slots; ++i) EXPECT_GT(files.size(scratch_slot(i)).bytes, 0u);

  const char* beyond = "select a.id from item a, item b where b.id < 20 order by a.text desc";
  EXPECT_EQ(sort_more(beyond), SQLITE_FULL);
  for (sqlite3_stmt* sort : sorts) sqlite3_finalize(sort);
  EXPECT_EQ(reader.ask("select id from item order by text desc limit 1"), "12000");
}

TEST(Vfs, without_wal_one_connection_at_a_time_may_write) {
  TestPlatform platform;
  MemoryFiles files(64 << 20);
  Vfs vfs(files, platform);
  TestConnection one(vfs);
  TestConnection two(vfs);
  ASSERT_EQ(one.run("create table item(id integer primary key, text); begin;" + rows(1, 10)),
            SQLITE_OK);
  EXPECT_EQ(two.run("insert into item values (99, '')"), SQLITE_BUSY);
  EXPECT_EQ(two.ask("select count(*) from item"), "0");
  ASSERT_EQ(two.run("begin; select count(*) from item"), SQLITE_OK);
  EXPECT_EQ(one.run("commit"), SQLITE_BUSY);
  ASSERT_EQ(two.run("commit"), SQLITE_OK);
  ASSERT_EQ(one.run("commit"), SQLITE_OK);
  EXPECT_EQ(two.ask("select count(*) from item"), "10");
  EXPECT_EQ(files.size(FileSlot::journal).bytes, 0u);
}

TEST(Vfs, a_hot_journal_is_rolled_back) {
  TestPlatform platform;
  FaultyFiles files;
  Vfs vfs(files, platform);
  TestConnection writer(vfs);
  ASSERT_EQ(writer.run("create table item(id integer primary key, text);" + rows(1, 2000)),
            SQLITE_OK);
  ASSERT_EQ(writer.run("pragma cache_size = 10; begin; update item set text = 'changed'"),
            SQLITE_OK);
  FaultyFiles found(files.after(FaultyFiles::Crash::process));
  ASSERT_GT(found.size(FileSlot::journal).bytes, 0u);
  Vfs next_vfs(found, platform);
  TestConnection next(next_vfs);
  EXPECT_EQ(next.ask("select count(*) from item where text = 'changed'"), "0");
  EXPECT_EQ(next.ask("pragma integrity_check"), "ok");
  EXPECT_EQ(found.size(FileSlot::journal).bytes, 0u);
}

TEST(Vfs, opens_nothing_but_the_files_of_its_database) {
  TestPlatform platform;
  MemoryFiles files(64 << 20);
  Vfs vfs(files, platform);
  EXPECT_EQ(TestConnection("other", vfs.name()).open_code(), SQLITE_CANTOPEN);
  EXPECT_EQ(TestConnection("db", vfs.name(), SQLITE_OPEN_READWRITE).open_code(), SQLITE_CANTOPEN);
  TestConnection writer(vfs);
  EXPECT_EQ(writer.run("create table t(x); attach 'elsewhere' as e"), SQLITE_CANTOPEN);
  EXPECT_EQ(writer.run("vacuum into 'elsewhere'"), SQLITE_CANTOPEN);
}

TEST(Vfs, a_full_heap_is_a_full_disk) {
  TestPlatform platform;
  MemoryFiles files(1 << 20);
  Vfs vfs(files, platform);
  TestConnection writer(vfs);
  ASSERT_EQ(writer.ask("pragma journal_mode = wal"), "wal");
  ASSERT_EQ(writer.run("create table item(id integer primary key, text);" + rows(1, 100)),
            SQLITE_OK);
  EXPECT_EQ(writer.run(rows(101, 100'000)), SQLITE_FULL);
  EXPECT_EQ(writer.ask("select count(*) from item; pragma integrity_check"), "100|ok");
  EXPECT_EQ(writer.run(rows(101, 102)), SQLITE_OK);
}

TEST(Vfs, clock_and_randomness_are_the_platforms) {
  TestPlatform platform;
  MemoryFiles files(64 << 20);
  Vfs vfs(files, platform);
  TestConnection connection(vfs);
  EXPECT_EQ(connection.ask("select date('now')"), "2023-11-14");
}

// Physical writes: what OPFS charges for.
class VfsCosts : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(writer.ask("pragma journal_mode = wal"), "wal");
    ASSERT_EQ(writer.run("create table item(id integer primary key, text)"), SQLITE_OK);
    ASSERT_EQ(writer.run(rows(1, 1000)), SQLITE_OK);
    files.reset_counts();
  }

  TestPlatform platform;
  FaultyFiles files;
  Vfs vfs{files, platform};
  TestConnection writer{vfs};
};

TEST_F(VfsCosts, H12_a_small_commit_is_one_write_and_no_flush) {
  for (int i = 1; i <= 10; ++i) {
    ASSERT_EQ(writer.run("insert into item(text) values ('one more')"), SQLITE_OK);
    EXPECT_EQ(files.counts(FileSlot::wal).writes, i);
  }
  EXPECT_EQ(files.counts(FileSlot::wal).flushes, 0);
  EXPECT_EQ(files.counts(FileSlot::database).writes, 0);
}

TEST_F(VfsCosts, H11_the_wal_is_made_durable_on_demand_and_only_when_it_changed) {
  ASSERT_EQ(writer.run("insert into item(text) values ('one more')"), SQLITE_OK);
  EXPECT_EQ(writer.sync_wal(), SQLITE_OK);
  EXPECT_EQ(files.counts(FileSlot::wal).flushes, 1);
  EXPECT_EQ(writer.sync_wal(), SQLITE_OK);
  EXPECT_EQ(files.counts(FileSlot::wal).flushes, 1);

  FaultyFiles found(files.after(FaultyFiles::Crash::power));
  Vfs next_vfs(found, platform);
  EXPECT_EQ(TestConnection(next_vfs).ask("select text from item where id = 1001"), "one more");

  ASSERT_EQ(writer.run("insert into item(text) values ('another')"), SQLITE_OK);
  files.fail_at(1, FaultyFiles::Fault::failed);
  EXPECT_EQ(writer.sync_wal(), SQLITE_IOERR_FSYNC);
  EXPECT_EQ(writer.sync_wal(), SQLITE_OK);
  EXPECT_EQ(writer.ask("select text from item where id = 1002"), "another");
}

TEST_F(VfsCosts, H12_a_bulk_insert_is_written_by_the_buffer) {
  ASSERT_EQ(writer.run("pragma wal_autocheckpoint = 0; begin;" + rows(1001, 100'000) + "; commit"),
            SQLITE_OK);
  const auto wal_bytes = files.size(FileSlot::wal).bytes;
  ASSERT_GT(wal_bytes, 10u << 20);
  const auto buffers = static_cast<int>(wal_bytes / VfsOptions{}.write_buffer_bytes);
  EXPECT_LE(files.counts(FileSlot::wal).writes, buffers + 5);
  EXPECT_EQ(files.counts(FileSlot::wal).flushes, 0);

  ASSERT_EQ(writer.ask("pragma wal_checkpoint(truncate)").front(), '0');
  EXPECT_LE(files.counts(FileSlot::database).writes, buffers + 5);
  EXPECT_EQ(files.counts(FileSlot::database).flushes, 1);
  EXPECT_EQ(files.counts(FileSlot::wal).flushes, 1);
}

TEST_F(VfsCosts, H12_headers_that_are_written_anew_cost_few_writes) {
  ASSERT_EQ(writer.run("pragma wal_autocheckpoint = 0; pragma cache_size = 50"), SQLITE_OK);
  ASSERT_EQ(writer.run("begin;" + rows(1001, 20'000)), SQLITE_OK);
  files.reset_counts();
  ASSERT_EQ(writer.run("update item set text = 'x' || text where id < 1500; commit"), SQLITE_OK);
  const auto frames = static_cast<int>(files.size(FileSlot::wal).bytes / 4120);
  ASSERT_GT(frames, 500);
  EXPECT_LT(files.counts(FileSlot::wal).writes, frames / 4);
}

TEST_F(VfsCosts, a_reader_costs_no_writes) {
  TestConnection reader(vfs);
  EXPECT_EQ(reader.ask("select count(*) from item"), "1000");
  for (int i = 0; i < file_slots; ++i) {
    const auto counts = files.counts(static_cast<FileSlot>(i));
    EXPECT_EQ(counts.writes + counts.truncates + counts.flushes, 0) << i;
  }
}

}  // namespace
}  // namespace outboard
