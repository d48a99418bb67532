#include "hosts.h"

#include <malloc.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

#include <outboard/connect.hpp>

#include "direct.h"
#include "echo.h"
#include "ping_pong.h"
#include "protocol/request.h"

namespace bench {

namespace {

using outboard::Bytes;
using outboard::Database;
using outboard::Host;

constexpr const char* point = "select title from note where id = ?";
constexpr int rows = 100'000;

template <class T>
T checked(outboard::Result<T> result) {
  if (result) {
    if constexpr (std::is_void_v<T>)
      return;
    else
      return std::move(*result);
  }
  std::fprintf(stderr, "bench: %s\n", to_string(result.error()).c_str());
  std::exit(1);
}

void make_notes(Database& db) {
  checked(db.exec("create table note(id integer primary key, title text)").get());
  checked(db.exec("insert into note with recursive i(v) as (select 0 union all select v + 1 from i "
                  "limit " +
                  std::to_string(rows) + ") select v, 'note number ' || v from i")
              .get());
}

// As many bytes as a point read travels as.
Bytes point_message() {
  Bytes message;
  outboard::request::write_exec(message, 1, {}, point);
  message.resize((message.size() + 16) / 8 * 8);
  return message;
}

// ---- Contenders ----

// Two queues and a thread between them, without an engine: each message is looked at and sent back.
class BareQueue {
 public:
  BareQueue() : other_([this] { work(); }) {}
  ~BareQueue() {
    push(there_, {});
    other_.join();
  }
  void send(Bytes message) { push(there_, std::move(message)); }
  Bytes next() { return pop(back_); }

 private:
  struct Queue {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Bytes> messages;
  };
  static void push(Queue& queue, Bytes message) {
    {
      std::lock_guard lock(queue.mutex);
      queue.messages.push_back(std::move(message));
    }
    queue.changed.notify_one();
  }
  static Bytes pop(Queue& queue) {
    std::unique_lock lock(queue.mutex);
    queue.changed.wait(lock, [&] { return !queue.messages.empty(); });
    auto message = std::move(queue.messages.front());
    queue.messages.pop_front();
    return message;
  }
  void work() {
    for (auto message = pop(there_); !message.empty(); message = pop(there_))
      push(back_, std::move(message));
  }

  Queue there_, back_;
  std::thread other_;
};

constexpr int window = 1'000;
constexpr long requests = 100'000;

template <class Ask>
long pipeline(Ask ask) {
  using Future = decltype(ask());
  std::deque<Future> under_way;
  for (long i = 0; i < requests; ++i) {
    under_way.push_back(ask());
    if (under_way.size() < window) continue;
    checked(under_way.front().get());
    under_way.pop_front();
  }
  for (auto& answer : under_way) checked(answer.get());
  return requests;
}

long pipeline_barely(BareQueue& queue, const Bytes& message) {
  for (long i = 0; i < requests; ++i) {
    queue.send(message);
    if (i >= window) (void)queue.next();
  }
  for (int i = 0; i < window; ++i) (void)queue.next();
  return requests;
}

template <class Trip>
std::function<double()> slowest_of_hundred(Trip trip) {
  return [trip] {
    std::vector<double> times(20'000);
    for (auto& time : times) {
      auto start = std::chrono::steady_clock::now();
      trip();
      time = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
                 .count();
    }
    auto at = times.begin() + static_cast<std::ptrdiff_t>(times.size() * 99 / 100);
    std::ranges::nth_element(times, at);
    return *at;
  };
}

// The command beside this program, serving a file.
class Served {
 public:
  explicit Served(const std::string& path) {
    std::string program =
        std::filesystem::read_symlink("/proc/self/exe").parent_path() / "outboard";
    int out[2];
    if (::pipe2(out, O_CLOEXEC) != 0) std::exit(1);
    process_ = ::fork();
    if (process_ == 0) {
      ::setenv("OUTBOARD_TOKEN", "bench", 1);
      ::dup2(out[1], 1);
      ::execl(program.c_str(), program.c_str(), "serve", path.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(out[1]);
    std::string line;
    for (char letter; ::read(out[0], &letter, 1) == 1 && letter != '\n';) line += letter;
    ::close(out[0]);
    auto begin = line.find("ws://");
    if (begin == line.npos) {
      std::fprintf(stderr, "bench: outboard serve said %s\n", line.c_str());
      std::exit(1);
    }
    url = line.substr(begin, line.find('"', begin) - begin);
  }
  ~Served() {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  std::string url;

 private:
  pid_t process_ = 0;
};

// Kilobytes of heap that each of these takes.
template <class Make>
double weigh(Make make) {
  constexpr std::size_t count = 20;
  std::vector<decltype(make(0))> kept;
  kept.push_back(make(0));  // what is made once
  auto before = ::mallinfo2();
  for (std::size_t i = 1; i <= count; ++i) kept.push_back(make(static_cast<int>(i)));
  auto after = ::mallinfo2();
  auto bytes = (after.uordblks + after.hblkhd) - (before.uordblks + before.hblkhd);
  return static_cast<double>(bytes) / count / 1'024;
}

// ---- Comparisons ----

constexpr long trips = 20'000;

template <class Trip>
std::function<long()> repeat(Trip trip) {
  return [trip] {
    for (long i = 0; i < trips; ++i) trip();
    return trips;
  };
}

void compare_threads(Report& report, const std::string& folder) {
  auto db = checked(outboard::open(folder + "/hosts-thread.db"));
  make_notes(db);
  auto message = point_message();
  BareQueue queue;
  report.compare(
      "100,000 requests, 1,000 under way", 1 / 0.8,
      {{"ping, on a thread", [&] { return pipeline([&] { return db.ping(); }); }},
       {"a bare queue of messages as long", [&] { return pipeline_barely(queue, message); }},
       {"exec of a point read, on a thread",
        [&] { return pipeline([&] { return db.exec({point, {42}}); }); }}});
  PingPong bare;
  report.compare("round trip, the slowest of a hundred (p99)", 1.5,
                 {{.name = "exec of a point read, awaited",
                   .measure = slowest_of_hundred([&] { checked(db.exec({point, {42}}).get()); })},
                  {.name = "a bare mutex and condition variable",
                   .measure = slowest_of_hundred([&] { bare.round_trip(); })}});

  auto read = [&] {
    for (long i = 0; i < trips; ++i) checked(db.exec({point, {i * 7'919 % rows}}).get());
    return trips;
  };
  report.compare(
      "20,000 point reads, awaited", 0,
      {{"while rows are written without a pause",
        [&] {
          std::atomic<bool> over{false};
          std::thread writer([&] {
            checked(db.exec("create table if not exists bulk(v)").get());
            while (!over)
              checked(db.exec("insert into bulk with recursive i(v) as (select 1 union all select "
                              "v + 1 from i limit 100000) select v from i")
                          .get());
          });
          auto count = read();
          over = true;
          writer.join();
          checked(db.exec("drop table bulk").get());
          return count;
        }},
       {"alone", read}});
}

void compare_processes(Report& report, const std::string& folder) {
  auto db = checked(outboard::open(folder + "/hosts-process.db", {.host = Host::process}));
  Served served(folder + "/hosts-served.db");
  auto far = checked(outboard::connect(served.url, {.token = "bench"}));
  make_notes(db);
  make_notes(far);
  auto message = point_message();
  SocketEcho echo;
  WebSocketEcho web_echo;
  report.compare(
      "round trip to a process", 1.5,
      {{"ping, Host::process", repeat([&] { checked(db.ping().get()); })},
       {"an echo over a socketpair", repeat([&] { echo.round_trip(message); })},
       {"exec of a point read", repeat([&] { checked(db.exec({point, {42}}).get()); })}});
  report.compare(
      "round trip to a server", 1.5,
      {{"ping, outboard serve", repeat([&] { checked(far.ping().get()); })},
       {"an echo over a WebSocket of Beast's", repeat([&] { web_echo.round_trip(message); })},
       {"exec of a point read", repeat([&] { checked(far.exec({point, {42}}).get()); })}});
}

void compare_weights(Report& report, const std::string& folder) {
  auto file = [&](const char* kind, int i) {
    return folder + "/" + kind + std::to_string(i) + ".db";
  };
  report.compare(
      "memory of an idle engine (kilobytes of heap, no time)", 0,
      {{.name = "an engine on a thread, one table read",
        .measure =
            [&] {
              return weigh([&](int i) {
                auto db = checked(outboard::open(file("idle", i)));
                checked(db.exec("create table if not exists t(v); select * from t").get());
                return db;
              });
            }},
       {.name = "a connection of SQLite's, one table read", .measure = [&] {
          return weigh([&](int i) {
            auto db = std::make_unique<Direct>(file("bare", i));
            db->run("create table if not exists t(v); select * from t");
            return db;
          });
        }}});
}

}  // namespace

void run_host_benches(Report& report, const std::string& folder) {
  compare_threads(report, folder);
  compare_processes(report, folder);
  compare_weights(report, folder);
}

}  // namespace bench
