#include "engine/core.h"

#include <ranges>

namespace outboard {

std::size_t Core::output_bytes(ClientId client) const {
  auto found = outputs_.find(client);
  return found == outputs_.end() ? 0 : found->second.size();
}

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

Result<void> Core::note(const Job& job, const Bytes& answer) {
  if (job.n == 0) return {};
  return outcomes.note(job.client, job.n, answer);
}

Result<void> Core::note_begun(const Job& job) {
  if (job.n == 0) return {};
  return outcomes.note_begun(job.client, job.n);
}

bool Core::answered_before(const Job& job) {
  if (job.n == 0) return false;
  auto kept = outcomes.find(job.client, job.n);
  if (!kept) return reply_error(job.client, job.id, kept.error()), true;
  if (!*kept) return false;
  auto& entry = **kept;
  if (entry.state == OutcomeTable::State::with_answer) {
    reply(job.client, job.id, [&](cbor::Writer& out) { out.encoded(entry.answer); });
  } else if (entry.state == OutcomeTable::State::applied) {
    reply_error(job.client, job.id,
                {Code::worker_lost, "the request was applied, but its answer is lost",
                 "read what it returned with a SELECT", Outcome::applied});
  } else {
    reply_error(job.client, job.id,
                {Code::worker_lost, "the script was begun, and nobody can tell how far it came",
                 "look at what is there; an atomic batch is all or nothing", Outcome::unknown});
  }
  return true;
}

void Core::reply_error(ClientId client, std::uint64_t id, const Error& error) {
  write_error_frame(output(client), id, head(), error);
}

}  // namespace outboard
