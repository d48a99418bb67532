// scenarios: runs tests/scenarios/*.test on a native host.
//
// Each scenario runs in a process of its own, which is ended after 20 seconds, so that one that
// hangs or crashes is a failure like any other.
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "parse.h"
#include "run.h"

namespace {

using namespace scenario;
using Clock = std::chrono::steady_clock;

constexpr auto time_limit = std::chrono::seconds(20);

constexpr char usage[] =
    "usage: scenarios [--host inline|thread|process|serve] [--storage file|memory] [--filter TEXT] "
    "PATH…\n"
    "  --host     where the engine runs (thread)\n"
    "  --storage  only that one; else each scenario runs with both\n"
    "  --filter   only scenarios with TEXT in their path or title\n"
    "  PATH       *.test files, or folders of them\n";

struct Arguments {
  outboard::Host host = outboard::Host::thread;
  Reach reach = Reach::own;
  std::vector<outboard::Storage> storages{outboard::Storage::file, outboard::Storage::memory};
  std::string filter;
  std::vector<std::string> paths;
};

struct Counts {
  int passed = 0, failed = 0, skipped = 0;
};

std::optional<Arguments> read_arguments(int count, char** words) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    std::string word = words[i], value;
    if (auto equals = word.find('='); word.starts_with("--") && equals != word.npos) {
      value = word.substr(equals + 1);
      word.resize(equals);
    } else if (word.starts_with("--")) {
      if (++i == count) return {};
      value = words[i];
    }
    if (word == "--host" && value == "inline")
      arguments.host = outboard::Host::on_caller;
    else if (word == "--host" && value == "thread")
      arguments.host = outboard::Host::thread;
    else if (word == "--host" && value == "process")
      arguments.host = outboard::Host::process;
    else if (word == "--host" && value == "serve")
      arguments.reach = Reach::served;
    else if (word == "--storage" && value == "file")
      arguments.storages = {outboard::Storage::file};
    else if (word == "--storage" && value == "memory")
      arguments.storages = {outboard::Storage::memory};
    else if (word == "--filter")
      arguments.filter = value;
    else if (word.starts_with("--"))
      return {};
    else
      arguments.paths.push_back(word);
  }
  if (arguments.paths.empty()) return {};
  return arguments;
}

std::optional<std::vector<std::string>> files_of(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (auto& path : paths) {
    std::error_code fault;
    if (!std::filesystem::is_directory(path, fault)) {
      if (!std::filesystem::exists(path, fault)) {
        std::fprintf(stderr, "scenarios: there is no %s\n", path.c_str());
        return {};
      }
      files.push_back(path);
      continue;
    }
    for (auto& entry : std::filesystem::recursive_directory_iterator(path)) {
      if (entry.path().extension() == ".test") files.push_back(entry.path().string());
    }
  }
  std::ranges::sort(files);
  return files;
}

void write_all(int to, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    auto written = write(to, text.data() + at, text.size() - at);
    if (written <= 0) return;
    at += static_cast<std::size_t>(written);
  }
}

// In the child: tells each line it comes to, then "=" for success or "!" and what differed.
[[noreturn]] void run_child(const Scenario& scenario, const Place& place, const std::string& folder,
                            int to) {
  auto found = run_scenario(scenario, place, folder,
                            [&](int line) { write_all(to, "@" + std::to_string(line) + "\n"); });
  write_all(to, found ? "!" + *found : "=");
  std::fflush(nullptr);
  std::exit(0);  // so that a sanitizer can still say what it found
}

// What the child told until it ended or its time was over.
std::string hear_child(int from, pid_t child) {
  std::string heard;
  char buffer[4096];
  auto deadline = Clock::now() + time_limit;
  while (true) {
    auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waiting{.fd = from, .events = POLLIN, .revents = 0};
    if (left <= 0 || poll(&waiting, 1, static_cast<int>(left)) == 0) {
      kill(child, SIGKILL);
      return heard + "?";
    }
    auto got = read(from, buffer, sizeof buffer);
    if (got <= 0) return heard;
    heard.append(buffer, static_cast<std::size_t>(got));
  }
}

std::optional<std::string> verdict_of(const std::string& heard, int status) {
  std::string line = "1";
  auto at = heard.find_first_of("=!?");
  if (auto last = heard.substr(0, at).rfind('@'); last != heard.npos)
    line = heard.substr(last + 1, heard.find('\n', last) - last - 1);
  bool ended_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (at != heard.npos && heard[at] == '!') return heard.substr(at + 1);
  if (at != heard.npos && heard[at] == '?') return ":" + line + ": not done after 20 seconds";
  if (at != heard.npos && ended_well) return {};
  auto how = WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "ended in the middle";
  return ":" + line + ": the process died: " + how;
}

// Runs it in a child process and a fresh folder; says what differed.
std::optional<std::string> run_apart(const Scenario& scenario, const Place& place) {
  auto folder = (std::filesystem::temp_directory_path() / "scenario-XXXXXX").string();
  int ends[2];
  if (!mkdtemp(folder.data()) || pipe(ends) != 0)
    return ":1: no temporary folder: " + std::string(strerror(errno));
  std::fflush(nullptr);
  auto child = fork();
  if (child == 0) {
    close(ends[0]);
    run_child(scenario, place, folder, ends[1]);
  }
  close(ends[1]);
  auto heard = hear_child(ends[0], child);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  std::filesystem::remove_all(folder);
  return verdict_of(heard, status);
}

// A scenario about the runner itself turns its outcome round.
std::optional<std::string> turned(const std::optional<std::string>& wanted,
                                  std::optional<std::string> found) {
  if (!wanted) return found;
  if (found && found->find(*wanted) != found->npos) return {};
  return ":1: it must fail with /" + *wanted + "/" +
         (found ? ", not: " + *found : ", but it passed");
}

class Runner {
 public:
  explicit Runner(Arguments arguments) : arguments_(std::move(arguments)) {}

  int run();

 private:
  void run_file(const std::string& path);
  void run_in(const Scenario& scenario, outboard::Storage storage);
  void count(const std::string& path, const char* place, const std::optional<std::string>& found);

  Arguments arguments_;
  Counts counts_;
};

void Runner::count(const std::string& path, const char* place,
                   const std::optional<std::string>& found) {
  if (!found) {
    ++counts_.passed;
    return;
  }
  ++counts_.failed;
  std::printf("failed (%s) %s%s\n", place, path.c_str(), found->c_str());
  std::fflush(stdout);
}

void Runner::run_in(const Scenario& scenario, outboard::Storage storage) {
  Place place{.host = arguments_.host, .reach = arguments_.reach, .storage = storage};
  if (reason_to_skip(scenario, place)) {
    ++counts_.skipped;
    return;
  }
  auto name = std::string(place.host_name()) + ", " + place.storage_name();
  count(scenario.path, name.c_str(), turned(scenario.must_fail, run_apart(scenario, place)));
}

void Runner::run_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  auto title = text.substr(0, text.find('\n'));
  if (path.find(arguments_.filter) == path.npos && title.find(arguments_.filter) == title.npos)
    return;
  auto parsed = parse_scenario(path, text);
  auto wanted = must_not_parse(text);
  if (wanted || !parsed) {
    auto found = parsed ? std::nullopt : std::optional(":" + parsed.error().message);
    return count(path, "parsing", turned(wanted, found));
  }
  for (auto storage : arguments_.storages) run_in(*parsed, storage);
}

int Runner::run() {
  auto files = files_of(arguments_.paths);
  if (!files) return 2;
  for (auto& file : *files) run_file(file);
  std::printf("%d passed, %d failed, %d skipped\n", counts_.passed, counts_.failed,
              counts_.skipped);
  return counts_.failed == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  auto arguments = read_arguments(count, words);
  if (!arguments) {
    std::fputs(usage, stderr);
    return 2;
  }
  return Runner(std::move(*arguments)).run();
}
