#include "engine/core.h"

#include <ranges>

namespace outboard {

Bytes Core::take_output(ClientId client) {
  auto found = outputs_.find(client);
  return found == outputs_.end() ? Bytes() : std::exchange(found->second, {});
}

void Core::acknowledge(ClientId client, std::uint64_t id, std::size_t from) {
  acknowledged_.push_back({client, id, from, output(client).size()});
}

void Core::retract_turn(const Error& why) {
  for (auto& answer : std::views::reverse(acknowledged_)) {
    auto& out = output(answer.client);
    out.erase(out.begin() + static_cast<std::ptrdiff_t>(answer.from),
              out.begin() + static_cast<std::ptrdiff_t>(answer.to));
  }
  for (auto& answer : std::exchange(acknowledged_, {})) reply_error(answer.client, answer.id, why);
}

void Core::reply_error(ClientId client, std::uint64_t id, const Error& error) {
  write_error_frame(output(client), id, head(), error);
}

}  // namespace outboard
