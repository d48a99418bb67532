// `outboard serve` with TLS, and connect() over it (rule L11): whom a client believes.

#include <gtest/gtest.h>

#include <fstream>

#include "cli/served_testing.h"
#include "net/certificate_testing.h"
#include "net/test_client.h"
#include "net/test_folder.h"

namespace outboard::cli {
namespace {

using net::write_certificate;
using namespace std::chrono_literals;

struct ServeTls : testing::Test {
  std::string path(const std::string& name) const { return folder.path() / name; }

  // With the certificate of that name.
  std::vector<std::string> arguments(const std::string& name) const {
    return {path("trial.db"), "--tls-certificate", path(name + ".pem"), "--tls-key",
            path(name + ".key")};
  }
  // Believing the certificate of that name alone.
  Result<Database> connect(const std::string& url, const std::string& name) const {
    return outboard::connect(url, {.token = "secret", .tls_ca_file = path(name + ".pem")});
  }
  Error refusal(const std::string& name, const std::string& believed) const {
    Served served(arguments(name));
    return connect("wss://localhost:" + std::to_string(served.port) + "/", believed).error();
  }

  net::TestFolder folder;
};

TEST_F(ServeTls, CarriesWhatAPlainOneDoes) {
  write_certificate(folder.path(), "good");
  Served served(arguments("good"));
  EXPECT_EQ(served.url, "wss://localhost:" + std::to_string(served.port) + "/");
  auto db = connect(served.url, "good");
  ASSERT_TRUE(db.ok()) << to_string(db.error());
  ASSERT_TRUE(db->exec("create table t(v)").get().ok());
  std::vector<std::vector<Value>> sets;
  for (int i = 0; i < 50'000; ++i) sets.push_back({"row " + std::to_string(i)});
  EXPECT_EQ(db->many("insert into t values (?)", sets).get()->changes(), 50'000);
  EXPECT_EQ(db->exec("select v from t").get()->size(), 50'000u);
  auto by_address = connect("wss://127.0.0.1:" + std::to_string(served.port) + "/", "good");
  EXPECT_TRUE(by_address.ok()) << to_string(by_address.error());
  EXPECT_EQ(served.end(SIGTERM), 0);
}

TEST_F(ServeTls, L11_ATokenIsNeededAllTheSame) {
  write_certificate(folder.path(), "good");
  Served served(arguments("good"));
  auto wrong = outboard::connect(served.url, {.token = "wrong", .tls_ca_file = path("good.pem")});
  EXPECT_EQ(wrong.error().code, Code::denied);
  EXPECT_NE(wrong.error().message.find("token"), std::string::npos) << wrong.error().message;
}

TEST_F(ServeTls, L11_ACertificateThatIsNotBelievedIsSaidToBeSo) {
  write_certificate(folder.path(), "good");
  write_certificate(folder.path(), "other");
  write_certificate(folder.path(), "elsewhere", {.names = "DNS:engine.example"});
  write_certificate(folder.path(), "old", {.valid_for_s = -60});
  auto expect = [](const Error& error, const char* words) {
    EXPECT_EQ(error.code, Code::denied) << to_string(error);
    EXPECT_NE(error.message.find(words), std::string::npos) << error.message;
    EXPECT_NE(error.hint, "");
  };
  expect(refusal("good", "other"), "nobody whom this machine trusts vouches");
  expect(refusal("elsewhere", "elsewhere"), "is for another name");
  expect(refusal("old", "old"), "has expired");
  Served served(arguments("good"));
  expect(outboard::connect(served.url, {.token = "secret"}).error(),
         "nobody whom this machine trusts vouches");
  EXPECT_EQ(connect(served.url, "missing").error().code, Code::not_found);
}

TEST_F(ServeTls, L10_OneSideAloneWithTlsIsAnErrorForTheOther) {
  write_certificate(folder.path(), "good");
  Served secret(arguments("good"));
  Served plain({path("plain.db")});
  auto port = [](const Served& served) { return std::to_string(served.port) + "/"; };
  EXPECT_EQ(connect("ws://localhost:" + port(secret), "good").error().code, Code::unavailable);
  EXPECT_EQ(connect("wss://localhost:" + port(plain), "good").error().code, Code::unavailable);
  net::TestClient visitor(static_cast<std::uint16_t>(secret.port));
  visitor.ask("/", "");  // as if it were plain
  char answer[64];
  EXPECT_EQ(std::string(answer, visitor.some(answer)).find("HTTP"), std::string::npos);
  EXPECT_TRUE(connect(secret.url, "good").ok());
}

TEST_F(ServeTls, L11_OtherAddressesOfTheMachineTakeTls) {
  write_certificate(folder.path(), "good");
  Served refused({path("trial.db"), "--address", "0.0.0.0"});
  EXPECT_NE(refused.error.find("there is no TLS"), std::string::npos) << refused.error;
  auto all = arguments("good");
  all.insert(all.end(), {"--address", "0.0.0.0"});
  Served served(all);
  auto db = connect(served.url, "good");
  EXPECT_TRUE(db.ok()) << to_string(db.error());
}

TEST_F(ServeTls, L10_WhatIsWrongWithCertificateOrKeyIsSaid) {
  write_certificate(folder.path(), "good");
  write_certificate(folder.path(), "other");
  auto error_of = [&](const std::string& certificate, const std::string& key) {
    return Served(
               {path("trial.db"), "--tls-certificate", path(certificate), "--tls-key", path(key)})
        .error;
  };
  EXPECT_NE(error_of("missing.pem", "good.key").find("there is no certificate in"),
            std::string::npos);
  EXPECT_NE(error_of("good.pem", "missing.key").find("there is no key in"), std::string::npos);
  EXPECT_NE(error_of("good.pem", "other.key").find("is not that of the certificate"),
            std::string::npos);
  EXPECT_NE(Served({path("trial.db"), "--tls-key", path("good.key")}).error.find("both"),
            std::string::npos);
}

TEST_F(ServeTls, SighupRenewsTheCertificateForThoseWhoConnectLater) {
  write_certificate(folder.path(), "mine");
  std::filesystem::copy(path("mine.pem"), path("believed.pem"));
  Served served(arguments("mine"));
  auto early = connect(served.url, "believed");
  ASSERT_TRUE(early.ok()) << to_string(early.error());

  std::ofstream(path("mine.pem")) << "nonsense";
  served.signal(SIGHUP);
  EXPECT_TRUE(connect(served.url, "believed").ok());  // it goes on with what it had

  write_certificate(folder.path(), "mine");
  served.signal(SIGHUP);
  while (!connect(served.url, "mine").ok()) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(connect(served.url, "believed").error().code, Code::denied);
  EXPECT_TRUE(early->exec("select 1").get().ok());
  EXPECT_EQ(served.end(SIGTERM), 0);
}

}  // namespace
}  // namespace outboard::cli
