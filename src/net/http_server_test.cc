#include "net/http_server.h"

#include <chrono>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include "net/test_client.h"
#include "net/test_folder.h"

namespace outboard::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Answers with what was asked: "GET /a".
Response echo(const Request& request) {
  return text_response(200, std::string(request.method) + " " + std::string(request.target));
}

std::unique_ptr<HttpServer> server_with(HttpServer::Handler handler,
                                        HttpServerOptions options = {}) {
  auto server = HttpServer::listen(options);
  EXPECT_TRUE(server.ok()) << (server ? "" : server.error().message);
  (*server)->serve(std::move(handler));
  return std::move(*server);
}

std::string request_of(std::size_t head_bytes) {
  std::string request = "GET / HTTP/1.1\r\nHost: localhost\r\nX: ";
  return request + std::string(head_bytes - request.size() - 4, 'x') + "\r\n\r\n";
}

TEST(HttpServer, AnswersManyRequestsOnOneConnection) {
  auto server = server_with(echo);
  TestClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    client.ask("/" + std::to_string(i));
    auto answer = client.answer();
    EXPECT_EQ(answer.status, 200u);
    EXPECT_EQ(answer.body, "GET /" + std::to_string(i));
    EXPECT_EQ(answer.field("Date").size(), 29u);
  }
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  auto server = server_with(echo);
  TestClient client(server->port());
  std::string requests;
  for (int i = 0; i < 1000; ++i)
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  std::thread sender([&] { client.send(requests); });
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(client.answer().body, "GET /" + std::to_string(i));
  sender.join();
}

TEST(HttpServer, LeavesTheBodyOutForHead) {
  auto server = server_with(echo);
  TestClient client(server->port());
  client.ask("/abc", "", "HEAD");
  auto answer = client.head();
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.field("Content-Length"), "9");
  client.ask("/next");
  EXPECT_EQ(client.answer().body, "GET /next");
}

TEST(HttpServer, ClosesWhenAskedTo) {
  auto server = server_with(echo);
  TestClient client(server->port());
  client.ask("/", "Connection: close\r\n");
  EXPECT_EQ(client.answer().field("Connection"), "close");
  EXPECT_TRUE(client.is_closed());

  TestClient old(server->port());
  old.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.answer().status, 200u);
  EXPECT_TRUE(old.is_closed());
}

TEST(HttpServer, AnswersAClientThatHasSentAllItWill) {
  auto server = server_with(echo);
  TestClient client(server->port());
  client.ask("/");
  client.send_no_more();
  EXPECT_EQ(client.answer().status, 200u);
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpServer, RefusesWhatIsNoRequest) {
  auto server = server_with(echo);
  const std::string wrong[] = {
      "\r\r\r\r\n\n\n\n\r\n\r\n",
      "hello\r\n\r\n",
      "GET\r\n\r\n",
      "GET /\r\n\r\n",
      "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
      "GET / HTTP/0.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/9.9\r\nHost: a\r\n\r\n",
      "GET / FTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
      "G\xffT / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      "GET / HTTP/1.1\r\nno colon\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
      std::string("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 29),
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
  };
  for (const auto& bytes : wrong) {
    TestClient client(server->port());
    client.send(bytes);
    auto answer = client.answer();
    EXPECT_EQ(answer.status, 400u) << bytes;
    EXPECT_FALSE(answer.body.empty());
    EXPECT_TRUE(client.is_closed()) << bytes;
  }
}

TEST(HttpServer, SurvivesRandomBytes) {
  auto server = server_with(echo);
  std::uint32_t random = 1;
  for (int i = 0; i < 200; ++i) {
    std::string bytes(i % 2 ? "GET / HTTP/1.1\r\n" : "");
    for (int j = 0; j < 300; ++j)
      bytes += static_cast<char>((random = random * 1664525 + 1013904223) >> 24);
    TestClient client(server->port());
    client.send(bytes + "\r\n\r\n");
    client.answer();
  }
  TestClient client(server->port());
  client.ask("/");
  EXPECT_EQ(client.answer().status, 200u);
}

TEST(HttpServer, RefusesBodies) {
  auto server = server_with(echo);
  for (const char* fields : {"Content-Length: 1\r\n", "Content-Length: 9999999999\r\n",
                             "Transfer-Encoding: chunked\r\n"}) {
    TestClient client(server->port());
    client.ask("/", fields, "POST");
    client.send(std::string(100'000, 'x'));
    EXPECT_EQ(client.answer().status, 413u) << fields;
    client.send_no_more();
    EXPECT_TRUE(client.is_closed());
  }
  TestClient client(server->port());
  client.ask("/", "Content-Length: 0\r\n", "POST");
  EXPECT_EQ(client.answer().body, "POST /");
}

TEST(HttpServer, TakesHeadsUpToTheLimit) {
  auto server = server_with(echo);
  TestClient client(server->port());
  client.send(request_of(limits::http_head_bytes_max));
  EXPECT_EQ(client.answer().status, 200u);
  client.send(request_of(limits::http_head_bytes_max + 1));
  EXPECT_EQ(client.answer().status, 431u);
  EXPECT_TRUE(client.is_closed());

  TestClient endless(server->port());
  endless.send("GET / HTTP/1.1\r\nHost: localhost\r\n");
  std::string field(4000, 'x');
  for (int i = 0; i < 10; ++i) endless.send(field);
  EXPECT_EQ(endless.answer().status, 431u);
}

TEST(HttpServer, TakesTargetsUpToTheLimit) {
  auto server = server_with(echo);
  std::string target = "/" + std::string(limits::http_target_bytes_max - 1, 'a');
  TestClient client(server->port());
  client.ask(target);
  EXPECT_EQ(client.answer().status, 200u);
  client.ask(target + "a");
  EXPECT_EQ(client.answer().status, 414u);
  EXPECT_TRUE(client.is_closed());

  TestClient endless(server->port());
  endless.send("GET /" + std::string(100'000, 'a'));
  EXPECT_EQ(endless.answer().status, 414u);
}

TEST(HttpServer, EndsSlowHeads) {
  auto server = server_with(echo, {.head_timeout_ms = 100});
  TestClient client(server->port());
  auto start = steady_clock::now();
  while (client.send("G") && steady_clock::now() - start < milliseconds(3000))
    std::this_thread::sleep_for(milliseconds(10));
  EXPECT_LT(steady_clock::now() - start, milliseconds(2000));
}

TEST(HttpServer, EndsHalfRequestsAndIdleConnections) {
  auto server = server_with(echo, {.head_timeout_ms = 100, .idle_timeout_ms = 150});
  TestClient silent(server->port()), half(server->port()), idle(server->port());
  half.send("GET / HTTP/1.1\r\nHost: loc");
  idle.ask("/");
  EXPECT_EQ(idle.answer().status, 200u);
  EXPECT_TRUE(half.is_closed());
  EXPECT_TRUE(silent.is_closed());
  EXPECT_TRUE(idle.is_closed());
}

TEST(HttpServer, KeepsAHundredConnectionsAtOnce) {
  auto server = server_with(echo);
  std::vector<TestClient> clients;
  clients.reserve(100);
  for (int i = 0; i < 100; ++i) clients.emplace_back(server->port());
  for (int round = 0; round < 5; ++round) {
    for (auto& client : clients) client.ask("/" + std::to_string(round));
    for (auto& client : clients) ASSERT_EQ(client.answer().body, "GET /" + std::to_string(round));
  }
}

TEST(HttpServer, RefusesConnectionsBeyondTheLimitUntilOthersEnd) {
  auto server = server_with(echo, {.connections_max = 2});
  TestClient first(server->port());
  {
    TestClient second(server->port()), third(server->port());
    for (auto* client : {&first, &second}) {
      client->ask("/");
      EXPECT_EQ(client->answer().status, 200u);
    }
    third.ask("/");
    EXPECT_EQ(third.answer().status, 503u);
    EXPECT_TRUE(third.is_closed());
  }
  unsigned status = 0;
  for (int tries = 0; tries < 100 && status != 200; ++tries) {
    TestClient fourth(server->port());
    fourth.ask("/");
    status = fourth.answer().status;
  }
  EXPECT_EQ(status, 200u);
}

TEST(HttpServer, HangsUpWhenThereAreTooManyToRefuse) {
  auto server = server_with(echo, {.connections_max = 0});
  std::vector<TestClient> clients;
  clients.reserve(limits::http_refusals_max + 3);
  for (std::size_t i = 0; i < limits::http_refusals_max; ++i) {
    clients.emplace_back(server->port());
    ASSERT_EQ(clients.back().answer().status, 503u) << i;
  }
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(server->port());
    EXPECT_TRUE(clients.back().is_closed());
  }
}

TEST(HttpServer, HangsUpOnAClientThatSendsOnAfterItsRefusal) {
  auto server = server_with(echo);
  TestClient client(server->port());
  client.ask("/", "Content-Length: 99999999999\r\n", "PUT");
  std::string part(64 << 10, 'x');
  int parts = 0;
  while (parts < 1000 && client.send(part)) ++parts;
  EXPECT_LT(parts, 1000);
}

TEST(HttpServer, SaysSoWhenTheHandlerFails) {
  auto server = server_with([](const Request&) -> Response { throw std::runtime_error("secret"); });
  TestClient client(server->port());
  client.ask("/");
  auto answer = client.answer();
  EXPECT_EQ(answer.status, 500u);
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
}

TEST(HttpServer, FindsItsPortTaken) {
  auto first = server_with(echo);
  auto second = HttpServer::listen({.port = first->port()});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Code::busy);
  EXPECT_EQ(second.error().message,
            "port " + std::to_string(first->port()) + " is taken by another program");
  EXPECT_EQ(second.error().hint, "stop it, or choose another with --port");
}

TEST(HttpServer, FindsItsAddressWrong) {
  for (const char* address : {"", "here", "localhost", "256.0.0.1", "127.0.0.1:80", "192.0.2.1"}) {
    auto server = HttpServer::listen({.address = address});
    ASSERT_FALSE(server.ok()) << address;
    EXPECT_EQ(server.error().code, Code::bad_request) << address;
  }
}

TEST(HttpServer, KnowsWhetherOthersCanReachIt) {
  EXPECT_TRUE((*HttpServer::listen({.address = "127.0.0.1"}))->is_loopback());
  EXPECT_TRUE((*HttpServer::listen({.address = "127.0.0.2"}))->is_loopback());
  EXPECT_FALSE((*HttpServer::listen({.address = "0.0.0.0"}))->is_loopback());
}

TEST(HttpServer, IsTakenDownAtOnceWhenIdle) {
  auto server = server_with(echo);
  TestClient client(server->port());
  client.ask("/");
  client.answer();
  auto start = steady_clock::now();
  server->stop();
  EXPECT_LT(steady_clock::now() - start, milliseconds(1000));
  EXPECT_TRUE(client.is_closed());
  EXPECT_FALSE(TestClient(server->port()).connected());
  server->stop();
}

}  // namespace
}  // namespace outboard::net
