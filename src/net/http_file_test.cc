// Files as answers, and the machine's own limits: memory, descriptors, privileges.

#include "net/http_server.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "net/test_client.h"
#include "net/test_folder.h"

namespace outboard::net {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::uint64_t mib = 1 << 20;

class HttpFile : public testing::Test {
 protected:
  // Serves whatever `file` names at that moment.
  void serve(HttpServerOptions options = {}) {
    server = std::move(*HttpServer::listen(options));
    server->serve([this](const Request&) -> Response {
      auto opened = File::open(file);
      if (!opened) return text_response(404, opened.error().message);
      Response response;
      response.body = std::move(*opened);
      return response;
    });
  }

  // A file of zeros between two words, which takes no room on the disk.
  void write_big(std::uint64_t bytes) {
    file = folder.write("big", "first");
    fs::resize_file(file, bytes - 4);
    std::ofstream(file, std::ios::app) << "last";
  }

  TestFolder folder;
  fs::path file;
  std::unique_ptr<HttpServer> server;
};

std::uint64_t resident_bytes() {
  std::uint64_t pages = 0;
  std::ifstream statm("/proc/self/statm");
  statm >> pages >> pages;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

// How many bytes come until the connection ends.
std::uint64_t drained(TestClient& client) {
  std::vector<char> buffer(256 << 10);
  std::uint64_t received = 0;
  while (auto size = client.some(buffer)) received += size;
  return received;
}

TEST_F(HttpFile, IsSentWhole) {
  serve();
  for (std::size_t size : {0ul, 1ul, limits::http_chunk_bytes - 1, limits::http_chunk_bytes,
                           limits::http_chunk_bytes + 1, 3 * limits::http_chunk_bytes}) {
    std::string content;
    for (std::size_t i = 0; i < size; ++i) content += static_cast<char>(i * 7 + i / 256);
    file = folder.write("file", content);
    TestClient client(server->port());
    client.ask("/");
    auto answer = client.answer();
    EXPECT_EQ(answer.status, 200u);
    EXPECT_TRUE(answer.body == content) << size;
    client.ask("/", "", "HEAD");
    EXPECT_EQ(client.head().field("Content-Length"), std::to_string(size));
    client.ask("/");
    EXPECT_TRUE(client.answer().body == content) << size;
  }
}

TEST_F(HttpFile, IsStreamedInBoundedMemory) {
  serve();
  write_big(64 * mib);
  TestClient client(server->port());
  client.ask("/");
  ASSERT_EQ(client.head().field("Content-Length"), std::to_string(64 * mib));
  auto before = resident_bytes(), most = before;
  std::vector<char> buffer(256 << 10);
  std::uint64_t received = 0;
  std::string end;
  while (received < 64 * mib) {
    auto size = client.some(buffer);
    if (size == 0) break;
    received += size;
    end.append(buffer.data(), size);
    end.erase(0, end.size() - std::min<std::size_t>(4, end.size()));
    most = std::max(most, resident_bytes());
  }
  EXPECT_EQ(received, 64 * mib);
  EXPECT_EQ(end, "last");
  EXPECT_LT(most - before, 16 * mib);
}

TEST_F(HttpFile, DoesNotKeepOthersWaiting) {
  serve();
  write_big(64 * mib);
  TestClient slow(server->port(), 4096);
  slow.ask("/");
  ASSERT_EQ(slow.head().status, 200u);
  file = folder.write("small", "small");
  TestClient quick(server->port());
  quick.ask("/");
  EXPECT_EQ(quick.answer().body, "small");
}

TEST_F(HttpFile, ServesOnWhenClientsVanish) {
  serve();
  write_big(64 * mib);
  for (int i = 0; i < 20; ++i) {
    TestClient client(server->port(), 4096);
    client.ask("/");
    if (i % 2) client.head();
    client.vanish();
  }
  TestClient client(server->port());
  client.ask("/");
  EXPECT_EQ(client.head().status, 200u);
}

TEST_F(HttpFile, IsCutOffWhenItBecomesShorter) {
  serve();
  write_big(64 * mib);
  TestClient client(server->port(), 4096);
  client.ask("/");
  ASSERT_EQ(client.head().status, 200u);
  fs::resize_file(file, mib);
  EXPECT_LT(drained(client), 64 * mib);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpFile, EndsReadersThatDoNotRead) {
  serve({.idle_timeout_ms = 100});
  write_big(64 * mib);
  TestClient client(server->port(), 4096);
  client.ask("/");
  std::this_thread::sleep_for(milliseconds(400));
  EXPECT_LT(drained(client), 64 * mib);
}

TEST_F(HttpFile, IsFinishedBeforeTheServerStops) {
  serve();
  write_big(16 * mib);
  TestClient client(server->port(), 4096);
  client.ask("/");
  ASSERT_EQ(client.head().status, 200u);
  std::thread stopper([&] { server->stop(); });
  EXPECT_EQ(drained(client), 16 * mib);
  stopper.join();
}

TEST_F(HttpFile, IsNotWaitedForLongerThanTheStopTimeout) {
  serve({.stop_timeout_ms = 200});
  write_big(64 * mib);
  TestClient client(server->port(), 4096);
  client.ask("/");
  ASSERT_EQ(client.head().status, 200u);
  auto start = steady_clock::now();
  server->stop();
  EXPECT_GE(steady_clock::now() - start, milliseconds(200));
  EXPECT_LT(steady_clock::now() - start, milliseconds(2000));
}

TEST_F(HttpFile, OpensRegularFilesOnly) {
  auto fifo = folder.path() / "fifo", link = folder.path() / "link";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  fs::create_symlink("/etc/passwd", link);
  for (const auto& path : {fifo, link, folder.path(), folder.path() / "absent"}) {
    auto opened = File::open(path);
    ASSERT_FALSE(opened.ok()) << path;
    EXPECT_EQ(opened.error().code, Code::not_found) << path;
  }
}

TEST(HttpMachine, AcceptsAgainAfterRunningOutOfDescriptors) {
  auto server = std::move(*HttpServer::listen({}));
  server->serve([](const Request&) { return text_response(200, "here"); });

  rlimit saved = {};
  ::getrlimit(RLIMIT_NOFILE, &saved);
  rlimit low = {64, saved.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &low);
  std::vector<int> taken;
  for (int fd; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) taken.push_back(fd);
  ::close(taken.back());
  taken.pop_back();
  TestClient client(server->port());  // takes the last one: the server cannot accept it
  std::this_thread::sleep_for(milliseconds(50));
  for (int fd : taken) ::close(fd);
  ::setrlimit(RLIMIT_NOFILE, &saved);

  ASSERT_TRUE(client.connected());
  client.ask("/");
  EXPECT_EQ(client.answer().body, "here");
}

TEST(HttpMachine, IsDeniedPrivilegedPorts) {
  int first_free = 1024;
  std::ifstream("/proc/sys/net/ipv4/ip_unprivileged_port_start") >> first_free;
  if (first_free <= 80) GTEST_SKIP() << "no port is privileged here";
  bool is_root = ::geteuid() == 0;
  ASSERT_EQ(is_root ? ::seteuid(65534) : 0, 0);
  auto server = HttpServer::listen({.port = 80});
  ASSERT_EQ(is_root ? ::seteuid(0) : 0, 0);
  ASSERT_FALSE(server.ok());
  EXPECT_EQ(server.error().code, Code::denied);
}

}  // namespace
}  // namespace outboard::net
