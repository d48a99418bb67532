#include "store/vfs_wal_file.h"

#include <gtest/gtest.h>

#include "store/files_faulty.h"
#include "store/vfs_testing.h"

namespace outboard {
namespace {

using Crash = FaultyFiles::Crash;
using Fault = FaultyFiles::Fault;

constexpr std::uint64_t page_bytes = 512;
constexpr std::uint64_t frame_bytes = 24 + page_bytes;

class WalFileTest : public testing::Test {
 protected:
  static std::uint64_t at(int frame) {
    return 32 + static_cast<std::uint64_t>(frame) * frame_bytes;
  }

  FileOutcome header(int frame, std::uint8_t commit) {
    Bytes bytes(24, 1);
    bytes[4] = bytes[5] = bytes[6] = 0;
    bytes[7] = commit;
    return wal.write(at(frame), bytes);
  }
  FileOutcome page(int frame) { return wal.write(at(frame) + 24, Bytes(page_bytes, 2)); }

  std::uint64_t written() { return files.size(FileSlot::wal).bytes; }

  FaultyFiles files;
  WalFile wal{files, 64u << 10};
};

TEST_F(WalFileTest, H12_the_page_of_a_commit_brings_out_the_buffer) {
  ASSERT_EQ(wal.write(0, Bytes(32, 9)), FileOutcome::ok);
  ASSERT_EQ(header(0, 0), FileOutcome::ok);
  ASSERT_EQ(page(0), FileOutcome::ok);
  ASSERT_EQ(header(1, 7), FileOutcome::ok);
  EXPECT_EQ(written(), 0u);
  EXPECT_EQ(wal.size().bytes, at(1) + 24);
  ASSERT_EQ(page(1), FileOutcome::ok);
  EXPECT_EQ(written(), at(2));
  EXPECT_EQ(files.counts(FileSlot::wal).writes, 1);
}

TEST_F(WalFileTest, H12_headers_written_anew_are_out_with_that_of_the_commit) {
  for (int frame = 0; frame < 3; ++frame) {
    ASSERT_EQ(header(frame, frame == 2 ? 7 : 0), FileOutcome::ok);
    ASSERT_EQ(page(frame), FileOutcome::ok);
  }
  ASSERT_EQ(header(1, 0), FileOutcome::ok);
  EXPECT_EQ(files.counts(FileSlot::wal).writes, 1);
  ASSERT_EQ(header(2, 8), FileOutcome::ok);
  EXPECT_EQ(files.counts(FileSlot::wal).writes, 2);  // the page in between was read and went along
  EXPECT_EQ(files.after(Crash::process)[1][at(2) + 7], 8);
}

TEST_F(WalFileTest, what_a_rollback_left_in_the_buffer_is_not_written) {
  for (int frame = 0; frame < 5; ++frame) {
    ASSERT_EQ(header(frame, 0), FileOutcome::ok);
    ASSERT_EQ(page(frame), FileOutcome::ok);
  }
  ASSERT_EQ(header(0, 7), FileOutcome::ok);
  ASSERT_EQ(page(0), FileOutcome::ok);
  EXPECT_EQ(written(), at(1));
}

TEST_F(WalFileTest, a_commit_that_fails_after_it_was_written_is_taken_back) {
  wal.transaction_begins();
  ASSERT_EQ(header(0, 7), FileOutcome::ok);
  ASSERT_EQ(page(0), FileOutcome::ok);
  wal.transaction_ends();
  wal.transaction_begins();
  ASSERT_EQ(header(1, 7), FileOutcome::ok);
  ASSERT_EQ(page(1), FileOutcome::ok);
  wal.commit_fails();
  EXPECT_EQ(written(), at(1));
  wal.transaction_ends();
  wal.commit_fails();  // not a commit's failure: the one before was acknowledged
  EXPECT_EQ(written(), at(1));
}

TEST_F(WalFileTest, a_commit_over_one_that_failed_is_written_whole) {
  ASSERT_EQ(header(0, 7), FileOutcome::ok);
  ASSERT_EQ(page(0), FileOutcome::ok);
  // Without locks (locking_mode=exclusive) nobody says that this failed: SQLite starts over.
  ASSERT_EQ(header(0, 8), FileOutcome::ok);
  ASSERT_EQ(wal.write(at(0) + 24, Bytes(page_bytes, 5)), FileOutcome::ok);
  EXPECT_EQ(files.after(Crash::process)[1][at(0) + 24], 5);
}

TEST_F(WalFileTest, a_commit_that_could_not_be_written_is_not_brought_out_later) {
  for (const Fault fault : {Fault::full, Fault::failed_late}) {
    ASSERT_EQ(header(0, 7), FileOutcome::ok);
    files.fail_at(1, fault);
    EXPECT_NE(page(0), FileOutcome::ok);
    files.heal();
    ASSERT_EQ(wal.sync(), FileOutcome::ok);  // a checkpoint begins with that
    EXPECT_LE(written(), at(0));
  }
}

TEST_F(WalFileTest, a_sync_that_fails_keeps_what_the_transaction_has_written) {
  ASSERT_EQ(header(0, 0), FileOutcome::ok);
  ASSERT_EQ(page(0), FileOutcome::ok);
  files.fail_at(1, Fault::full);
  EXPECT_EQ(wal.sync(), FileOutcome::full);
  ASSERT_EQ(header(1, 7), FileOutcome::ok);
  ASSERT_EQ(page(1), FileOutcome::ok);
  EXPECT_EQ(files.after(Crash::process)[1][at(0) + 24], 2);
}

TEST(WalFile, a_checkpoint_that_fails_leaves_the_writers_open_transaction_alone) {
  TestPlatform platform;
  FaultyFiles files;
  Vfs vfs(files, platform);
  TestConnection writer(vfs);
  TestConnection reader(vfs);
  ASSERT_EQ(writer.ask("pragma journal_mode = wal"), "wal");
  ASSERT_EQ(writer.run("create table item(id integer primary key, text);"
                       "pragma cache_size = 5; begin"),
            SQLITE_OK);
  ASSERT_EQ(writer.run("with recursive n(i) as (select 1 union all select i + 1 from n where "
                       "i < 500) insert into item select i, printf('%0100d', i) from n"),
            SQLITE_OK);
  ASSERT_EQ(reader.ask("select count(*) from item"), "0");
  for (const Fault fault : {Fault::full, Fault::failed, Fault::failed_late}) {
    files.fail_at(1, fault);
    EXPECT_NE(sqlite3_wal_checkpoint(reader.get(), nullptr), SQLITE_OK);
  }
  ASSERT_EQ(writer.run("commit"), SQLITE_OK);
  FaultyFiles found(files.after(Crash::process));
  Vfs next_vfs(found, platform);
  TestConnection next(next_vfs);
  EXPECT_EQ(next.ask("select count(*) from item; pragma integrity_check"), "500|ok");
}

}  // namespace
}  // namespace outboard
