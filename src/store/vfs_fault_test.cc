// One trace of everything that writes, run again and again: each time another physical change
// fails, or is the last before a crash. What was acknowledged is there, what failed is not, nothing
// is half there, and the same connection goes on once the fault is over.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "store/files_faulty.h"
#include "store/vfs.h"
#include "store/vfs_testing.h"

namespace outboard {
namespace {

using Crash = FaultyFiles::Crash;
using Fault = FaultyFiles::Fault;

std::string insert(int from, int to) {
  return "with recursive n(i) as (select " + std::to_string(from) +
         " union all select i + 1 from n where i < " + std::to_string(to) +
         ") insert into item select i, i * 7919 % 1009, printf('%0300d', i) from n;";
}

// Each step is a transaction, or none. '<' and '>': the reader takes a snapshot, lets go of it.
const std::vector<std::string>& trace() {
  static const std::vector<std::string> steps = {
      // While there is no WAL yet.
      "begin; create table item(id integer primary key, hash int, text);"
      "create index by_hash on item(hash); commit",
      "begin;" + insert(1, 60) + "commit",
      "begin; update item set text = 'early' where id % 3 = 0; delete from item where id > 50; "
      "commit",
      "pragma journal_mode = wal",
      // Small commits, savepoints, rollbacks.
      "insert into item values (100, 1, 'one')",
      "update item set hash = hash + 1 where id = 100",
      "begin; savepoint a;" + insert(200, 260) + "rollback to a;" + insert(300, 310) + "commit",
      "begin;" + insert(400, 480) + "rollback",
      "delete from item where id = 100",
      // Larger than the cache, pages written twice.
      "begin;" + insert(1000, 1100) +
          "update item set hash = hash * 3 where id > 1000;"
          "delete from item where id % 7 = 0; update item set text = 'x' || text where id < 1040; "
          "commit",
      "pragma wal_checkpoint(passive)",
      "insert into item values (101, 1, 'after the checkpoint')",
      "<",
      "begin;" + insert(2000, 2040) + "commit",
      "pragma wal_checkpoint(passive)",  // only in part
      "update item set text = 'late' where id between 2000 and 2020",
      ">",
      "pragma wal_checkpoint(restart)",
      "update item set hash = -hash where id % 2 = 0",  // at the start of the WAL
      "insert into item values (102, 1, 'two')",
      "vacuum",
      "pragma wal_checkpoint(truncate)",
      "create table other as select id, text from item where id < 30",
      "begin; delete from item where id > 1000; drop table other; commit",
      "insert into item values (103, 1, 'three')",
  };
  return steps;
}

struct Setting {
  std::size_t buffer_bytes = VfsOptions{}.write_buffer_bytes;
  bool is_full = false;  // synchronous=FULL in WAL mode, not NORMAL
  int stride = 1;        // 1: the fault comes at every change
};

// A database on files that fail, and how far the trace has come on it.
class Trial {
 public:
  Trial(const Setting& setting, FaultyFiles::Image image, unsigned seed)
      : setting_(setting), files(image, seed) {
    files.on_flush = [this](FileSlot slot) {
      if (slot == FileSlot::wal || slot == FileSlot::journal) durable = acknowledged;
    };
    open();
  }
  ~Trial() { close(); }

  void open() {
    vfs = std::make_unique<Vfs>(files, platform, VfsOptions{setting_.buffer_bytes, 8192});
    writer = std::make_unique<TestConnection>(*vfs);
    reader = std::make_unique<TestConnection>(*vfs);
    writer->run("pragma page_size = 1024; pragma cache_size = 8; pragma wal_autocheckpoint = 60");
    if (setting_.is_full) writer->run("pragma synchronous = full");
  }
  void close() {
    reader.reset();
    writer.reset();
    vfs.reset();
  }

  int step(const std::string& sql) {
    if (sql == "<") return reader->run("begin; select count(*) from sqlite_schema");
    if (sql == ">") return reader->run("commit");
    int code = SQLITE_OK;
    if (sql.starts_with("pragma wal_checkpoint")) {
      // Asked as a function: the pragma's row tells of failures, its result code does too.
      const int mode = sql.contains("passive")   ? SQLITE_CHECKPOINT_PASSIVE
                       : sql.contains("restart") ? SQLITE_CHECKPOINT_RESTART
                                                 : SQLITE_CHECKPOINT_TRUNCATE;
      code = sqlite3_wal_checkpoint_v2(writer->get(), nullptr, mode, nullptr, nullptr) & 0xff;
    } else {
      code = writer->run(sql);
    }
    if (sqlite3_get_autocommit(writer->get()) == 0) writer->run("rollback");
    return code;
  }

  static std::string state(TestConnection& of) {
    std::string rows = of.ask("select type, name from sqlite_schema order by name");
    if (rows.starts_with("error")) return rows;
    for (const char* table : {"item", "other"}) {
      if (!rows.contains(std::string("table ") + table)) continue;
      rows += of.ask("select '#', * from " + std::string(table) + " order by id");
    }
    if (rows.size() < 40) return rows;
    return std::to_string(std::hash<std::string>{}(rows)) + "/" + std::to_string(rows.size());
  }
  std::string state() { return state(*writer); }

  const Setting setting_;
  TestPlatform platform;
  FaultyFiles files;
  std::unique_ptr<Vfs> vfs;
  std::unique_ptr<TestConnection> writer;
  std::unique_ptr<TestConnection> reader;
  std::size_t acknowledged = 0;  // steps that went well
  std::size_t durable = 0;       // of these, how many even a power cut leaves
};

// What the trace comes to without a fault: the state before each step, and after the last.
struct Expected {
  std::vector<std::string> states;
  int changes = 0;
};

Expected expected_of(const Setting& setting) {
  Expected expected;
  Trial run(setting, {}, 0);
  run.files.fail_at(0, Fault::none);
  for (const auto& step : trace()) {
    expected.states.push_back(run.state());
    const int code = run.step(step);
    EXPECT_EQ(code, SQLITE_OK) << step << ": " << sqlite3_errmsg(run.writer->get());
  }
  expected.states.push_back(run.state());
  expected.changes = run.files.changes();
  return expected;
}

// The state that somebody finds who opens these files.
std::string state_in(const Setting& setting, const FaultyFiles::Image& image) {
  Trial next(setting, image, 1);
  const std::string check = next.writer->ask("pragma integrity_check");
  if (check != "ok") return check;
  const std::string state = next.state();
  if (next.writer->run("create table mine(x); drop table mine") != SQLITE_OK) return "stuck";
  if (sqlite3_wal_checkpoint_v2(next.writer->get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr,
                                nullptr) != SQLITE_OK) {
    return "stuck at the checkpoint";
  }
  return next.state() == state ? state : "changed by a checkpoint";
}

class VfsFaults : public testing::TestWithParam<Setting> {};

void fails_and_goes_on(const Setting& setting, const Expected& expected, Fault fault, int times,
                       int change) {
  Trial run(setting, {}, static_cast<unsigned>(change));
  run.files.fail_at(change, fault, times);
  std::string at_crash;
  for (std::size_t i = 0; i < trace().size(); ++i) {
    const auto& step = trace()[i];
    const bool had_failed = run.files.has_failed();
    int code = run.step(step);
    if (!had_failed && run.files.has_failed()) {
      const bool is_retry = code != SQLITE_OK;
      // A failure is told as what it is.
      if (is_retry) {
        ASSERT_TRUE(code == SQLITE_FULL || code == SQLITE_IOERR || code == SQLITE_CANTOPEN)
            << step << ": " << code;
      }
      const std::string& must_be = expected.states[i + (is_retry ? 0 : 1)];
      const std::string found = state_in(setting, run.files.after(Crash::process));
      // To end a rollback journal is to delete it: if only the flush of that fails, the COMMIT
      // failed and yet it is there. SQLite knows no better.
      // A disk that goes on failing cannot be rid of a commit either, if enough of it got there.
      const bool may_be_there = is_retry && found != must_be && found == expected.states[i + 1] &&
                                (i < 3 || (fault == Fault::failed && times == 0));
      if (!may_be_there) {
        ASSERT_EQ(found, must_be) << "after a crash in: " << step;
      }
      run.files.heal();
      const std::string now = run.state();
      if (may_be_there && now == expected.states[i + 1]) continue;
      ASSERT_EQ(now, must_be) << "after: " << step;
      if (i < 12 || i > 15) {
        ASSERT_EQ(Trial::state(*run.reader), must_be) << "for the reader, after: " << step;
      }
      if (is_retry) code = run.step(step);
    }
    ASSERT_EQ(code, SQLITE_OK) << step << ": " << sqlite3_errmsg(run.writer->get());
  }
  ASSERT_EQ(run.state(), expected.states.back());
  ASSERT_EQ(run.writer->ask("pragma integrity_check"), "ok");
  ASSERT_EQ(state_in(setting, run.files.after(Crash::process)), expected.states.back());
  run.close();
  ASSERT_EQ(state_in(setting, run.files.after(Crash::power)), expected.states.back());
}

void sweep(const Setting& setting, Fault fault, int times) {
  const Expected expected = expected_of(setting);
  ASSERT_GT(expected.changes, 50);
  for (int change = 1; change <= expected.changes; change += setting.stride) {
    fails_and_goes_on(setting, expected, fault, times, change);
    if (testing::Test::HasFatalFailure()) {
      ADD_FAILURE() << "with the fault at change " << change << " of " << expected.changes;
      return;
    }
  }
}

TEST_P(VfsFaults, a_disk_that_is_full_once) { sweep(GetParam(), Fault::full, 1); }
TEST_P(VfsFaults, a_disk_that_stays_full) { sweep(GetParam(), Fault::full, 0); }
TEST_P(VfsFaults, a_change_that_fails) { sweep(GetParam(), Fault::failed, 1); }
TEST_P(VfsFaults, changes_that_go_on_failing) { sweep(GetParam(), Fault::failed, 0); }
TEST_P(VfsFaults, a_change_that_is_made_and_fails) { sweep(GetParam(), Fault::failed_late, 1); }

TEST_P(VfsFaults, a_crash_leaves_what_was_acknowledged) {
  const Setting& setting = GetParam();
  const Expected expected = expected_of(setting);
  for (int change = 1; change <= expected.changes; change += setting.stride) {
    Trial run(setting, {}, static_cast<unsigned>(change));
    run.files.fail_at(change, Fault::off);
    for (const auto& step : trace()) {
      run.step(step);
      if (run.files.has_failed()) break;
      ++run.acknowledged;
    }
    // The step that was under way is there or is not.
    const auto last = std::min(run.acknowledged + 1, expected.states.size() - 1);
    const auto is_one_of = [&](std::size_t first, const std::string& state) {
      return std::find(expected.states.begin() + static_cast<std::ptrdiff_t>(first),
                       expected.states.begin() + static_cast<std::ptrdiff_t>(last) + 1,
                       state) != expected.states.begin() + static_cast<std::ptrdiff_t>(last) + 1;
    };
    const auto durable =
        setting.is_full ? run.acknowledged : std::min(run.durable, run.acknowledged);
    const auto killed = state_in(setting, run.files.after(Crash::process));
    ASSERT_TRUE(is_one_of(run.acknowledged, killed)) << "killed at " << change << ": " << killed;
    const auto cut = state_in(setting, run.files.after(Crash::power));
    ASSERT_TRUE(is_one_of(durable, cut)) << "power cut at " << change << ": " << cut;
    for (int i = 0; i < 3; ++i) {
      const auto torn = state_in(setting, run.files.after(Crash::torn_power));
      ASSERT_TRUE(is_one_of(durable, torn)) << "torn at " << change << ", " << durable << " of "
                                            << run.acknowledged << " durable: " << torn;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, VfsFaults,
                         testing::Values(Setting{}, Setting{16384, false}, Setting{0, false, 13},
                                         Setting{256u << 10, true}, Setting{16384, true, 5}),
                         [](const auto& setting) {
                           return std::string(setting.param.is_full ? "full" : "normal") +
                                  "_buffer_" + std::to_string(setting.param.buffer_bytes);
                         });

// Random statements of a writer and a reader in WAL mode, random faults in every fifth.
TEST(VfsFault, random_statements_with_random_faults) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto below = [&](unsigned limit) { return static_cast<int>(random() % limit); };
    const Setting setting{seed % 2 == 0 ? 8192u : 256u << 10};
    Trial trial(setting, {}, seed);
    ASSERT_EQ(trial.writer->ask("pragma journal_mode = wal"), "wal");
    ASSERT_EQ(trial.writer->run("create table item(id integer primary key, hash int, text)"),
              SQLITE_OK);
    ASSERT_EQ(trial.writer->sync_wal(), SQLITE_OK);
    std::vector<std::string> committed = {trial.state()};

    TestConnection observer(*trial.vfs);
    RandomActions actions(seed);
    for (int i = 0; i < 150; ++i) {
      const RandomAction action = actions.next();
      if (action.sql.starts_with("pragma journal_mode")) continue;
      static constexpr Fault faults[] = {Fault::full, Fault::failed, Fault::failed_late};
      const int kind = below(3);
      const bool is_armed = below(5) == 0;
      if (is_armed) trial.files.fail_at(1 + below(8), faults[kind], kind == 0 ? below(2) : 1);

      TestConnection& actor = action.is_reader ? *trial.reader : *trial.writer;
      const bool went_well = !actor.ask(action.sql).starts_with("error");
      const bool is_open = sqlite3_get_autocommit(actor.get()) == 0;
      const bool failed = is_armed && trial.files.has_failed();
      const auto killed = failed ? trial.files.after(Crash::process) : FaultyFiles::Image{};
      const auto cut = failed ? trial.files.after(Crash::torn_power) : FaultyFiles::Image{};
      trial.files.heal();

      const std::string now = Trial::state(observer);
      if (now != committed.back()) {
        ASSERT_TRUE(went_well && !is_open) << i << ": " << action.sql;
        committed.push_back(now);
      }
      trial.acknowledged = committed.size() - 1;
      if (failed) {
        ASSERT_EQ(state_in(setting, killed), committed.back()) << i << ": " << action.sql;
        const auto found = std::find(committed.begin() + static_cast<std::ptrdiff_t>(trial.durable),
                                     committed.end(), state_in(setting, cut));
        ASSERT_NE(found, committed.end()) << "torn in " << i << ": " << action.sql;
      }
    }
    trial.writer->run("rollback");
    trial.reader->run("rollback");
    ASSERT_EQ(trial.writer->ask("pragma integrity_check"), "ok");
    ASSERT_EQ(trial.state(), committed.back());
  }
}

}  // namespace
}  // namespace outboard
