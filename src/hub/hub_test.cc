// The hub over real sockets, with real files.

#include "hub/hub.h"

#include <chrono>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "net/test_client.h"
#include "net/test_folder.h"

namespace outboard::hub {
namespace {

namespace fs = std::filesystem;
using net::Answer;
using net::TestClient;

class HubPages : public testing::Test {
 protected:
  void SetUp() override {
    outside.write("secret.txt", "secret");
    write("index.html", "<p>first page");
    write("app.mjs", "export {}");
    write("docs/index.html", "<p>docs");
    start({});
  }

  void start(HubOptions options) {
    options.pages = folder.path() / "pages";
    options.port = 0;
    hub.reset();
    auto started = Hub::start(options);
    ASSERT_TRUE(started.ok()) << started.error().message;
    hub = std::move(*started);
  }

  fs::path write(const std::string& name, std::string_view content) {
    return folder.write("pages/" + name, content);
  }

  Answer get(std::string_view target, std::string_view fields = "") {
    TestClient client(hub->port());
    client.ask(target, fields);
    return client.answer();
  }

  Answer get_for(std::string_view host) {
    TestClient client(hub->port());
    client.send("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
    return client.answer();
  }

  net::TestFolder outside;
  net::TestFolder folder;
  std::unique_ptr<Hub> hub;
};

TEST_F(HubPages, AreServedWithWhatTheyAre) {
  auto page = get("/");
  EXPECT_EQ(page.status, 200u);
  EXPECT_EQ(page.body, "<p>first page");
  EXPECT_EQ(page.field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(get("/index.html?x=1").body, "<p>first page");
  EXPECT_EQ(get("/app.mjs").field("Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(get("/docs/").body, "<p>docs");
  write("a b/ä.txt", "umlaut");
  EXPECT_EQ(get("/a%20b/%c3%a4.txt").body, "umlaut");
}

TEST_F(HubPages, CarryTheSameGuardsOnEveryAnswer) {
  for (auto& answer : {get("/"), get("/absent"), get("/docs"), get("/healthz"), get("/%"),
                       get_for("evil.example")}) {
    EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer.field("Cache-Control"), "no-cache");
    EXPECT_EQ(answer.field("Referrer-Policy"), "no-referrer");
    EXPECT_EQ(answer.field("Content-Security-Policy"),
              "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' "
              "'unsafe-inline'; img-src 'self' data:; connect-src 'self' blob:; "
              "worker-src 'self' blob:");
    EXPECT_EQ(answer.field("Cross-Origin-Opener-Policy"), "");
    EXPECT_EQ(answer.field("Cross-Origin-Embedder-Policy"), "");
  }
}

TEST_F(HubPages, RedirectToAFolderWithItsSlash) {
  auto answer = get("/docs?x=1");
  EXPECT_EQ(answer.status, 301u);
  EXPECT_EQ(answer.field("Location"), "/docs/?x=1");
  EXPECT_EQ(get("/index.html/").status, 404u);
}

TEST_F(HubPages, AreNotSentAgainUntilTheyChange) {
  auto tag = get("/").field("ETag");
  ASSERT_FALSE(tag.empty());
  for (auto& known : {tag, tag.substr(2), "\"x\" , " + tag, std::string("*")}) {
    TestClient client(hub->port());
    client.ask("/", "If-None-Match: " + known + "\r\n");
    auto answer = client.head();
    EXPECT_EQ(answer.status, 304u) << known;
    EXPECT_EQ(answer.field("ETag"), tag);
    client.ask("/healthz");  // nothing of a body came between
    EXPECT_EQ(client.answer().body, "ok");
  }
  EXPECT_EQ(get("/", "If-None-Match: \"x\"\r\n").status, 200u);
  auto page = write("index.html", "<p>later page");
  fs::last_write_time(page, fs::last_write_time(page) + std::chrono::seconds(1));
  EXPECT_EQ(get("/", "If-None-Match: " + tag + "\r\n").body, "<p>later page");
}

TEST_F(HubPages, AnswerHeadWithoutABody) {
  TestClient client(hub->port());
  client.ask("/", "", "HEAD");
  EXPECT_EQ(client.head().field("Content-Length"), "13");
  client.ask("/absent", "", "HEAD");
  EXPECT_EQ(client.head().status, 404u);
  client.ask("/healthz");
  EXPECT_EQ(client.answer().body, "ok");
}

TEST_F(HubPages, AreSentInBrotliToThoseWhoTakeIt) {
  write("app.mjs.br", "packed");
  auto packed = get("/app.mjs", "Accept-Encoding: gzip, br;q=0.9\r\n");
  EXPECT_EQ(packed.body, "packed");
  EXPECT_EQ(packed.field("Content-Encoding"), "br");
  EXPECT_EQ(packed.field("Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(packed.field("Vary"), "Accept-Encoding");
  for (auto accepted : {"", "Accept-Encoding: gzip\r\n", "Accept-Encoding: br;q=0\r\n",
                        "Accept-Encoding: brotli, gzip\r\n"}) {
    auto plain = get("/app.mjs", accepted);
    EXPECT_EQ(plain.body, "export {}") << accepted;
    EXPECT_EQ(plain.field("Content-Encoding"), "");
    EXPECT_EQ(plain.field("Vary"), "Accept-Encoding");
    EXPECT_NE(plain.field("ETag"), packed.field("ETag"));
  }
}

TEST_F(HubPages, AreNotSentInAnOldBrotli) {
  auto packed = write("app.mjs.br", "of yesterday");
  fs::last_write_time(packed, fs::last_write_time(packed) - std::chrono::hours(24));
  EXPECT_EQ(get("/app.mjs", "Accept-Encoding: br\r\n").body, "export {}");
}

TEST_F(HubPages, SayInASentenceWhenThereIsNone) {
  auto answer = get("/<script>alert(1)</script>");
  EXPECT_EQ(answer.status, 404u);
  EXPECT_EQ(answer.field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_NE(answer.body.find("There is no page at this address."), std::string::npos);
  EXPECT_EQ(answer.body.find("alert"), std::string::npos);
  EXPECT_EQ(get("/" + std::string(5000, 'a')).status, 404u);
}

TEST_F(HubPages, NeverLeadOutside) {
  fs::create_symlink(outside.path() / "secret.txt", folder.path() / "pages/file.txt");
  fs::create_directory_symlink(outside.path(), folder.path() / "pages/folder");
  fs::create_symlink(outside.path() / "secret.txt", folder.path() / "pages/app.mjs.br");
  fs::create_directory(folder.path() / "pages-beside");
  folder.write("pages-beside/secret.txt", "secret");
  write(".git/config", "secret");
  std::string up = "/" + outside.path().filename().string() + "/secret.txt";
  for (const std::string& target :
       {"/../.." + up, "/..%2f.." + up, "/%2e%2e/%2e%2e" + up, "/..%5c..%5c" + up.substr(1),
        "/docs/../../.." + up, "/" + outside.path().string() + "/secret.txt",
        "/%2f" + outside.path().string() + "/secret.txt", std::string("/file.txt"),
        std::string("/file.txt%00.html"), std::string("/folder/secret.txt"),
        std::string("/folder/"), std::string("/../pages-beside/secret.txt"),
        std::string("/.git/config"), std::string("/%2egit/config")}) {
    auto answer = get(target, "Accept-Encoding: br\r\n");
    EXPECT_TRUE(answer.status == 400 || answer.status == 404) << target << answer.status;
    EXPECT_EQ(answer.body.find("secret"), std::string::npos) << target;
  }
  EXPECT_EQ(get("/app.mjs", "Accept-Encoding: br\r\n").body, "export {}");
}

TEST_F(HubPages, FollowLinksThatStayInside) {
  fs::create_symlink("docs/index.html", folder.path() / "pages/start.html");
  EXPECT_EQ(get("/start.html").body, "<p>docs");
}

TEST_F(HubPages, AreRegularFiles) {
  ASSERT_EQ(::mkfifo((folder.path() / "pages/fifo").c_str(), 0600), 0);
  EXPECT_EQ(get("/fifo").status, 404u);
}

TEST_F(HubPages, CanOnlyBeRead) {
  for (auto method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"}) {
    TestClient client(hub->port());
    client.ask("/", "", method);
    auto answer = client.answer();
    EXPECT_EQ(answer.status, 405u) << method;
    EXPECT_EQ(answer.field("Allow"), "GET, HEAD");
  }
}

// A foreign page whose name points to 127.0.0.1 must not read what the hub serves there.
TEST_F(HubPages, AreForTheNamesOfThisMachine) {
  for (auto host : {"localhost", "LOCALHOST:1", "localhost:8080", "127.0.0.1", "127.0.0.1:8080",
                    "[::1]", "[::1]:8080"})
    EXPECT_EQ(get_for(host).status, 200u) << host;
  for (auto host : {"evil.example", "evil.example:8080", "localhost.evil.example", "", ":8080",
                    "127.0.0.1.evil.example", "[::2]", "[", "localhost@evil.example"}) {
    auto answer = get_for(host);
    EXPECT_EQ(answer.status, 403u) << host;
    EXPECT_NE(answer.body.find("http://localhost:"), std::string::npos);
  }
}

TEST_F(HubPages, AreForAnyNameWhenOthersAreLetIn) {
  start({.address = "0.0.0.0"});
  EXPECT_EQ(get_for("notes.example").status, 200u);
}

TEST_F(HubPages, LogWhatWasAskedInLettersOnly) {
  std::vector<std::string> lines;
  start({.log = [&](std::string_view line) { lines.emplace_back(line); }});
  get("/");
  get("/\xc3\xa4");
  hub->stop();
  EXPECT_EQ(lines, (std::vector<std::string>{"GET / 200", "GET /?? 404"}));
}

TEST(Hub, NeedsAFolder) {
  for (fs::path pages : {"", "/no/such/folder", "/etc/passwd"}) {
    HubOptions options;
    options.pages = pages;
    options.port = 0;
    auto hub = Hub::start(options);
    ASSERT_FALSE(hub.ok());
    EXPECT_EQ(hub.error().code, Code::not_found);
    EXPECT_FALSE(hub.error().hint.empty());
  }
}

TEST(Hub, TellsWhatToTypeIntoABrowser) {
  net::TestFolder folder;
  for (auto [address, name] : {std::pair{"127.0.0.1", "localhost"},
                               {"0.0.0.0", "localhost"},
                               {"127.0.0.2", "127.0.0.2"}}) {
    HubOptions options{.pages = folder.path(), .address = address, .port = 0, .log = {}};
    auto hub = std::move(*Hub::start(options));
    EXPECT_EQ(hub->url(), "http://" + std::string(name) + ":" + std::to_string(hub->port()) + "/");
  }
}

}  // namespace
}  // namespace outboard::hub
