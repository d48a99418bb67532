#include "worker/child_process.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>

extern char** environ;

namespace outboard {

namespace {

namespace fs = std::filesystem;

bool is_program(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

// The folders of the file that this code is in, and of the program that runs.
std::vector<fs::path> folders_nearby() {
  std::vector<fs::path> folders;
  Dl_info info{};
  if (::dladdr(reinterpret_cast<void*>(&find_command), &info) != 0 && info.dli_fname)
    folders.push_back(fs::path(info.dli_fname).parent_path());
  std::error_code error;
  auto self = fs::read_symlink("/proc/self/exe", error);
  if (!error) folders.push_back(self.parent_path());
  return folders;
}

std::string what_became(int status) {
  if (WIFSIGNALED(status)) {
    auto* name = ::sigdescr_np(WTERMSIG(status));
    return std::string("it was ended by a signal (") + (name ? name : "unknown") + ")";
  }
  return "it ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  close();
  number_ = std::exchange(other.number_, -1);
  return *this;
}

void Descriptor::close() {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

Result<ChildProcess> ChildProcess::start(const std::string& program,
                                         const std::vector<std::string>& arguments) {
  auto refuse = [&](int error) {
    return fail(error == ENOENT || error == EACCES ? Code::not_found : Code::unavailable,
                "cannot start " + program + ": " + std::strerror(error),
                "check the path and its permissions");
  };
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return refuse(errno);
  Descriptor ours(ends[0]), theirs(ends[1]);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, theirs.get(), inherited);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);

  // Signals that this program blocks or ignores are the child's own business.
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  pid_t id = 0;
  int error = ::posix_spawn(&id, program.c_str(), &actions, &attributes, words.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) return refuse(error);
  return ChildProcess(std::move(ours), id);
}

bool ChildProcess::has_ended() {
  if (id_ == 0) return true;
  auto got = ::waitpid(id_, &status_, WNOHANG);
  if (got == 0) return false;
  id_ = 0;
  return true;
}

std::string ChildProcess::end() {
  if (!has_ended()) {
    ::kill(id_, SIGKILL);
    while (::waitpid(id_, &status_, 0) < 0 && errno == EINTR) {
    }
    id_ = 0;
  }
  socket_.close();
  return what_became(status_);
}

void ChildProcess::close(int patience_ms) {
  socket_.close();
  for (int waited_ms = 0; !has_ended() && waited_ms < patience_ms; ++waited_ms) ::usleep(1'000);
  (void)end();
}

Result<std::string> find_command(const std::string& wanted) {
  if (!wanted.empty()) {
    if (is_program(wanted)) return wanted;
    return fail(Code::not_found, wanted + " is not a program that can be started",
                "name the `outboard` command in the options of open()");
  }
  for (auto& folder : folders_nearby())
    if (is_program(folder / "outboard")) return (folder / "outboard").string();
  const char* variable = std::getenv("PATH");
  std::string_view path = variable ? variable : "";
  while (!path.empty()) {
    auto colon = std::min(path.find(':'), path.size());
    fs::path folder(path.substr(0, colon));
    if (!folder.empty() && is_program(folder / "outboard")) return (folder / "outboard").string();
    path.remove_prefix(std::min(colon + 1, path.size()));
  }
  return fail(Code::not_found, "the `outboard` command is neither beside this program nor on PATH",
              "install it, or name it in the options of open()");
}

}  // namespace outboard
