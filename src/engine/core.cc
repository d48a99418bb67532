#include "engine/core.h"

#include <algorithm>

namespace outboard {

Bytes Core::take_output(ClientId client) {
  auto found = outputs_.find(client);
  turn_began_at_.erase(client);
  return found == outputs_.end() ? Bytes() : std::exchange(found->second, {});
}

void Core::begin_turn() {
  answered_.clear();
  for (auto& [client, out] : outputs_) turn_began_at_[client] = out.size();
}

void Core::retract_turn(const Error& why) {
  for (auto& [client, out] : outputs_) out.resize(std::min(out.size(), turn_began_at_[client]));
  auto answered = std::exchange(answered_, {});
  for (auto& [client, id] : answered) reply_error(client, id, why);
}

void Core::reply_error(ClientId client, std::uint64_t id, const Error& error) {
  write_error_frame(output(client), id, head(), error);
}

}  // namespace outboard
