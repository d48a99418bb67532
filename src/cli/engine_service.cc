#include "cli/engine_service.h"

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>

#include "base/limits.h"
#include "protocol/reply.h"
#include "protocol/request.h"
#include "worker/engine_thread.h"
#include "worker/stall_watch.h"

namespace outboard::cli {

namespace {

// The engine's side of one connection.
class Outlet : public EngineThread::Outlet {
 public:
  Outlet(net::SocketServer& server, net::SocketServer::Client client)
      : server_(server), client_(client) {}
  void deliver(Bytes message) override { server_.send(client_, std::move(message)); }
  void end(const std::string& why) override { server_.drop(client_, why); }

 private:
  net::SocketServer& server_;
  net::SocketServer::Client client_;
};

// The client that keeps the database open.
class Keeper : public EngineThread::Outlet {
 public:
  explicit Keeper(std::function<void(const std::string&)> lost) : lost_(std::move(lost)) {}

  // Waits for the answer. Once, after connect().
  Result<void> open(EngineThread& engine, std::uint64_t client, const ServiceOptions& options) {
    Bytes message;
    request::write_hello(message, 1);
    request::write_open(message, open_id, {},
                        {.path = options.path,
                         .name = {},
                         .storage = options.storage,
                         .durability = options.durability});
    engine.send(client, std::move(message));
    std::unique_lock lock(mutex_);
    came_.wait(lock, [&] { return opened_.has_value(); });
    return *opened_;
  }

  void deliver(Bytes message) override {
    FrameReader frames(message);
    for (auto frame = frames.next(); frame && *frame; frame = frames.next()) {
      std::uint64_t id = 0;
      auto envelope = read_envelope((*frame)->head, id);
      if (!envelope || id != open_id) continue;
      bool failed = envelope->kind == FrameKind::error;
      take(failed ? Result<void>(read_error(envelope->body)) : Result<void>());
    }
  }
  void end(const std::string& why) override {
    if (!take(fail(Code::worker_lost, "the engine failed: " + why))) lost_(why);
  }

 private:
  static constexpr std::uint64_t open_id = 2;

  // False: that is known already.
  bool take(Result<void> result) {
    std::lock_guard lock(mutex_);
    if (opened_) return false;
    opened_ = std::move(result);
    came_.notify_all();
    return true;
  }

  std::function<void(const std::string&)> lost_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::optional<Result<void>> opened_;
};

std::string metrics_of(const EngineThread& engine) {
  auto figures = engine.figures();
  auto line = [](const char* name, const char* type, const char* help, std::uint64_t value) {
    return std::string("# HELP ") + name + " " + help + "\n# TYPE " + name + " " + type + "\n" +
           name + " " + std::to_string(value) + "\n";
  };
  return line("outboard_clients", "gauge", "Clients of the engine, its keeper included.",
              figures.clients) +
         line("outboard_messages_total", "counter", "Messages that the engine has taken.",
              figures.messages) +
         line("outboard_message_bytes_total", "counter", "Bytes of these.", figures.message_bytes) +
         line("outboard_turns_total", "counter", "Turns of the engine.", figures.turns) +
         line("outboard_waiting_bytes", "gauge", "Bytes that wait for the engine.",
              engine.waiting_bytes());
}

}  // namespace

class EngineService::Core {
 public:
  Core(std::unique_ptr<net::SocketServer> the_server, std::chrono::milliseconds stall_max)
      : server(std::move(the_server)), watch_(stall_max) {}
  ~Core() { stop(); }

  Result<void> start(const ServiceOptions& options, std::function<void(const std::string&)> lost);
  Result<void> look();
  void stop();

  const std::unique_ptr<net::SocketServer> server;

 private:
  net::SocketServer::Handlers handlers();

  std::map<net::SocketServer::Client, std::uint64_t> clients_;  // the server's thread's own
  EngineThread engine_;  // goes before what its outlets and the handlers refer to
  StallWatch watch_;
  std::atomic<bool> stopped_{false};
};

Result<void> EngineService::Core::start(const ServiceOptions& options,
                                        std::function<void(const std::string&)> lost) {
  auto keeper = std::make_shared<Keeper>([this, lost = std::move(lost)](const std::string& why) {
    if (!stopped_) lost(why);
  });
  TRY(keeper->open(engine_, engine_.connect(keeper), options));
  server->serve(handlers());
  return {};
}

net::SocketServer::Handlers EngineService::Core::handlers() {
  using Client = net::SocketServer::Client;
  return {
      .opened =
          [this](Client id) {
            clients_[id] = engine_.connect(std::make_shared<Outlet>(*server, id));
          },
      .received = [this](Client id,
                         Bytes message) { engine_.forward(clients_.at(id), std::move(message)); },
      .closed =
          [this](Client id) {
            engine_.disconnect(clients_.at(id));
            clients_.erase(id);
          },
      .may_read = [this] { return engine_.waiting_bytes() < limits::link_queued_bytes_max; },
      .metrics = [this] { return metrics_of(engine_); },
  };
}

Result<void> EngineService::Core::look() {
  if (!watch_.has_stalled(engine_)) return {};
  return fail(Code::worker_lost, "the engine is stuck: " + watch_.why(),
              "start the server again; what was acknowledged is there");
}

void EngineService::Core::stop() {
  if (stopped_.exchange(true)) return;
  server->stop_reading();
  engine_.settle(std::chrono::milliseconds(limits::serve_settle_timeout_ms));
  server->stop();
  engine_.stop();
}

Result<std::unique_ptr<EngineService>> EngineService::start(
    const ServiceOptions& options, std::function<void(const std::string& why)> lost) {
  auto server = TRY(net::SocketServer::listen(options.server));
  try {
    auto core = std::make_unique<Core>(std::move(server), options.stall_max);
    TRY(core->start(options, std::move(lost)));
    return std::unique_ptr<EngineService>(new EngineService(std::move(core)));
  } catch (const std::system_error& error) {
    return fail(Code::unavailable, std::string("no thread could be started: ") + error.what(),
                "close what is not needed, and try again");
  }
}

EngineService::EngineService(std::unique_ptr<Core> core) : core_(std::move(core)) {}
EngineService::~EngineService() = default;  // as stop()
const std::string& EngineService::url() const { return core_->server->url(); }
Result<void> EngineService::renew_certificate() { return core_->server->renew_certificate(); }
Result<void> EngineService::look() { return core_->look(); }
void EngineService::stop() { core_->stop(); }

}  // namespace outboard::cli
