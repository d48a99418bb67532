#include "engine/outcomes.h"

#include <algorithm>

#include "base/limits.h"

namespace outboard {

namespace {
// Old entries are thrown away so many at a time.
constexpr std::uint64_t notes_between_sweeps = 1'000;
}  // namespace

void Outcomes::attach(Store* store) {
  store_ = store;
  for (auto& [id, client] : clients_) client = {.name = client.name};
}

std::optional<ClientId> Outcomes::predecessor(ClientId client) const {
  auto self = clients_.find(client);
  if (self == clients_.end()) return std::nullopt;
  for (auto& [id, other] : clients_)
    if (id != client && other.name == self->second.name) return id;
  return std::nullopt;
}

Result<std::uint64_t> Outcomes::newest(Client& client) {
  if (!client.newest) client.newest = TRY(store_->outcomes().newest(client.name));
  return *client.newest;
}

Result<std::optional<Outcomes::Entry>> Outcomes::find(ClientId id, std::uint64_t n) {
  auto& client = clients_.at(id);
  if (n > TRY(newest(client))) return std::optional<Entry>();
  return store_->outcomes().find(client.name, n);
}

Result<std::vector<Outcome>> Outcomes::outcomes_of(ClientId id,
                                                   std::span<const std::uint64_t> numbers) {
  std::vector<Outcome> outcomes;
  for (auto n : numbers) {
    auto entry = TRY(find(id, n));
    if (entry) {
      outcomes.push_back(entry->state == OutcomeTable::State::begun ? Outcome::unknown
                                                                    : Outcome::applied);
    } else {
      auto newest = clients_.at(id).newest.value_or(0);
      bool thrown_away = newest >= limits::outcomes_kept && n <= newest - limits::outcomes_kept;
      outcomes.push_back(thrown_away ? Outcome::unknown : Outcome::not_applied);
    }
  }
  return outcomes;
}

Outcomes::Entry Outcomes::entry(ClientId client, std::uint64_t n, const Bytes& answer) {
  bool keeps_answer = !answer.empty() && answer.size() <= limits::kept_answer_bytes_max;
  return {.client = clients_.at(client).name,
          .n = n,
          .at_ms = platform_.wall_ms(),
          .state = keeps_answer ? OutcomeTable::State::with_answer : OutcomeTable::State::applied,
          .answer = keeps_answer ? answer : Bytes()};
}

Result<void> Outcomes::note(ClientId client, std::uint64_t n, const Bytes& answer) {
  return put(client, entry(client, n, answer));
}

Result<void> Outcomes::note_begun(ClientId client, std::uint64_t n) {
  auto begun = entry(client, n, {});
  begun.state = OutcomeTable::State::begun;
  return put(client, begun);
}

Result<void> Outcomes::put(ClientId id, const Entry& entry) {
  auto& client = clients_.at(id);
  auto& table = store_->outcomes();
  bool first = TRY(newest(client)) == 0;
  TRY(table.put(entry));
  client.newest = std::max(*client.newest, entry.n);
  if (first) TRY(table.keep_clients(limits::outcome_clients_max));
  if (++client.noted < notes_between_sweeps) return {};
  client.noted = 0;
  if (*client.newest <= limits::outcomes_kept) return {};
  return table.erase_up_to(client.name, *client.newest - limits::outcomes_kept);
}

void Outcomes::take_back(ClientId id, std::uint64_t n) {
  (void)store_->outcomes().erase(clients_.at(id).name, n);
}

void Outcomes::forget(ClientId id) {
  auto client = clients_.find(id);
  if (client == clients_.end() || !store_ || client->second.newest.value_or(0) == 0) return;
  (void)store_->outcomes().erase_up_to(client->second.name, *client->second.newest);
  client->second.newest = 0;
}

}  // namespace outboard
