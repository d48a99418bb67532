#include "served.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include <outboard/connect.hpp>

namespace scenario {

namespace {

using outboard::Code;
using outboard::Error;

std::string read_line(int from) {
  std::string line;
  for (char letter; ::read(from, &letter, 1) == 1 && letter != '\n';) line += letter;
  return line;
}

}  // namespace

void Served::end() {
  if (process_ <= 0) return;
  ::kill(process_, SIGTERM);
  ::waitpid(std::exchange(process_, 0), nullptr, 0);
}

outboard::Result<outboard::Database> Served::start(const std::string& path,
                                                   outboard::Storage storage) {
  end();
  std::string program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "outboard";
  std::vector<std::string> words{program, "serve", path};
  if (storage == outboard::Storage::memory) words.push_back("--memory");
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  int out[2];
  if (::pipe2(out, O_CLOEXEC) != 0) return Error{Code::unavailable, "no pipe", ""};
  process_ = ::fork();
  if (process_ == 0) {
    ::dup2(out[1], 1);
    ::close(2);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(out[1]);
  auto ready = nlohmann::json::parse(read_line(out[0]), nullptr, false);
  ::close(out[0]);
  if (!ready.is_object()) return Error{Code::unavailable, "the server said nothing", ""};
  if (ready.contains("error")) {
    auto& error = ready["error"];
    return Error{outboard::code_of(std::string(error["code"])).value_or(Code::internal),
                 error["message"], error["hint"]};
  }
  return outboard::connect(ready["url"], {.token = ready["token"]});
}

}  // namespace scenario
