#include "worker/sidecar.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#include "base/limits.h"
#include "worker/engine_thread.h"
#include "worker/message_socket.h"
#include "worker/stall_watch.h"

namespace outboard {

namespace {

// What the engine says goes to the socket: at once, as much as that takes; the rest on a thread of
// its own, so that a client that reads slowly does not hold up the engine.
class ToClient : public EngineThread::Outlet {
 public:
  ToClient(int socket, const SidecarOptions& options)
      : socket_(socket),
        beat_(options.beat),
        watch_(options.stall_max),
        thread_([this] { work(); }) {}
  ~ToClient() override { finish(); }

  // Until finish(). The other side hears of it if that engine gets stuck.
  void watch(const EngineThread& engine) { watched_ = &engine; }

  void deliver(Bytes message) override {
    std::lock_guard lock(mutex_);
    push(MessageKind::protocol, std::move(message));
  }
  void end(const std::string& why) override {
    std::lock_guard lock(mutex_);
    push(MessageKind::failed, Bytes(why.begin(), why.end()));
  }
  // Waits while the client has much to read: it gets to ask for more when it has read.
  void wait_for_reader() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return over_ || outbox_.bytes() <= limits::link_queued_bytes_max; });
  }

  // Writes what there is, and ends.
  void finish() {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

 private:
  // These with the lock held.
  void push(MessageKind kind, Bytes body) {
    if (over_) return;
    outbox_.push(kind, std::move(body));
    has_failed_ |= kind == MessageKind::failed;
    write();
    if (!outbox_.is_empty()) changed_.notify_all();
  }
  void write() {
    bool is_gone = !outbox_.write_to(socket_);
    if (is_gone || (has_failed_ && outbox_.is_empty())) {
      over_ = true;
      outbox_.clear();
      ::shutdown(socket_, SHUT_RDWR);  // the reader wakes up, and everything ends
    }
    if (over_ || outbox_.bytes() <= limits::link_queued_bytes_max) changed_.notify_all();
  }
  void look() {
    auto* engine = watched_.load();
    if (!engine || stop_ || has_failed_ || !watch_.has_stalled(*engine)) return;
    auto why = watch_.why();
    push(MessageKind::failed, Bytes(why.begin(), why.end()));
  }

  void work() {
    std::unique_lock lock(mutex_);
    while (!over_ && !(stop_ && outbox_.is_empty())) {
      look();
      if (outbox_.is_empty()) {
        auto has_work = [&] { return stop_ || over_ || !outbox_.is_empty(); };
        if (!changed_.wait_for(lock, beat_, has_work)) push(MessageKind::beat, {});
      } else {
        lock.unlock();
        pollfd takes_more = {.fd = socket_, .events = POLLOUT, .revents = 0};
        (void)::poll(&takes_more, 1, static_cast<int>(beat_.count()));
        lock.lock();
        write();
      }
    }
  }

  const int socket_;
  const std::chrono::milliseconds beat_;
  StallWatch watch_;
  std::atomic<const EngineThread*> watched_{nullptr};

  std::mutex mutex_;  // guards what is below; held for moments
  std::condition_variable changed_;
  MessageWriter outbox_;
  bool stop_ = false, over_ = false, has_failed_ = false;
  std::thread thread_;
};

// Reads until the socket is closed. True: that is the end as it should be.
bool pump(int socket, EngineThread& engine, std::uint64_t client, ToClient& to_client) {
  MessageReader reader;
  for (;;) {
    auto open = reader.read_from(socket);
    if (!open || !*open) return !engine.figures().is_lost;
    for (;;) {
      auto message = reader.next();
      if (!message) return false;
      if (!*message) break;
      engine.forward(client, std::move((*message)->body));
    }
    to_client.wait_for_reader();
    engine.wait_for_room(limits::link_queued_bytes_max);
  }
}

}  // namespace

int run_sidecar(int socket, const SidecarOptions& options, const SetUpFunction& set_up) {
  ::signal(SIGINT, SIG_IGN);  // Ctrl-C is for the program: we end when it does
  ::signal(SIGPIPE, SIG_IGN);
  std::string_view build = OUTBOARD_BUILD;
  if (!write_message(socket, MessageKind::ready, bytes_of(build))) return 1;
  try {
    auto to_client = std::make_shared<ToClient>(socket, options);
    EngineThread engine(set_up);
    to_client->watch(engine);
    auto client = engine.connect(to_client);
    bool well = pump(socket, engine, client, *to_client);
    if (!well) to_client->end("its client sent what is no message");  // unless it said why before
    engine.stop();
    to_client->finish();
    return well ? 0 : 1;
  } catch (const std::system_error& error) {  // of a thread that could not be started
    std::string_view why = error.what();
    (void)write_message(socket, MessageKind::failed, bytes_of(why));
    return 1;
  }
}

std::optional<int> run_if_sidecar(int argc, char** argv, const SetUpFunction& set_up) {
  // As ProcessHost starts it: sidecar --socket N --beat-ms N --stall-ms N
  constexpr int words = 8;
  auto word = [&](int at) { return std::string_view(argv[at]); };
  if (argc != words || word(1) != "sidecar" || word(2) != "--socket" || word(4) != "--beat-ms" ||
      word(6) != "--stall-ms")
    return std::nullopt;
  auto number = [&](int at, int& out) {
    auto text = word(at);
    auto* end = text.data() + text.size();
    return std::from_chars(text.data(), end, out).ptr == end && out > 0;
  };
  int socket = 0, beat_ms = 0, stall_ms = 0;
  if (!number(3, socket) || !number(5, beat_ms) || !number(7, stall_ms)) return std::nullopt;
  using std::chrono::milliseconds;
  return run_sidecar(socket, {.beat = milliseconds(beat_ms), .stall_max = milliseconds(stall_ms)},
                     set_up);
}

}  // namespace outboard
