// The real command, as a child process. It lies beside the program that holds these tests.

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command_testing.h"
#include "net/test_client.h"
#include "net/test_folder.h"

namespace outboard::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

std::uint16_t port_in(const std::string& line) {
  return static_cast<std::uint16_t>(std::atoi(line.substr(line.rfind(':') + 1).c_str()));
}

TEST(HubCommand, SaysWhereItListensAndStopsWhenTold) {
  net::TestFolder pages;
  pages.write("index.html", "<p>page");
  for (int number : {SIGTERM, SIGINT}) {
    Child hub({"hub", "--pages", pages.path(), "--port", "0"});
    auto line = hub.out_line();
    EXPECT_EQ(line, "outboard hub: http://localhost:" + std::to_string(port_in(line)) + "/\n");
    net::TestClient client(port_in(line));
    client.ask("/");
    EXPECT_EQ(client.answer().body, "<p>page");
    hub.signal(number);
    EXPECT_EQ(hub.wait(), 0);
    EXPECT_EQ(hub.rest_of_out() + hub.rest_of_errors(), "");
  }
}

TEST(HubCommand, LogsRequestsWhenAskedTo) {
  net::TestFolder pages;
  Child hub({"hub", "--pages", pages.path(), "--port", "0", "--verbose"});
  net::TestClient client(port_in(hub.out_line()));
  client.ask("/notes");
  client.answer();
  hub.signal(SIGTERM);
  EXPECT_EQ(hub.wait(), 0);
  EXPECT_EQ(hub.rest_of_errors(), "GET /notes 404\n");
}

TEST(HubCommand, EndsAtTheSecondSignal) {
  net::TestFolder pages;
  fs::resize_file(pages.write("big", ""), 64 << 20);
  Child hub({"hub", "--pages", pages.path(), "--port", "0"});
  net::TestClient client(port_in(hub.out_line()), 4096);
  client.ask("/big");
  ASSERT_EQ(client.head().status, 200u);
  hub.signal(SIGTERM);
  ::usleep(100'000);  // it now waits for a client that does not read
  hub.signal(SIGTERM);
  EXPECT_EQ(hub.wait(), -SIGTERM);
}

TEST(HubCommand, SaysThatThePortIsTaken) {
  net::TestFolder pages;
  Child first({"hub", "--pages", pages.path(), "--port", "0"});
  auto port = std::to_string(port_in(first.out_line()));
  Child second({"hub", "--pages", pages.path(), "--port", port});
  EXPECT_EQ(second.wait(), 3);
  EXPECT_EQ(second.rest_of_out(), "");
  EXPECT_EQ(second.rest_of_errors(), "outboard: busy: port " + port +
                                         " is taken by another program\n"
                                         "  stop it, or choose another with --port\n");
}

TEST(HubCommand, FindsTheDemoBesideItself) {
  net::TestFolder tree;
  auto built = command_path();
  auto program = tree.path() / "bin" / "outboard";
  fs::create_directory(program.parent_path());
  fs::copy_file(built, program);

  Child without({"hub", "--port", "0"}, program);
  EXPECT_EQ(without.wait(), 1);
  auto errors = without.rest_of_errors();
  EXPECT_THAT(errors, HasSubstr("there are no pages to serve"));
  EXPECT_THAT(errors, HasSubstr("\n  build the demo with ./run, or name a folder"));

  for (const char* demo : {"share/outboard/demo/index.html", "demo/index.html"}) {
    tree.write(demo, demo);
    Child with({"hub", "--port", "0"}, program);
    net::TestClient client(port_in(with.out_line()));
    client.ask("/");
    EXPECT_EQ(client.answer().body, demo);
  }
}

TEST(Command, TellsItsVersions) {
  for (const char* way : {"version", "--version"}) {
    Child command({way});
    EXPECT_EQ(command.wait(), 0);
    EXPECT_THAT(command.rest_of_out(),
                testing::MatchesRegex("outboard [0-9.]+ \\(SQLite 3\\.[0-9.]+\\)\n"));
  }
}

TEST(Command, TeachesWithAnExample) {
  for (const auto& arguments : {std::vector<std::string>{"--help"}, {"hub", "--help"}}) {
    Child command(arguments);
    EXPECT_EQ(command.wait(), 0);
    EXPECT_THAT(command.rest_of_out(), HasSubstr("Example: serve"));
  }
}

TEST(Command, SaysWhatItDoesNotUnderstand) {
  using Arguments = std::vector<std::string>;
  for (const auto& [arguments, message] :
       {std::pair{Arguments{}, "which command?"},
        {Arguments{"frob"}, "there is no command \"frob\""},
        {Arguments{"--frob"}, "there is no option \"--frob\""},
        {Arguments{"hub", "--frob"}, "there is no option \"--frob\""},
        {Arguments{"hub", "extra"}, "\"extra\" is one argument too many"},
        {Arguments{"hub", "version"}, "\"version\" is one argument too many"},
        {Arguments{"hub", "--port"}, "there is a value missing after --port"},
        {Arguments{"hub", "--port", "70000"},
         "--port: a port is a number from 0 to 65535, not \"70000\""}}) {
    Child command(arguments);
    EXPECT_EQ(command.wait(), 2);
    EXPECT_EQ(command.rest_of_out(), "");
    EXPECT_THAT(command.rest_of_errors(), StartsWith("outboard: " + std::string(message) + "\n  "));
  }
}

}  // namespace
}  // namespace outboard::cli
