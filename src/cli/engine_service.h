// EngineService: one database, its engine and the server that programs and pages reach it by.
//
// Opens the database for as long as it lives: what clients ask for in their `open` does not choose
// another. Made, stopped and destroyed on one thread; the rest happens on the engine's and on the
// server's.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <outboard/options.hpp>

#include "net/socket_server.h"

namespace outboard::cli {

struct ServiceOptions {
  std::string path;  // with Storage::memory just a name
  Storage storage = Storage::file;
  Durability durability = Durability::process;
  std::chrono::milliseconds stall_max{60'000};
  net::SocketServerOptions server;
};

class EngineService {
 public:
  // Opens the database and lets clients in. Fails as opening and listening do. `lost` is called on
  // the engine's thread if the engine fails later on: all that is left to do then is to stop.
  static Result<std::unique_ptr<EngineService>> start(
      const ServiceOptions& options, std::function<void(const std::string& why)> lost);
  ~EngineService();
  EngineService(const EngineService&) = delete;
  EngineService& operator=(const EngineService&) = delete;

  // As SocketServer tells it.
  const std::string& url() const;

  // As SocketServer::renew_certificate().
  Result<void> renew_certificate();

  // Has the engine been at one step for longer than the options allow? To be asked now and then.
  Result<void> look();

  // Takes nothing more in, answers what was asked before (for limits::serve_settle_timeout_ms at
  // most), and closes connections and file. Twice is once.
  void stop();

 private:
  class Core;
  explicit EngineService(std::unique_ptr<Core> core);

  std::unique_ptr<Core> core_;
};

}  // namespace outboard::cli
