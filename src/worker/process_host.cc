#include "worker/process_host.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/limits.h"

namespace outboard {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// A process that is told to end closes its file first.
constexpr int close_patience_ms = 10'000;

// Between a process that was lost before it answered anything and the next one.
constexpr milliseconds first_pause{10}, longest_pause{1'000};

// Signs of life in the time that a process may be silent.
constexpr int beats_in_silence = 4;

int milliseconds_until(Clock::time_point when) {
  auto left = std::chrono::ceil<milliseconds>(when - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

}  // namespace

Result<std::unique_ptr<ProcessHost>> ProcessHost::start(ProcessOptions options) {
  auto program = TRY(find_command(options.program));
  Descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake)
    return fail(Code::unavailable, std::string("no event can be had: ") + std::strerror(errno),
                "close what is not needed, and try again");
  auto host = std::unique_ptr<ProcessHost>(
      new ProcessHost(std::move(program), std::move(options), std::move(wake)));
  auto child = TRY(host->start_process());
  try {
    host->thread_ = std::thread(
        [host = host.get(), child = std::move(child)]() mutable { host->work(std::move(child)); });
  } catch (const std::system_error& error) {
    return fail(Code::unavailable, std::string("no thread could be started: ") + error.what(),
                "close what is not needed, and try again");
  }
  return host;
}

Result<ChildProcess> ProcessHost::start_process() const {
  auto beat = std::max<std::int64_t>(options_.silence_max.count() / beats_in_silence, 1);
  return ChildProcess::start(
      program_, {"sidecar", "--socket", std::to_string(ChildProcess::inherited), "--beat-ms",
                 std::to_string(beat), "--stall-ms", std::to_string(options_.stall_max.count())});
}

void ProcessHost::work(ChildProcess first) {
  std::optional<ChildProcess> child(std::move(first));
  for (unsigned failures = 0;;) {
    std::string why;
    if (child) {
      process_ = child->id();
      has_answered_ = false;
      why = serve(*child);
      process_ = 0;
      set_writable(-1);
      if (why.empty()) return child->close(close_patience_ms);
      auto became = child->end();
      why = "its process was lost: " + (why == "it ended" ? became : why);
      child.reset();
    }
    failures = has_answered_ ? 0 : failures + 1;
    if (failures > options_.restarts_max) return give_up(why);
    lose(why);
    pause(failures, first_pause, longest_pause);
    {
      std::lock_guard lock(mutex_);
      if (stop_) return;
    }
    auto next = start_process();
    if (!next) return give_up(next.error().message);
    child.emplace(std::move(*next));
  }
}

// Carries messages to and fro until the process is lost, and says why; nothing: it is to end.
std::string ProcessHost::serve(ChildProcess& child) {
  MessageReader reader;
  bool is_ready = false;
  auto patience = options_.start_timeout;
  auto deadline = Clock::now() + patience;
  for (;;) {
    bool writes, reads = unread_bytes_ <= limits::link_queued_bytes_max;
    {
      std::lock_guard lock(mutex_);
      if (stop_) return "";
      // Nothing is written to a process that has not said what it is.
      writes = is_ready && !outbox_.is_empty();
    }
    pollfd waits[] = {{.fd = child.socket(), .events = 0, .revents = 0},
                      {.fd = wake_.get(), .events = POLLIN, .revents = 0}};
    if (reads) waits[0].events |= POLLIN;
    if (writes) waits[0].events |= POLLOUT;
    int ready = ::poll(waits, 2, milliseconds_until(deadline));
    if (ready < 0 && errno != EINTR) return std::string("poll: ") + std::strerror(errno);
    if (waits[1].revents) {
      std::uint64_t count = 0;
      (void)!::read(wake_.get(), &count, sizeof count);
    }
    if (waits[0].revents & (POLLIN | POLLHUP | POLLERR)) {
      auto open = reader.read_from(child.socket());
      bool was_ready = is_ready;
      auto taken = take_messages(reader, is_ready);
      if (is_ready && !was_ready) set_writable(child.socket());
      if (!taken) return taken.error().message;
      if (!open || !*open) return "it ended";
      patience = is_ready ? options_.silence_max : options_.start_timeout;
      deadline = Clock::now() + patience;
    }
    if (writes && (waits[0].revents & POLLOUT)) {
      std::lock_guard lock(mutex_);
      if (!outbox_.write_to(child.socket())) return "it ended";
    }
    if (!reads) deadline = Clock::now() + patience;  // its signs of life are not looked at
    if (Clock::now() < deadline) continue;
    return "it gave no sign of life for " + std::to_string(patience.count()) + " ms";
  }
}

// Fails if the process says that it does.
Result<bool> ProcessHost::take_messages(MessageReader& reader, bool& is_ready) {
  while (auto message = TRY(reader.next())) {
    switch (message->kind) {
      case MessageKind::ready:
        if (text_of(message->body) != OUTBOARD_BUILD)
          return fail(Code::outdated,
                      program_ + " is of another build: " + std::string(text_of(message->body)));
        is_ready = true;
        break;
      case MessageKind::protocol:
        has_answered_ = true;
        unread_bytes_ += message->body.size();
        to_client_.push(std::move(message->body));
        break;
      case MessageKind::beat: break;
      case MessageKind::failed:
        return fail(Code::worker_lost, "the engine failed: " + std::string(text_of(message->body)));
    }
  }
  return true;
}

void ProcessHost::set_writable(int socket) {
  std::lock_guard lock(mutex_);
  writable_ = socket;
}

void ProcessHost::lose(const std::string& why) {
  tell_lost(why, [&] { outbox_.clear(); });
}

void ProcessHost::give_up(const std::string& why) {
  RecoveringLink::give_up({Code::worker_lost, "the engine was given up: " + why,
                           "see what it says on stderr, and open the database again"});
  std::lock_guard lock(mutex_);
  outbox_.clear();
}

void ProcessHost::send(Bytes message) {
  {
    std::lock_guard lock(mutex_);
    if (!accepts_) return;
    outbox_.push(MessageKind::protocol, std::move(message));
    // What the socket takes at once saves waking the thread, which notices if it is broken.
    if (writable_ >= 0 && outbox_.write_to(writable_) && outbox_.is_empty()) return;
  }
  wake();
}

std::vector<Link::Arrival> ProcessHost::take() {
  auto arrivals = to_client_.take();
  std::size_t bytes = 0;
  for (auto& arrival : arrivals)
    if (auto* message = std::get_if<Bytes>(&arrival)) bytes += message->size();
  if (bytes > 0 && unread_bytes_.fetch_sub(bytes) > limits::link_queued_bytes_max) wake();
  return arrivals;
}

bool ProcessHost::has_room() const {
  std::lock_guard lock(mutex_);
  return outbox_.bytes() <= limits::link_queued_bytes_max;
}

void ProcessHost::wake() {
  std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);
}

void ProcessHost::close() {
  {
    std::lock_guard lock(mutex_);
    stop_locked();
  }
  wake();
  if (thread_.joinable()) thread_.join();
}

}  // namespace outboard
