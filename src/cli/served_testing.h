// For tests only: the real `outboard serve`, beside the program that holds the tests, as a child
// process with the token "secret".
#pragma once

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <outboard/connect.hpp>

namespace outboard::cli {

// A server; it ends with this.
class Served {
 public:
  explicit Served(const std::vector<std::string>& arguments) { start(arguments); }
  ~Served() { end(SIGKILL); }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  void start(std::vector<std::string> arguments) {
    std::string program =
        std::filesystem::read_symlink("/proc/self/exe").parent_path() / "outboard";
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
    if (ready.is_object() && ready.contains("error")) error = ready["error"]["message"];
    if (!ready.is_object() || ready.contains("error")) return;
    url = ready["url"];
    EXPECT_EQ(ready["token"], "secret");
    if (auto colon = url.rfind(':'); url.starts_with("ws://") || url.starts_with("wss://"))
      port = std::stoi(url.substr(colon + 1));
  }

  // Its exit code, or minus the signal.
  int end(int signal) {
    if (id_ <= 0) return 0;
    ::kill(id_, signal);
    return wait();
  }

  // Waits for its own end: its exit code.
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(id_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  void signal(int number) const { ::kill(id_, number); }

  // Returns when it stands still.
  void stand_still() const {
    ::kill(id_, SIGSTOP);
    int status = 0;
    ::waitpid(id_, &status, WUNTRACED);
  }
  void go_on() const { ::kill(id_, SIGCONT); }

  Result<Database> connect() const { return outboard::connect(url, {.token = "secret"}); }

  std::string url, error;
  int port = 0;

 private:
  pid_t id_ = 0;
};

}  // namespace outboard::cli
