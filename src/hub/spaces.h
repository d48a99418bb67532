// Spaces: the hub's part in sync, put together: a shard, the file that its log is in, and the keys
// that tokens are verified with. Whoever has the connections tells it what happens on them.
//
// Lives on one thread, the server's; only Host::wake is called from another.
#pragma once

#include "hub/log/sqlite_log.h"
#include "hub/space/shard.h"
#include "hub/tokens/token.h"

namespace outboard::hub {

struct SpacesOptions {
  std::filesystem::path log;  // made if it is not there
  std::vector<Key> keys = {};
  TokenRules rules = {};
};

class Spaces {
 public:
  struct Host {
    std::function<void(std::uint64_t connection, SharedFrame)> send;
    std::function<void(std::uint64_t connection)> close;  // once what was sent before is out
    std::function<void()> wake;                           // have log_ended() called
  };

  // As SqliteLog::open(). Borrows the platform.
  static Result<std::unique_ptr<Spaces>> open(Platform& platform, SpacesOptions options, Host host);

  // As those of Shard.
  void opened(std::uint64_t connection);
  void received(std::uint64_t connection, ByteView frame);
  void closed(std::uint64_t connection);
  void drain(std::int64_t reconnect_after_ms);
  void tick();
  std::int64_t next_tick_ms() const { return shard_.next_tick_ms(); }
  std::size_t connections() const { return shard_.connections(); }

  void log_ended();

  // The log is to be verified: this process can do nothing more for it (Y16).
  bool is_broken() const { return shard_.is_broken(); }

 private:
  Spaces(Platform& platform, SpacesOptions options, std::unique_ptr<SqliteLog> log, Host host);
  Result<Claim> authorise(std::string_view token, std::string_view space);
  void act();

  Platform& platform_;
  const SpacesOptions options_;
  const Host host_;
  std::unique_ptr<SqliteLog> log_;
  Shard shard_;
};

}  // namespace outboard::hub
