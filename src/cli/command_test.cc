// The real command, as a child process. It lies beside the program that holds these tests.

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/test_client.h"
#include "net/test_folder.h"

namespace outboard::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

class Child {
 public:
  explicit Child(std::vector<std::string> arguments,
                 fs::path program = fs::read_symlink("/proc/self/exe").parent_path() / "outboard") {
    arguments.insert(arguments.begin(), program);
    std::vector<char*> pointers;
    pointers.reserve(arguments.size() + 1);
    for (auto& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    int out[2], error[2];
    EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(error, O_CLOEXEC), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(out[1], 1);
      ::dup2(error[1], 2);
      ::execv(pointers[0], pointers.data());
      ::_exit(127);
    }
    ::close(out[1]);
    ::close(error[1]);
    out_ = out[0];
    error_ = error[0];
  }
  ~Child() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(out_);
    ::close(error_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  std::string out_line() { return read(out_, '\n'); }
  std::string rest_of_out() { return read(out_, '\0'); }
  std::string rest_of_errors() { return read(error_, '\0'); }
  void signal(int number) { ::kill(pid_, number); }

  // Its exit code, or minus the signal that ended it.
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  // Up to `end`, or to the end of the file, or for 5 s.
  static std::string read(int from, char end) {
    std::string text;
    pollfd readable = {from, POLLIN, 0};
    for (char letter; ::poll(&readable, 1, 5000) == 1 && ::read(from, &letter, 1) == 1;) {
      text += letter;
      if (letter == end) break;
    }
    return text;
  }

  int pid_ = -1;
  int out_ = -1;
  int error_ = -1;
};

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
  EXPECT_EQ(second.wait(), 1);
  EXPECT_EQ(second.rest_of_out(), "");
  EXPECT_EQ(second.rest_of_errors(), "outboard: port " + port +
                                         " is taken by another program\n"
                                         "  stop it, or choose another with --port\n");
}

TEST(HubCommand, FindsTheDemoBesideItself) {
  net::TestFolder tree;
  auto built = fs::read_symlink("/proc/self/exe").parent_path() / "outboard";
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
