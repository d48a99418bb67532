#include "worker/sidecar.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <system_error>

#include "base/limits.h"
#include "client/mailbox.h"
#include "worker/engine_thread.h"
#include "worker/message_socket.h"

namespace outboard {

namespace {

// What the engine says goes to the socket on a thread of its own: a client that reads slowly does
// not hold up the engine.
class ToClient : public EngineThread::Outlet {
 public:
  ToClient(int socket, std::chrono::milliseconds beat)
      : socket_(socket), beat_(beat), thread_([this] { work(); }) {}
  ~ToClient() override { finish(); }

  void deliver(Bytes message) override {
    waiting_bytes_ += message.size();
    messages_.push({MessageKind::protocol, std::move(message)});
  }
  void end(const std::string& why) override {
    messages_.push({MessageKind::failed, Bytes(why.begin(), why.end())});
  }
  // Waits while the client has much to read: it gets to ask for more when it has read.
  void wait_for_reader() const {
    for (auto bytes = waiting_bytes_.load(); bytes > limits::link_queued_bytes_max && !over_;
         bytes = waiting_bytes_.load())
      waiting_bytes_.wait(bytes);
  }

  // Writes what there is, and ends.
  void finish() {
    stop_ = true;
    messages_.nudge();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void work() {
    for (bool last = false; !last;) {
      auto next_beat = std::chrono::steady_clock::now() + beat_;
      messages_.wait(next_beat, stop_);
      last = stop_;
      if (messages_.is_empty() && !last) messages_.push({MessageKind::beat, {}});
      for (auto& message : messages_.take()) {
        bool written = !over_ && write_message(socket_, message.kind, message.body);
        waiting_bytes_ -= message.body.size() * (message.kind == MessageKind::protocol);
        waiting_bytes_.notify_all();
        if (message.kind == MessageKind::failed) written = false;
        if (written) continue;
        over_ = true;
        ::shutdown(socket_, SHUT_RDWR);  // the reader wakes up, and everything ends
      }
    }
  }

  int socket_;
  std::chrono::milliseconds beat_;
  Mailbox<SocketMessage> messages_;
  std::atomic<std::size_t> waiting_bytes_{0};
  std::atomic<bool> stop_{false}, over_{false};
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

int run_sidecar(int socket, std::chrono::milliseconds beat, const SetUpFunction& set_up) {
  ::signal(SIGINT, SIG_IGN);  // Ctrl-C is for the program: we end when it does
  ::signal(SIGPIPE, SIG_IGN);
  std::string_view build = OUTBOARD_BUILD;
  if (!write_message(socket, MessageKind::ready, bytes_of(build))) return 1;
  try {
    auto to_client = std::make_shared<ToClient>(socket, beat);
    EngineThread engine(set_up);
    auto client = engine.connect(to_client);
    bool well = pump(socket, engine, client, *to_client);
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
  // As ProcessHost starts it: sidecar --socket N --beat-ms N
  constexpr int words = 6;
  auto word = [&](int at) { return std::string_view(argv[at]); };
  if (argc != words || word(1) != "sidecar" || word(2) != "--socket" || word(4) != "--beat-ms")
    return std::nullopt;
  auto number = [&](int at, int& out) {
    auto text = word(at);
    auto* end = text.data() + text.size();
    return std::from_chars(text.data(), end, out).ptr == end && out > 0;
  };
  int socket = 0, beat_ms = 0;
  if (!number(3, socket) || !number(5, beat_ms)) return std::nullopt;
  return run_sidecar(socket, std::chrono::milliseconds(beat_ms), set_up);
}

}  // namespace outboard
