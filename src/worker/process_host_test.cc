// Real processes: killed, stopped, not to be found (rules H8, H20, H21).

#include "worker/process_host.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include <outboard/outboard.hpp>

#include "client/calls.h"
#include "client/writers_testing.h"

namespace outboard {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct ProcessHosts : testing::Test {
  ProcessHosts() {
    std::string name = (fs::temp_directory_path() / "outboard-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
  }
  ~ProcessHosts() override {
    db.reset();
    fs::remove_all(folder);
  }

  void open(const ProcessOptions& options = {}) {
    auto started = ProcessHost::start(options);
    ASSERT_TRUE(started.ok()) << started.error().message;
    host = started->get();
    auto connection = detail::Connection::over(std::move(*started), nullptr);
    auto call = connection->open({.path = (folder / "trial.db").string()});
    auto opened = detail::PendingCall<detail::OpenCall>(connection, call);
    ASSERT_TRUE(opened.wait(30s));
    auto answer = opened.take();
    ASSERT_TRUE(answer.ok()) << to_string(answer.error());
    db.emplace(connection, answer->info);
  }

  // Kills the process that runs, and waits until it is another one.
  void kill(int signal = SIGKILL) {
    auto id = running();
    ::kill(id, signal);
    while (host->process() == id) std::this_thread::sleep_for(1ms);
  }
  pid_t running() {
    while (host->process() == 0) std::this_thread::sleep_for(1ms);
    return host->process();
  }

  std::string ask(const std::string& sql) {
    auto rows = db->exec(sql).get();
    if (!rows) return to_string(rows.error());
    std::string all;
    for (auto row : *rows)
      all += (all.empty() ? "" : "|") + std::string(row.is_null(0) ? "null" : row.text(0));
    return all;
  }

  fs::path folder;
  std::optional<Database> db;
  ProcessHost* host = nullptr;
};

const char* const endless =
    "with recursive i(v) as (select 1 union all select v + 1 from i) select count(*) from i";

TEST_F(ProcessHosts, H20_AnEngineInAProcessOfItsOwnAnswers) {
  auto opened = outboard::open((folder / "other.db").string(), {.host = Host::process});
  ASSERT_TRUE(opened.ok()) << to_string(opened.error());
  EXPECT_TRUE(opened->info().created);
  EXPECT_TRUE(opened->exec("create table t(v)").get().ok());
  std::vector<std::vector<Value>> sets;
  for (int i = 0; i < 100'000; ++i) sets.push_back({"row " + std::to_string(i)});
  EXPECT_EQ(opened->many("insert into t values (?)", sets).get()->changes(), 100'000);
  EXPECT_EQ(opened->exec("select v from t").get()->size(), 100'000u);
  auto stream = opened->stream("select v from t").get();
  std::size_t rows = 0;
  while (auto piece = *stream->next().get()) rows += piece->size();
  EXPECT_EQ(rows, 100'000u);
  EXPECT_EQ(opened->exec("nonsense").get().error().code, Code::bad_request);
  auto late = opened->exec(endless, {.timeout = 20ms}).get();
  EXPECT_EQ(late.error().code, Code::timeout);
  auto taken_back = opened->exec(endless);
  taken_back.cancel();
  EXPECT_EQ(taken_back.get().error().code, Code::cancelled);
  EXPECT_TRUE(opened->export_to((folder / "copy.db").string()).ok());
  EXPECT_TRUE(opened->import_from((folder / "copy.db").string()).ok());
  EXPECT_TRUE(opened->close().ok());
}

TEST_F(ProcessHosts, H20_TheProcessEndsWithItsClient) {
  open();
  auto id = running();
  ask("create table t(v)");
  db.reset();
  EXPECT_EQ(::kill(id, 0), -1);
  EXPECT_FALSE(fs::exists(folder / "trial.db-wal"));  // it has closed its file
}

TEST_F(ProcessHosts, H8_WhatWasAcknowledgedIsThereAndTheRestIsAskedAgain) {
  open();
  ask("create table t(v)");
  ask("insert into t values ('a')");
  kill();
  EXPECT_EQ(ask("select v from t"), "a");
  auto id = running();
  ::kill(id, SIGSTOP);
  auto write = db->exec("insert into t values ('b')");
  auto read = db->exec("select group_concat(v) from t");
  ::kill(id, SIGKILL);
  EXPECT_EQ(write.get()->changes(), 1);
  EXPECT_TRUE(read.get().ok());
  EXPECT_EQ(ask("select v from t"), "a|b");
}

TEST_F(ProcessHosts, H8_ADroppedWriteIsDoneAllTheSame) {
  open();
  ask("create table t(v)");
  auto id = running();
  ::kill(id, SIGSTOP);
  (void)db->exec("insert into t values ('a')");
  ::kill(id, SIGKILL);
  EXPECT_EQ(ask("select v from t"), "a");
}

TEST_F(ProcessHosts, H8_ATransactionGoesWithItsEngine) {
  open();
  ask("create table t(v)");
  auto transaction = db->begin().get();
  ASSERT_TRUE(transaction.ok());
  EXPECT_TRUE(transaction->exec("insert into t values ('a')").get().ok());
  kill();
  auto inside = transaction->exec("insert into t values ('b')").get();
  EXPECT_EQ(inside.error().code, Code::worker_lost);
  EXPECT_EQ(inside.error().outcome, Outcome::not_applied);
  auto committed = transaction->commit().get();
  EXPECT_EQ(committed.error().outcome, Outcome::not_applied);
  EXPECT_TRUE(transaction->rollback().get().ok());
  EXPECT_EQ(ask("select count(*) from t where v is not null having count(*) > 0"), "");
  auto next = db->transaction([](Transaction& tx) -> Result<void> {
    return tx.exec("insert into t values ('c')").get().ok() ? Result<void>() : Error{};
  });
  EXPECT_TRUE(next.ok());
  EXPECT_EQ(ask("select v from t"), "c");
}

TEST_F(ProcessHosts, H8_WhatTwoEnginesWereLostAtIsNotGivenToAThird) {
  open({.restarts_max = 1'000});
  auto poison = db->exec(endless);
  // Some die before they get it: those do not count.
  for (auto patience = 20ms; !poison.wait_for(patience); patience *= 2) kill();
  auto answer = poison.get();
  EXPECT_EQ(answer.error().code, Code::worker_lost);
  EXPECT_EQ(answer.error().outcome, Outcome::not_applied);
  EXPECT_EQ(ask("select 'still there'"), "still there");
}

TEST_F(ProcessHosts, H21_AProcessThatStandsStillIsNoticed) {
  open({.silence_max = 400ms});
  ask("create table t(v)");
  kill(SIGSTOP);
  EXPECT_EQ(ask("insert into t values ('a')"), "");
  EXPECT_EQ(ask("select v from t"), "a");
}

// One step of SQLite's, which asks nobody whether to go on.
const char* const one_step =
    "select instr(zeroblob(20000000), cast(zeroblob(1000000) || x'01' as blob))";

TEST_F(ProcessHosts, H21_AnEngineThatIsStuckInOneStepIsNoticed) {
  open({.silence_max = 400ms, .stall_max = 200ms});
  ask("create table t(v)");
  auto id = running();
  auto stuck = db->exec(one_step).get();  // two processes are ended
  EXPECT_EQ(stuck.error().code, Code::worker_lost) << stuck.error().message;
  EXPECT_NE(stuck.error().message.find("at one step for 200 ms"), std::string::npos)
      << stuck.error().message;
  EXPECT_NE(running(), id);
  EXPECT_EQ(ask("insert into t values ('a') returning v"), "a");
}

TEST_F(ProcessHosts, H21_ALongStatementIsManyStepsAndNotStuck) {
  open({.silence_max = 400ms, .stall_max = 200ms});
  auto id = running();
  EXPECT_EQ(db->exec(endless, {.timeout = 1s}).get().error().code, Code::timeout);
  std::this_thread::sleep_for(400ms);  // nor is one that has nothing to do
  EXPECT_EQ(ask("select 'the same'"), "the same");
  EXPECT_EQ(running(), id);
}

TEST_F(ProcessHosts, H21_OneThatNeverSaysAWordIsEndedAndGivenUpWithTheReason) {
  auto mute = folder / "mute";
  std::ofstream(mute) << "#!/bin/sh\necho $$ >> " << folder / "ids" << "\nexec sleep 1000\n";
  fs::permissions(mute, fs::perms::owner_all);
  auto opened =
      outboard::open((folder / "other.db").string(),
                     {.host = Host::process,
                      .process = {.program = mute, .start_timeout = 200ms, .restarts_max = 1}});
  EXPECT_EQ(opened.error().code, Code::worker_lost);
  EXPECT_NE(opened.error().message.find("no sign of life for 200 ms"), std::string::npos)
      << opened.error().message;
  std::ifstream ids(folder / "ids");
  int started = 0;
  for (pid_t id; ids >> id; ++started) EXPECT_EQ(::kill(id, 0), -1) << id;
  EXPECT_EQ(started, 2);
}

TEST_F(ProcessHosts, L7_WhatAProcessDoesNotTakeIsBounded) {
  open({.silence_max = 60s});
  ask("create table t(v)");
  auto id = running();
  ::kill(id, SIGSTOP);
  std::vector<Future<Rows>> under_way;
  Bytes large(8u << 20);
  std::optional<Error> refused;
  for (int i = 0; i < 20 && !refused; ++i) {
    auto future = db->exec({"insert into t values (length(?))", {large}});
    if (future.wait_for(0ms)) {
      refused = future.get().error();
    } else {
      under_way.push_back(std::move(future));
    }
  }
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->code, Code::busy);
  ::kill(id, SIGCONT);
  for (auto& future : under_way) EXPECT_TRUE(future.get().ok());
  EXPECT_EQ(ask("select cast(count(*) as text) from t"), std::to_string(under_way.size()));
}

TEST_F(ProcessHosts, L8_OneThatCannotBeStartedOrDoesNothingIsGivenUpWithTheReason) {
  auto open_with = [&](const char* program) {
    return outboard::open(
               (folder / "other.db").string(),
               {.host = Host::process, .process = {.program = program, .restarts_max = 2}})
        .error();
  };
  EXPECT_EQ(open_with("/nowhere/outboard").code, Code::not_found);
  auto useless = open_with("/bin/false");
  EXPECT_EQ(useless.code, Code::worker_lost);
  EXPECT_NE(useless.message.find("status 1"), std::string::npos) << useless.message;
}

TEST_F(ProcessHosts, L4_H8_HundredKillsWhileWritersWriteAndEveryOutcomeIsTrue) {
  open({.restarts_max = 1'000});  // many are killed before they have said a word
  Writers writers(*db);
  std::mt19937 random(7);
  writers.write_while([&] {
    for (int kills = 0; kills < 100; ++kills) {
      running();
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
      kill();
    }
  });
  writers.check();
}

}  // namespace
}  // namespace outboard
