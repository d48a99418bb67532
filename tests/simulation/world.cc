#include "world.h"

#include <cstdio>

#include "base/assert.h"
#include "world_parts.h"

namespace outboard::simulation {

World::World(std::uint64_t seed, Trace trace) : random_(seed), trace_(trace) {
  troubles_.copies = random_.one_in(2);
  troubles_.backups = random_.one_in(2);
  troubles_.expiry = random_.one_in(2);
  hub_platform_ = std::make_unique<PartyPlatform>(*this);
  log_ = std::make_unique<ToyLog>(
      ToyLog::World{.read_fails = [this] { return log_reads_fail_ && random_.one_in(3); },
                    .append_started =
                        [this] {
                          auto life = hub_life_;
                          at(random_.between(500, 30'000), [this, life] {
                            if (life != hub_life_) return;
                            bool fails = hub_appending_fails_ && random_.one_in(2);
                            end_append(fails ? hub::Appended::nothing : hub::Appended::stored);
                          });
                        },
                    .problem = [this](std::string what) { problem("log: " + what); }});
}

World::~World() = default;

Outcome World::run() {
  start_hub();
  auto parties = 2 + random_.below(2);
  for (std::size_t i = 0; i < parties; ++i) start_client(add_party());
  auto troubled_until = now_us_ + random_.between(60, 400) * second_us;
  run_until(troubled_until);
  heal();
  auto give_up_at = now_us_ + 1'800 * second_us;
  while (outcome_.problem.empty() && !is_settled()) {
    if (now_us_ >= give_up_at) {
      problem("L8: not settled half an hour after everything was well again");
      break;
    }
    run_until(now_us_ + second_us);
  }
  if (outcome_.problem.empty()) check_end();
  outcome_.entries = log_->state().empty() ? 0 : log_->state().begin()->second.entries.size();
  return outcome_;
}

// ---- Time ----

void World::at(std::int64_t delay_us, std::function<void()> what) {
  events_.emplace(now_us_ + delay_us, std::move(what));
}

void World::run_until(std::int64_t time_us) {
  while (!events_.empty() && events_.begin()->first <= time_us && outcome_.problem.empty()) {
    auto event = events_.extract(events_.begin());
    events_at_once_ = event.key() == now_us_ ? events_at_once_ + 1 : 0;
    if (events_at_once_ > 10'000) return problem("L8: somebody goes round in circles");
    now_us_ = event.key();
    ++outcome_.events;
    event.mapped()();
  }
  now_us_ = time_us;
}

std::string World::seconds() const {
  char text[32];
  std::snprintf(text, sizeof text, "%9.3f", static_cast<double>(now_us_) / 1e6);
  return text;
}

void World::note(const std::string& line) {
  for (char c : line) {
    outcome_.trace_hash ^= static_cast<std::uint8_t>(c);
    outcome_.trace_hash *= 1'099'511'628'211u;
  }
  if (trace_ == Trace::printed) std::printf("%s  %s\n", seconds().c_str(), line.c_str());
}

void World::problem(std::string what) {
  note("PROBLEM: " + what);
  if (outcome_.problem.empty()) outcome_.problem = std::move(what);
}

// ---- Replicas ----

World::Party& World::add_party() {
  auto made = std::make_unique<Party>(*this);
  auto& party = *made;
  party.number = parties_.size();
  auto* one = made.get();
  party.journal = std::make_unique<ToyJournal>(
      space_name, "ann", random_,
      ToyJournal::World{
          .wall_ms = [one] { return one->platform.wall_ms(); },
          .write_fails =
              [this, one] { return one->crash_is_due || (one->disk_fails && random_.one_in(2)); },
          .wrote =
              [this, one] {
                if (!healed_ && random_.one_in(400)) one->crash_is_due = true;
              },
          .hub_forgot = [this] { return backup_.has_value(); },
          .problem =
              [this, one](std::string what) {
                problem("replica " + std::to_string(one->number) + ": " + what);
              }});
  parties_.push_back(std::move(made));
  return party;
}

void World::start_client(Party& party) {
  ++party.life;
  sync::ClientOptions options{.space = space_name, .token = "good"};
  party.platform.random(options.instance);
  party.window_bytes = options.window_bytes = 200u << random_.below(12);
  party.client = std::make_unique<sync::Client>(party.platform, *party.journal, options);
  party.tick_ms = -1;
  note("replica " + std::to_string(party.number) + " starts at " +
       std::to_string(party.journal->state().position()));
  party.client->start();
  after_client(party);
  if (!healed_)
    at(random_.between(0, 2 * second_us), [this, &party, life = party.life] {
      if (party.life == life) something_happens(party);
    });
}

// The process is gone, and of its disk what was not flushed. It comes back.
void World::crash_client(Party& party) {
  note("replica " + std::to_string(party.number) + " crashes");
  ++party.life;
  party.client.reset();
  party.crash_is_due = false;
  party.journal->crash();
  for (auto& wire : wires_)
    if (wire->party == &party && wire->client_open) close_from_client(*wire);
  at(random_.between(0, 20 * second_us), [this, &party] {
    if (!party.client) start_client(party);
  });
}

// ---- The hub ----

Result<hub::Claim> World::authorise(std::string_view token) {
  if (hooks_are_away_)
    return outboard::fail(Code::unavailable, "the key set cannot be fetched", "wait");
  if (token != "good") return outboard::fail(Code::denied, "no such token", "sign in");
  auto lasts_ms = healed_ ? 0 : random_.between(30'000, 300'000);
  return hub::Claim{
      .subject = "ann",
      .rights = sync::rights::read | sync::rights::write | sync::rights::message,
      .expires_ms = healed_ || !troubles_.expiry ? 0 : hub_platform_->wall_ms() + lasts_ms};
}

void World::start_hub() {
  ++hub_life_;
  hub_tick_ms_ = -1;
  shard_ = std::make_unique<hub::Shard>(
      *hub_platform_, *log_,
      [this](std::string_view token, std::string_view) { return authorise(token); });
  note("the hub starts");
  if (!healed_)
    at(random_.between(1, 20 * second_us), [this, life = hub_life_] {
      if (life == hub_life_) something_happens_to_the_hub();
    });
}

// What was being appended is there or not: nobody was told.
void World::crash_hub() {
  note("the hub crashes");
  ++hub_life_;
  shard_.reset();
  if (random_.one_in(2)) {
    log_->store();
  } else {
    log_->abandon();
  }
  for (auto& wire : wires_)
    if (wire->hub_open) close_from_hub(*wire);
  at(random_.between(0, 20 * second_us), [this] {
    if (!shard_) start_hub();
  });
}

void World::end_append(hub::Appended outcome) {
  if (outcome == hub::Appended::stored && !log_->store()) return;
  if (outcome == hub::Appended::nothing) {
    log_->abandon();
    note("an append fails");
  }
  shard_->appended(outcome);
  after_hub();
}

}  // namespace outboard::simulation
