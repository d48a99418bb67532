// For tests only: the real command as a child process, on pipes or on a terminal. It lies beside
// the program that holds the tests.
#pragma once

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

namespace outboard::cli {

using Arguments = std::vector<std::string>;

inline std::filesystem::path command_path() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "outboard";
}

// In the child: becomes the program.
[[noreturn]] inline void become(std::filesystem::path program, Arguments arguments) {
  arguments.insert(arguments.begin(), program);
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (auto& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  ::execv(pointers[0], pointers.data());
  ::_exit(127);
}

class Process {
 public:
  ~Process() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void signal(int number) { ::kill(pid_, number); }
  pid_t pid() const { return pid_; }

  // Its exit code, or minus the signal that ended it: after 20 s, ours.
  int wait() {
    int status = 0;
    auto pid = std::exchange(pid_, -1);
    for (int i = 0; ::waitpid(pid, &status, WNOHANG) == 0; ++i, ::usleep(10'000))
      if (i == 2'000) ::kill(pid, SIGKILL);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 protected:
  Process() = default;
  pid_t pid_ = -1;
};

class Child : public Process {
 public:
  explicit Child(Arguments arguments, const std::filesystem::path& program = command_path()) {
    int in[2], out[2], error[2];
    EXPECT_EQ(::pipe2(in, O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(error, O_CLOEXEC), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(in[0], 0);
      ::dup2(out[1], 1);
      ::dup2(error[1], 2);
      become(program, std::move(arguments));
    }
    ::close(in[0]);
    ::close(out[1]);
    ::close(error[1]);
    in_ = in[1];
    out_ = out[0];
    error_ = error[0];
  }
  ~Child() {
    end_input();
    close_output();
    ::close(error_);
  }

  void write(std::string_view text) {
    EXPECT_EQ(::write(in_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void end_input() {
    if (in_ >= 0) ::close(std::exchange(in_, -1));
  }
  void close_output() {
    if (out_ >= 0) ::close(std::exchange(out_, -1));
  }
  std::string out_line() { return read(out_, '\n'); }
  std::string rest_of_out() { return read(out_, '\0'); }
  std::string rest_of_errors() { return read(error_, '\0'); }

 private:
  // Up to `end`, or to the end of the file, or for 20 s.
  static std::string read(int from, char end) {
    std::string text;
    pollfd readable = {from, POLLIN, 0};
    for (char letter; ::poll(&readable, 1, 20'000) == 1 && ::read(from, &letter, 1) == 1;) {
      text += letter;
      if (letter == end) break;
    }
    return text;
  }

  int in_ = -1;
  int out_ = -1;
  int error_ = -1;
};

// The command on a terminal of 80 columns.
class TerminalChild : public Process {
 public:
  explicit TerminalChild(Arguments arguments) {
    winsize size = {.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
    pid_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
    if (pid_ == 0) become(command_path(), std::move(arguments));
  }
  ~TerminalChild() { ::close(terminal_); }

  void type(std::string_view keys) {
    EXPECT_EQ(::write(terminal_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }

  // Waits until the line editor has the terminal: before, Ctrl-D is no key but the end of a line.
  void type_key(char key) {
    termios mode{};
    for (int i = 0; i < 2'000; ++i, ::usleep(10'000)) {
      EXPECT_EQ(::tcgetattr(terminal_, &mode), 0);
      if (!(mode.c_lflag & ICANON)) return type({&key, 1});
    }
    ADD_FAILURE() << "the line editor did not take the terminal";
  }

  // What came up to and with that text, or in 20 s.
  std::string until(std::string_view text) {
    std::string seen;
    pollfd readable = {terminal_, POLLIN, 0};
    for (char letter; ::poll(&readable, 1, 20'000) == 1 && ::read(terminal_, &letter, 1) == 1;) {
      seen += letter;
      if (seen.ends_with(text)) return seen;
    }
    ADD_FAILURE() << "\"" << text << "\" did not come, but: " << seen;
    return seen;
  }

 private:
  int terminal_ = -1;
};

// A run from its beginning to its end.
struct Outcome {
  int exit_code;
  std::string out;
  std::string errors;
};

inline Outcome run_command(const Arguments& arguments, std::string_view input = {}) {
  Child child(arguments);
  child.write(input);
  child.end_input();
  auto out = child.rest_of_out();
  auto errors = child.rest_of_errors();
  return {child.wait(), std::move(out), std::move(errors)};
}

inline std::string contents_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace outboard::cli
