// The real `outboard serve`, as a child process, and its clients.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include <outboard/connect.hpp>

#include "cli/served_testing.h"
#include "client/writers_testing.h"
#include "net/test_client.h"
#include "net/test_folder.h"
#include "protocol/request.h"

namespace outboard::cli {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct ServeTest : testing::Test {
  std::string host_of(const Served& served) { return "localhost:" + std::to_string(served.port); }
  net::TestClient visitor(const Served& served) {
    return net::TestClient(static_cast<std::uint16_t>(served.port));
  }
  net::Answer get(const Served& served, const std::string& target, const std::string& fields) {
    auto client = visitor(served);
    client.send("GET " + target + " HTTP/1.1\r\nHost: " + host_of(served) + "\r\n" + fields +
                "\r\n");
    return client.answer();
  }
  // A WebSocket, by hand.
  net::TestClient raw(const Served& served) {
    auto client = visitor(served);
    client.send("GET /?token=secret HTTP/1.1\r\nHost: " + host_of(served) +
                "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    EXPECT_EQ(client.head().status, 101u);
    return client;
  }
  // One masked binary frame with a mask of zeros.
  static std::string framed(const Bytes& message, char kind = '\x82') {
    std::string frame{kind};
    frame += static_cast<char>(0x80 | (message.size() < 126 ? message.size() : 126));
    if (message.size() >= 126) {
      frame += static_cast<char>(message.size() >> 8);
      frame += static_cast<char>(message.size());
    }
    frame.append(4, '\0');
    return frame.append(message.begin(), message.end());
  }
  std::string first_cell(Database& db, const std::string& sql) {
    auto rows = db.exec(sql).get();
    if (!rows) return to_string(rows.error());
    return rows->empty() ? "" : std::string(rows->front().text(0));
  }

  // The figure of that name.
  static int count_in(const std::string& metrics, const std::string& name) {
    auto at = metrics.find("\n" + name + " ");
    return at == metrics.npos ? -1 : std::stoi(metrics.substr(at + name.size() + 2));
  }

  net::TestFolder folder;
  std::string file = folder.path() / "trial.db";
};

const std::string bearer = "Authorization: Bearer secret\r\n";

TEST_F(ServeTest, ManyClientsShareOneEngine) {
  Served served({file});
  auto a = served.connect(), b = served.connect();
  ASSERT_TRUE(a.ok()) << to_string(a.error());
  ASSERT_TRUE(b.ok());
  EXPECT_EQ(a->info().path, file);
  ASSERT_TRUE(a->exec("create table t(v)").get().ok());
  std::vector<std::vector<Value>> sets;
  for (int i = 0; i < 100'000; ++i) sets.push_back({"row " + std::to_string(i)});
  EXPECT_EQ(b->many("insert into t values (?)", sets).get()->changes(), 100'000);
  EXPECT_EQ(a->exec("select v from t").get()->size(), 100'000u);
  auto transaction = a->begin().get();
  ASSERT_TRUE(transaction.ok());
  auto waits = b->exec("delete from t");
  EXPECT_FALSE(waits.wait_for(20ms));
  EXPECT_TRUE(transaction->commit().get().ok());
  EXPECT_EQ(waits.get()->changes(), 100'000);
  EXPECT_TRUE(a->close().ok());
  EXPECT_EQ(first_cell(*b, "select 'still there'"), "still there");
}

TEST_F(ServeTest, H9_ARunningStatementEndsAtItsDeadlineAndCanBeTakenBack) {
  Served served({file});
  auto db = served.connect();
  const char* endless =
      "with recursive i(v) as (select 1 union all select v + 1 from i) select count(*) from i";
  EXPECT_EQ(db->exec(endless, {.timeout = 20ms}).get().error().code, Code::timeout);
  auto taken_back = db->exec(endless);
  EXPECT_FALSE(taken_back.wait_for(20ms));
  taken_back.cancel();
  EXPECT_EQ(taken_back.get().error().code, Code::cancelled);
}

TEST_F(ServeTest, L11_NobodyGetsInWithoutTokenNameAndOrigin) {
  Served served({file, "--origin", "http://app.example"});
  EXPECT_EQ(outboard::connect(served.url, {.token = "wrong"}).error().code, Code::denied);
  EXPECT_EQ(outboard::connect(served.url, {.token = ""}).error().code, Code::denied);
  EXPECT_EQ(get(served, "/", "").status, 401u);
  EXPECT_EQ(get(served, "/metrics", "").status, 401u);
  EXPECT_EQ(get(served, "/", bearer).status, 426u);
  EXPECT_EQ(get(served, "/", bearer + "Origin: http://evil.example\r\n").status, 403u);
  EXPECT_EQ(get(served, "/", bearer + "Origin: http://app.example\r\n").status, 426u);
  auto rebound = visitor(served);
  rebound.ask("/", bearer);  // "Host: localhost", without the port
  EXPECT_EQ(rebound.answer().status, 403u);
}

TEST_F(ServeTest, HealthAndFiguresAreTold) {
  Served served({file});
  auto db = served.connect();
  ASSERT_TRUE(db.ok());
  EXPECT_EQ(get(served, "/health", "").body, "ok\n");
  auto metrics = get(served, "/metrics", bearer);
  EXPECT_NE(metrics.body.find("\noutboard_clients 2\n"), std::string::npos) << metrics.body;
}

TEST_F(ServeTest, L10_WhatIsNoAddressOfThisMachineAloneIsRefused) {
  EXPECT_EQ(Served({file, "--address", "0.0.0.0"}).url, "");
  EXPECT_EQ(outboard::connect("http://localhost:80/").error().code, Code::bad_request);
  EXPECT_EQ(outboard::connect("ws://127.0.0.1:1/").error().code, Code::unavailable);
  EXPECT_EQ(outboard::connect("ws+unix:" + file + ".no").error().code, Code::unavailable);
}

TEST_F(ServeTest, L10_HalfAFrameAndTextsAreToldSo) {
  Served served({file});
  auto client = raw(served);
  client.send(framed({24, 0, 0, 0, 1, 0, 0, 0}));
  char answer[512];
  auto size = client.some(answer);
  EXPECT_NE(std::string(answer, size).find("bad_request"), std::string::npos);
  client.send(framed({'h', 'i'}, '\x81'));
  EXPECT_NE(std::string(answer, client.some(answer)).find("messages are binary"),
            std::string::npos);
}

TEST_F(ServeTest, L10_HalfAMessageAndOneBeyondTheLimitHarmNobodyElse) {
  Served served({file});
  auto db = served.connect();
  raw(served).send(framed(Bytes(100)).substr(0, 50));  // and gone
  auto client = raw(served);
  client.send(std::string("\x82\xff", 2) + std::string("\0\0\x01\0\0\0\0\0", 8) +
              std::string(4, '\0'));  // 2^40 bytes are announced
  char answer[512];
  std::string told(answer, client.some(answer));
  EXPECT_EQ(told.substr(0, 4), std::string("\x88\x02\x03\xf1", 4));  // 1009: too big
  EXPECT_EQ(first_cell(*db, "select 'still there'"), "still there");
}

TEST_F(ServeTest, H21_AServerWhoseEngineIsStuckInOneStepEnds) {
  auto config = (folder.path() / "serve.json").string();
  std::ofstream(config) << nlohmann::json{{"path", file}, {"server", {{"stall_max_ms", 200}}}};
  Served served({"--config", config});
  auto db = outboard::connect(served.url, {.token = "secret", .patience = 50ms});
  auto stuck =
      db->exec("select instr(zeroblob(20000000), cast(zeroblob(1000000) || x'01' as blob))");
  EXPECT_EQ(served.wait(), 1);
  EXPECT_EQ(stuck.get().error().code, Code::worker_lost);
}

TEST_F(ServeTest, L7_AClientThatDoesNotReadIsDropped) {
  Served served({file});
  auto client = raw(served);
  Bytes message;
  request::write_hello(message, 1);
  request::write_open(message, 2, {}, {});
  for (std::uint64_t id = 3; id < 9; ++id)
    request::write_exec(message, id, {}, "select zeroblob(16000000)");
  client.send(framed(message));
  auto metrics = [&] { return get(served, "/metrics", bearer).body; };
  while (metrics().find("\noutboard_clients 2\n") == std::string::npos) std::this_thread::yield();
  while (metrics().find("\noutboard_clients 1\n") == std::string::npos) std::this_thread::yield();
}

TEST_F(ServeTest, H4_AClientThatVanishesIsRolledBack) {
  Served served({file});
  auto db = served.connect();
  ASSERT_TRUE(db->exec("create table t(v)").get().ok());
  auto client = raw(served);
  Bytes message;
  request::write_hello(message, 1);
  request::write_open(message, 2, {}, {});
  request::write_plain(message, 3, {.session = 1}, "begin");
  request::write_exec(message, 4, {.session = 1}, "insert into t values (1)");
  client.send(framed(message));
  char answer[4096];
  EXPECT_GT(client.some(answer), 0u);
  client.vanish();
  EXPECT_EQ(db->exec("insert into t values (2)").get()->changes(), 1);
  EXPECT_EQ(first_cell(*db, "select group_concat(v) from t"), "2");
}

TEST_F(ServeTest, SigtermClosesTheFileAndTellsTheClients) {
  Served served({file});
  auto db = outboard::connect(served.url, {.token = "secret", .patience = 50ms});
  ASSERT_TRUE(db->exec("create table t(v)").get().ok());
  EXPECT_EQ(served.end(SIGTERM), 0);
  EXPECT_FALSE(fs::exists(file + "-wal"));
  auto late = db->exec("insert into t values (1)").get();
  EXPECT_EQ(late.error().code, Code::worker_lost);
}

TEST_F(ServeTest, AFileMayTellAllOfIt) {
  auto config = (folder.path() / "serve.json").string();
  auto socket = (folder.path() / "s").string();
  std::ofstream(config) << nlohmann::json{
      {"path", file}, {"durability", "power"}, {"server", {{"socket", socket}}}};
  Served served({"--config", config});
  EXPECT_EQ(served.url, "ws+unix:" + socket);
  auto db = served.connect();
  ASSERT_TRUE(db.ok()) << to_string(db.error());
  EXPECT_EQ(db->info().path, file);
  EXPECT_EQ(db->info().durability, Durability::power);
  served.end(SIGTERM);
  served.start({"--config", config, "--socket", socket + "2"});
  EXPECT_EQ(served.url, "ws+unix:" + socket + "2");
}

TEST_F(ServeTest, L10_AllThatIsWrongWithAFileIsToldAtOnce) {
  auto config = (folder.path() / "serve.json").string();
  std::ofstream(config) << R"({"storage": 1, "server": {"port": 70000, "ports": [1]}})";
  Served served({"--config", config});
  EXPECT_EQ(served.error, config +
                              ":\npath: it is missing\nstorage: a text is wanted, not a whole "
                              "number\nserver.port: 70000 is not from 0 to 65535\n"
                              "server.ports: there is no such key");
}

TEST_F(ServeTest, WhatWasAskedBeforeSigtermIsAnswered) {
  Served served({file});
  auto db = outboard::connect(served.url, {.token = "secret", .patience = 50ms});
  ASSERT_TRUE(db->exec("create table t(v)").get().ok());
  auto figures = [&] { return get(served, "/metrics", bearer).body; };
  auto before = count_in(figures(), "outboard_messages_total");
  std::vector<Future<Rows>> asked;
  for (int i = 0; i < 50; ++i)
    asked.push_back(db->exec(
        "insert into t with recursive i(v) as (select 1 union all select v + 1 from i limit 9999)"
        " select max(v) from i"));
  while (count_in(figures(), "outboard_messages_total") < before + 50) std::this_thread::yield();
  EXPECT_EQ(served.end(SIGTERM), 0);
  for (auto& answer : asked) EXPECT_EQ(answer.get()->changes(), 1);
}

TEST_F(ServeTest, H8_AServerThatIsKilledAndStartedAgainLosesNothing) {
  Served served({file});
  std::vector<std::string> again{file, "--port", std::to_string(served.port)};
  auto db = served.connect();
  ASSERT_TRUE(db.ok()) << to_string(db.error());
  Writers writers(*db);
  std::mt19937 random(7);
  writers.write_while([&] {
    for (int kills = 0; kills < 20; ++kills) {
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 100'000));
      served.end(kills % 4 == 3 ? SIGTERM : SIGKILL);
      served.start(again);
    }
  });
  writers.check();
}

TEST_F(ServeTest, H8_AConnectionThatBreaksIsMadeAnewToTheSameEngine) {
  Served served({file});
  auto db = outboard::connect(served.url, {.token = "secret", .silence_max = 300ms});
  ASSERT_TRUE(db->exec("create table t(v)").get().ok());
  auto transaction = db->begin().get();
  ASSERT_TRUE(transaction->exec("insert into t values (1)").get().ok());
  served.stand_still();
  auto write = db->exec("insert into t values (2)");
  auto inside = transaction->exec("insert into t values (3)");  // it might have been a commit
  EXPECT_FALSE(inside.wait_for(1s));                            // so the engine is asked
  served.go_on();
  EXPECT_EQ(inside.get().error().outcome, Outcome::not_applied);
  EXPECT_EQ(write.get()->changes(), 1);
  EXPECT_EQ(first_cell(*db, "select group_concat(v) from t"), "2");
}

TEST_F(ServeTest, L8_AServerThatDoesNotComeBackIsGivenUpWithTheReason) {
  Served served({file});
  auto db = outboard::connect(served.url, {.token = "secret", .patience = 100ms});
  ASSERT_TRUE(db->exec("create table t(v)").get().ok());
  served.end(SIGKILL);
  auto late = db->exec("insert into t values (1)").get();
  EXPECT_EQ(late.error().code, Code::worker_lost);
  EXPECT_NE(late.error().message.find("not found again"), std::string::npos);
  EXPECT_TRUE(late.error().outcome.has_value());
}

TEST_F(ServeTest, AUnixSocketWillDo) {
  auto path = (folder.path() / "s").string();
  Served served({file, "--socket", path});
  EXPECT_EQ(served.url, "ws+unix:" + path);
  auto db = served.connect();
  ASSERT_TRUE(db.ok()) << to_string(db.error());
  EXPECT_EQ(first_cell(*db, "select 'here'"), "here");
  EXPECT_EQ(fs::status(path).permissions() & (fs::perms::group_all | fs::perms::others_all),
            fs::perms::none);
  EXPECT_EQ(Served({file + "2", "--socket", path}).url, "");  // somebody is there
  served.end(SIGKILL);
  EXPECT_TRUE(fs::exists(path));  // left behind: that is no hindrance
  served.start({file, "--socket", path});
  EXPECT_EQ(first_cell(*db, "select 'here again'"), "here again");
  EXPECT_EQ(served.end(SIGTERM), 0);
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace outboard::cli
