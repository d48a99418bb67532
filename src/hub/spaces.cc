#include "hub/spaces.h"

namespace outboard::hub {

Result<std::unique_ptr<Spaces>> Spaces::open(Platform& platform, SpacesOptions options, Host host) {
  auto log = TRY(SqliteLog::open(options.log, host.wake));
  return std::unique_ptr<Spaces>(
      new Spaces(platform, std::move(options), std::move(log), std::move(host)));
}

Spaces::Spaces(Platform& platform, SpacesOptions options, std::unique_ptr<SqliteLog> log, Host host)
    : platform_(platform),
      options_(std::move(options)),
      host_(std::move(host)),
      log_(std::move(log)),
      shard_(platform, *log_, [this](std::string_view token, std::string_view space) {
        return authorise(token, space);
      }) {}

Result<Claim> Spaces::authorise(std::string_view token, std::string_view space) {
  auto claims = TRY(read_token(token, options_.keys, options_.rules, platform_.wall_ms() / 1'000));
  return claim_of(claims, space);
}

void Spaces::opened(std::uint64_t connection) {
  shard_.opened(connection);
  act();
}

void Spaces::received(std::uint64_t connection, ByteView frame) {
  shard_.received(connection, frame);
  act();
}

void Spaces::closed(std::uint64_t connection) {
  shard_.closed(connection);
  act();
}

void Spaces::drain(std::int64_t reconnect_after_ms) {
  shard_.drain(reconnect_after_ms);
  act();
}

void Spaces::tick() {
  shard_.tick();
  act();
}

void Spaces::log_ended() {
  if (auto outcome = log_->take_outcome()) shard_.appended(*outcome);
  act();
}

void Spaces::act() {
  for (auto& action : shard_.take_actions()) {
    if (auto* send = std::get_if<SendShared>(&action))
      host_.send(send->connection, std::move(send->frame));
    else
      host_.close(std::get<CloseConnection>(action).connection);
  }
}

}  // namespace outboard::hub
