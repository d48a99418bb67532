// The real `outboard serve`, as a child process, and its clients.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include <outboard/connect.hpp>

#include "net/test_client.h"
#include "net/test_folder.h"
#include "protocol/request.h"

namespace outboard::cli {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// A server; it ends with this.
class Served {
 public:
  explicit Served(std::vector<std::string> arguments) {
    std::string program = fs::read_symlink("/proc/self/exe").parent_path() / "outboard";
    arguments.insert(arguments.begin(), {program, "serve"});
    std::vector<char*> words;
    for (auto& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    int out[2];
    EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
    id_ = ::fork();
    if (id_ == 0) {
      ::setenv("OUTBOARD_TOKEN", "secret", 1);
      ::dup2(out[1], 1);
      ::execv(words[0], words.data());
      ::_exit(127);
    }
    ::close(out[1]);
    std::string line;
    for (char letter; ::read(out[0], &letter, 1) == 1 && letter != '\n';) line += letter;
    ::close(out[0]);
    auto ready = nlohmann::json::parse(line, nullptr, false);
    if (!ready.is_object() || ready.contains("error")) return;
    url = ready["url"];
    EXPECT_EQ(ready["token"], "secret");
    if (auto colon = url.rfind(':'); url.starts_with("ws://"))
      port = std::stoi(url.substr(colon + 1));
  }
  ~Served() { end(SIGKILL); }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  // Its exit code, or minus the signal.
  int end(int signal) {
    if (id_ <= 0) return 0;
    ::kill(id_, signal);
    int status = 0;
    ::waitpid(std::exchange(id_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  Result<Database> connect() const { return outboard::connect(url, {.token = "secret"}); }

  std::string url;
  int port = 0;

 private:
  pid_t id_ = 0;
};

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
  auto transaction = a->begin();
  ASSERT_TRUE(transaction.ok());
  auto waits = b->exec("delete from t");
  EXPECT_FALSE(waits.wait_for(20ms));
  EXPECT_TRUE(transaction->commit().ok());
  EXPECT_EQ(waits.get()->changes(), 100'000);
  EXPECT_TRUE(a->close().ok());
  EXPECT_EQ(first_cell(*b, "select 'still there'"), "still there");
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
  EXPECT_EQ(outboard::connect("ws://192.0.2.1:80/", {}).error().code, Code::denied);
  for (auto wrong : {"", "http://localhost:80/", "ws://localhost/", "ws://nowhere:1/", "ws+unix:"})
    EXPECT_EQ(outboard::connect(wrong, {}).error().code, Code::bad_request) << wrong;
  EXPECT_EQ(outboard::connect("ws://127.0.0.1:1/", {.token = "", .attempts_max = 2}).error().code,
            Code::worker_lost);
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
  auto db = outboard::connect(served.url, {.token = "secret", .attempts_max = 2});
  ASSERT_TRUE(db->exec("create table t(v)").get().ok());
  EXPECT_EQ(served.end(SIGTERM), 0);
  EXPECT_FALSE(fs::exists(file + "-wal"));
  auto late = db->exec("insert into t values (1)").get();
  EXPECT_EQ(late.error().code, Code::worker_lost);
}

TEST_F(ServeTest, AUnixSocketWillDo) {
  auto path = (folder.path() / "s").string();
  Served served({file, "--socket", path});
  EXPECT_EQ(served.url, "ws+unix:" + path);
  auto db = served.connect();
  ASSERT_TRUE(db.ok()) << to_string(db.error());
  EXPECT_EQ(first_cell(*db, "select 'here'"), "here");
  EXPECT_EQ(fs::status(path).permissions() & fs::perms::others_all, fs::perms::none);
  EXPECT_EQ(served.end(SIGTERM), 0);
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace outboard::cli
