#include "worker/engine_thread.h"

#include <map>
#include <new>
#include <utility>

#include "base/assert.h"
#include "client/mailbox.h"
#include "client/no_waiting.h"
#include "engine/engine.h"
#include "worker/native_platform.h"
#include "worker/set_up.h"
#include "worker/taken_back.h"

namespace outboard {

namespace {

// A request of one of many clients, for TakenBack.
std::uint64_t key_of(std::uint64_t client, std::uint64_t id) { return client << 44 ^ id; }

// What happened to a client: its outlet came, a message came, or (with neither) it goes. Of client
// 0, which is nobody: somebody waits for the engine to settle.
struct Event {
  std::uint64_t client = 0;
  std::shared_ptr<EngineThread::Outlet> outlet = nullptr;
  Bytes message = {};
};

struct Guest {
  ClientId id = 0;
  std::shared_ptr<EngineThread::Outlet> outlet;
};

// Which of its requests a message takes back.
template <class Taken>
void each_cancel(const Bytes& message, Taken taken) {
  FrameReader frames(message);
  for (;;) {
    auto frame = frames.next();
    if (!frame || !*frame) return;
    std::uint64_t id = 0;
    auto envelope = read_envelope((*frame)->head, id);
    if (envelope && envelope->kind == FrameKind::cancel) taken(id);
  }
}

// A message with nothing but a cancel frame is short; one that is longer is worked on soon enough.
constexpr std::size_t cancel_bytes_max = 256;

}  // namespace

struct EngineThread::Shared {
  Mailbox<Event> events;
  TakenBack taken_back;
  std::atomic<std::uint64_t> last_client{0};
  std::atomic<std::size_t> waiting_bytes{0};
  std::atomic<bool> stop{false};
  std::atomic<bool> over{false};    // the engine does nothing any more
  std::atomic<bool> parked{false};  // and its thread stands still for ever
  std::atomic<std::uint64_t> settle_asked{0}, settle_done{0};
  std::atomic<std::uint64_t> clients{0}, messages{0}, message_bytes{0}, turns{0}, polls{0};
  std::atomic<bool> waits{false};

  // The engine's thread's own.
  std::map<std::uint64_t, Guest> guests;
  std::map<ClientId, std::uint64_t> numbers;
  std::uint64_t settle_heard = 0;

  void lose(const std::string& why) {
    over = true;
    for (auto& [number, guest] : std::exchange(guests, {})) guest.outlet->end(why);
    waiting_bytes = 0;
    waiting_bytes.notify_all();
  }

  void take(Engine& engine, Event event) {
    waiting_bytes -= event.message.size();
    waiting_bytes.notify_all();
    if (event.client == 0) {
      ++settle_heard;
    } else if (event.outlet) {
      auto id = engine.connect();
      guests[event.client] = {id, std::move(event.outlet)};
      numbers[id] = event.client;
    } else if (auto guest = guests.find(event.client); guest == guests.end()) {
      return;  // it was dropped meanwhile
    } else if (event.message.empty()) {
      engine.disconnect(guest->second.id);
      numbers.erase(guest->second.id);
      guests.erase(guest);
    } else {
      ++messages;
      message_bytes += event.message.size();
      engine.receive(guest->second.id, std::move(event.message));
    }
    clients = guests.size();
  }

  void deliver(Engine& engine) {
    for (auto guest = guests.begin(); guest != guests.end();) {
      auto& [id, outlet] = guest->second;
      auto output = engine.take_output(id);
      if (!output.empty()) outlet->deliver(std::move(output));
      if (engine.is_connected(id)) {
        ++guest;
      } else {
        outlet->end("another connection of the same client took its place");
        numbers.erase(id);
        guest = guests.erase(guest);
        clients = guests.size();
      }
    }
  }
};

EngineThread::EngineThread(SetUpFunction set_up)
    : shared_(std::make_shared<Shared>()),
      thread_([shared = shared_, set_up = std::move(set_up)]() mutable {
        work(shared, std::move(set_up));
      }) {}

void EngineThread::work(const std::shared_ptr<Shared>& shared, SetUpFunction set_up) {
  set_assertion_handler(
      [](void* context, const char* sentence) {
        auto& lost = *static_cast<Shared*>(context);
        lost.parked = true;
        lost.lose(sentence);
        for (;;)
          std::this_thread::sleep_for(
              std::chrono::hours(1));  // never unwound: its state is not sound
      },
      shared.get());
  detail::NoWaiting here;  // for answers: they are made here
  try {
    NativePlatform platform;
    Engine engine(platform);
    give_set_up(engine, std::move(set_up));
    // A statement that calls slow functions gets on with each of them.
    engine.functions().set_watch(
        [&](const ApplicationFunction*) { shared->polls.fetch_add(1, std::memory_order_relaxed); });
    engine.set_cancelled([&](ClientId client, std::uint64_t id) {
      shared->polls.fetch_add(1, std::memory_order_relaxed);
      if (shared->stop.load(std::memory_order_relaxed)) return true;
      auto number = shared->numbers.find(client);
      return number != shared->numbers.end() &&
             shared->taken_back.holds(key_of(number->second, id));
    });
    while (!shared->stop) {
      for (auto& event : shared->events.take()) shared->take(engine, std::move(event));
      bool more = engine.run();
      ++shared->turns;
      shared->deliver(engine);
      if (more) continue;
      shared->settle_done = shared->settle_heard;
      std::optional<Mailbox<Event>::TimePoint> until;
      if (auto wake_at_us = engine.wake_at_us())
        until = Mailbox<Event>::TimePoint(
            std::chrono::duration_cast<Mailbox<Event>::TimePoint::duration>(
                std::chrono::microseconds(*wake_at_us + 1)));
      shared->waits = true;
      shared->events.wait(until, shared->stop);
      shared->waits = false;
    }
    for (auto& [number, guest] : shared->guests) engine.disconnect(guest.id);
    shared->lose("the engine was closed");
  } catch (const std::bad_alloc&) {
    shared->lose("there is no memory left");
  } catch (const std::exception& exception) {
    shared->lose(exception.what());
  }
}

std::uint64_t EngineThread::connect(std::shared_ptr<Outlet> outlet) {
  auto client = ++shared_->last_client;
  shared_->events.push({.client = client, .outlet = std::move(outlet)});
  return client;
}

void EngineThread::disconnect(std::uint64_t client) { shared_->events.push({.client = client}); }

void EngineThread::take_back(std::uint64_t client, std::uint64_t request) {
  shared_->taken_back.add(key_of(client, request));
}

void EngineThread::forward(std::uint64_t client, Bytes message) {
  if (message.size() <= cancel_bytes_max)
    each_cancel(message, [&](std::uint64_t id) { take_back(client, id); });
  send(client, std::move(message));
}

void EngineThread::send(std::uint64_t client, Bytes message) {
  if (message.empty()) return;
  shared_->waiting_bytes += message.size();
  shared_->events.push({.client = client, .message = std::move(message)});
}

std::size_t EngineThread::waiting_bytes() const { return shared_->waiting_bytes; }

void EngineThread::wait_for_room(std::size_t bytes) const {
  for (auto waiting = shared_->waiting_bytes.load(); waiting >= bytes && !shared_->over;
       waiting = shared_->waiting_bytes.load())
    shared_->waiting_bytes.wait(waiting);
}

void EngineThread::settle(std::chrono::milliseconds at_most) {
  auto mine = ++shared_->settle_asked;
  shared_->events.push({});
  auto deadline = std::chrono::steady_clock::now() + at_most;
  while (shared_->settle_done < mine && !shared_->over &&
         std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

EngineThread::Figures EngineThread::figures() const {
  return {.clients = shared_->clients,
          .messages = shared_->messages,
          .message_bytes = shared_->message_bytes,
          .turns = shared_->turns,
          .progress = shared_->turns + shared_->polls,
          .waits = shared_->waits,
          .is_lost = shared_->over && !shared_->stop};
}

void EngineThread::stop() {
  if (!thread_.joinable()) return;
  shared_->stop = true;
  shared_->events.nudge();
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!shared_->over && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  if (shared_->over && !shared_->parked) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

}  // namespace outboard
