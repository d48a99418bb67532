// outboard serve: one database for many programs of this machine, over WebSocket, with a token.

#include <sys/random.h>

#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "cli/command.h"
#include "net/socket_server.h"
#include "protocol/reply.h"
#include "protocol/request.h"
#include "worker/engine_thread.h"

namespace outboard::cli {

namespace {

struct ServeArguments {
  std::string file;
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::string socket;
  std::string token_file;
  std::vector<std::string> origins, hosts;
  bool memory = false;
};

Result<std::string> token_from(const ServeArguments& arguments) {
  if (const char* given = std::getenv("OUTBOARD_TOKEN"); given && *given) return std::string(given);
  if (!arguments.token_file.empty()) {
    std::string token;
    std::ifstream file(arguments.token_file);
    if (!std::getline(file, token) || token.empty())
      return fail(Code::not_found, "there is no token in " + arguments.token_file,
                  "write one into its first line, or leave the option out");
    return token;
  }
  std::uint8_t random[32];
  if (::getrandom(random, sizeof random, 0) != sizeof random)
    return fail(Code::unavailable, "the system gives no randomness", "give a token of your own");
  return to_hex(random);
}

// The engine's side of one connection.
class Outlet : public EngineThread::Outlet {
 public:
  using Deliver = std::function<void(Bytes)>;
  using End = std::function<void(const std::string&)>;
  Outlet(Deliver deliver, End end) : deliver_(std::move(deliver)), end_(std::move(end)) {}
  void deliver(Bytes message) override { deliver_(std::move(message)); }
  void end(const std::string& why) override { end_(why); }

 private:
  Deliver deliver_;
  End end_;
};

// Opens the database for as long as the server runs: what clients ask for in their `open` does not
// choose a file.
class Keeper {
 public:
  Result<void> open(EngineThread& engine, const ServeArguments& arguments) {
    auto outlet = std::make_shared<Outlet>(
        [this](Bytes message) { take(std::move(message)); },
        [this](const std::string& why) { take_end(fail(Code::worker_lost, why)); });
    auto client = engine.connect(outlet);
    Bytes message;
    request::write_hello(message, 1);
    request::write_open(message, 2, {},
                        {.path = arguments.file,
                         .name = {},
                         .storage = arguments.memory ? Storage::memory : Storage::file});
    engine.send(client, std::move(message));
    std::unique_lock lock(mutex_);
    came_.wait(lock, [&] { return opened_.has_value(); });
    return *opened_;
  }

 private:
  void take(Bytes message) {
    FrameReader frames(message);
    for (auto frame = frames.next(); frame && *frame; frame = frames.next()) {
      std::uint64_t id = 0;
      auto envelope = read_envelope((*frame)->head, id);
      if (!envelope || id != 2) continue;
      take_end(envelope->kind == FrameKind::error ? Result<void>(read_error(envelope->body))
                                                  : Result<void>());
    }
  }
  void take_end(Result<void> result) {
    std::lock_guard lock(mutex_);
    if (!opened_) opened_ = std::move(result);
    came_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable came_;
  std::optional<Result<void>> opened_;
};

// The server, as soon as it is there: connections may come before it is told where it is.
net::SocketServer* loaded(const std::atomic<net::SocketServer*>& server) {
  server.wait(nullptr);
  return server;
}

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

Result<void> serve(const ServeArguments& arguments) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // of all threads: sigwait() takes them
  std::signal(SIGPIPE, SIG_IGN);

  auto token = TRY(token_from(arguments));
  Keeper keeper;
  EngineThread engine;
  TRY(keeper.open(engine, arguments));

  // Which client of the engine a connection is: the server's thread's own.
  std::map<net::SocketServer::Client, std::uint64_t> clients;
  std::atomic<net::SocketServer*> server{nullptr};
  net::SocketServer::Handlers handlers{
      .opened =
          [&](net::SocketServer::Client id) {
            auto outlet = std::make_shared<Outlet>(
                [&server, id](Bytes message) { loaded(server)->send(id, std::move(message)); },
                [&server, id](const std::string& why) { loaded(server)->drop(id, why); });
            clients[id] = engine.connect(outlet);
          },
      .received = [&](net::SocketServer::Client id,
                      Bytes message) { engine.send(clients[id], std::move(message)); },
      .closed =
          [&](net::SocketServer::Client id) {
            engine.disconnect(clients[id]);
            clients.erase(id);
          },
      .may_read = [&] { return engine.waiting_bytes() < limits::link_queued_bytes_max; },
      .metrics = [&] { return metrics_of(engine); },
  };
  auto started = TRY(net::SocketServer::start({.address = arguments.address,
                                               .port = arguments.port,
                                               .unix_path = arguments.socket,
                                               .token = token,
                                               .origins = arguments.origins,
                                               .hosts = arguments.hosts},
                                              std::move(handlers)));
  server = started.get();

  nlohmann::json ready = {{"url", started->url()}, {"token", token}, {"build", OUTBOARD_BUILD}};
  std::printf("%s\n", ready.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  std::fflush(stdout);
  int taken = 0;
  sigwait(&signals, &taken);
  started->stop();
  engine.stop();  // before the server goes: it is told what the engine says
  return {};
}

// A program that started this one reads a line either way.
Result<void> run(const ServeArguments& arguments) {
  auto served = serve(arguments);
  if (served) return served;
  auto& [code, message, hint, outcome] = served.error();
  nlohmann::json failed = {
      {"error", {{"code", name_of(code)}, {"message", message}, {"hint", hint}}}};
  std::printf("%s\n",
              failed.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  std::fflush(stdout);
  return served;
}

}  // namespace

Command add_serve_command(CLI::App& outboard) {
  auto* parser = outboard.add_subcommand("serve", "Serve a database to programs of this machine");
  auto arguments = std::make_shared<ServeArguments>();
  parser->add_option("FILE", arguments->file, "The database; made if there is none")->required();
  parser->add_option("--address", arguments->address, "An address of this machine alone")
      ->type_name("A")
      ->capture_default_str();
  parser->add_option("--port", arguments->port, "The port; 0 takes any free one")
      ->type_name("N")
      ->capture_default_str();
  parser->add_option("--socket", arguments->socket, "A Unix socket, instead of a port")
      ->type_name("PATH");
  parser
      ->add_option("--token-file", arguments->token_file,
                   "A file with the token (default: OUTBOARD_TOKEN, or a new one)")
      ->type_name("PATH");
  parser->add_option("--origin", arguments->origins, "Lets pages of this origin connect")
      ->type_name("O");
  parser->add_option("--host", arguments->hosts, "A name that it may be called by, with its port")
      ->type_name("H");
  parser->add_flag("--memory", arguments->memory, "Keep the database in memory");
  parser->footer(
      "Prints one line of JSON: url, token and build once it listens, or else error. /health says\n"
      "that it runs, /metrics (with the token) tells figures. SIGTERM ends it.");
  return {parser, [arguments] { return run(*arguments); }};
}

}  // namespace outboard::cli
