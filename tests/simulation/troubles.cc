// What goes wrong.
#include <algorithm>

#include "world_parts.h"

namespace outboard::simulation {

void World::edit(Party& party) {
  Body body{.tag = ++last_tag_};
  for (auto rows = 1 + random_.below(3); rows > 0; --rows) body.rows.push_back(random_.below(12));
  if (random_.one_in(60)) body.filler_bytes = 240u * 1024 * random_.below(4) + random_.below(3'000);
  body.is_nonsense = random_.one_in(40);
  if (!party.journal->commit(body).ok()) return;
  note("replica " + std::to_string(party.number) + " commits " + std::to_string(body.tag));
}

void World::for_a_while(bool& trouble, std::int64_t seconds_max) {
  trouble = true;
  at(random_.between(1, seconds_max) * second_us, [&trouble] { trouble = false; });
}

void World::something_happens(Party& party) {
  if (healed_ || !party.client) return;
  at(random_.between(10'000, 4 * second_us), [this, &party, life = party.life] {
    if (party.life == life) something_happens(party);
  });
  auto name = "replica " + std::to_string(party.number);
  switch (random_.below(60)) {
    case 0: return crash_client(party);
    case 1:
    case 2:
      note(name + " loses its connections");
      for (auto wire : std::vector(wires_)) {
        if (wire->party != &party) continue;
        if (wire->hub_open && wire->hub_life == hub_life_) {
          wire->hub_open = false;
          if (random_.one_in(2)) wire->stuck_up = true;
          if (!wire->stuck_up && shard_) shard_->closed(wire->number);
        }
        if (wire->client_open) {
          wire->client_open = false;
          wire->stuck_down = true;
          party.client->lost(wire->connection);
        }
      }
      after_hub();
      break;
    case 3:
      note(name + " is cut off");
      for_a_while(party.reaches_nobody, 120);
      if (random_.one_in(2)) for_a_while(party.hears_nothing, 120);
      break;
    case 4:
      note(name + " hears nothing");
      for_a_while(party.hears_nothing, 120);
      break;
    case 5: for_a_while(party.disk_fails, 20); break;
    case 6: {
      const std::int64_t hour_ms = 3'600'000;
      const std::int64_t skews[] = {0,       hour_ms, -hour_ms, 73 * 365 * 24 * hour_ms,
                                    240'000, 330'000};
      party.platform.skew_ms = skews[random_.below(std::size(skews))];
      note(name + " has its clock off by " + std::to_string(party.platform.skew_ms));
      break;
    }
    case 7: party.journal->retry_parked(); break;
    case 8: party.journal->discard_parked(); break;
    case 9: party.client->online(); break;
    case 10: (void)party.client->send("cursor", Bytes{1, 2, 3}); break;
    case 11:
      if (!troubles_.copies || parties_.size() >= 5 || !random_.one_in(2)) break;
      note(name + " is copied");
      {
        auto& copy = add_party();
        copy.journal->restore(party.journal->flushed());
        copy.was_put_back = party.was_put_back = true;
        at(random_.between(0, 200 * second_us), [this, &copy] { start_client(copy); });
      }
      return;
    case 12:
      if (troubles_.copies) party.old_file = party.journal->flushed();
      break;
    case 13:
      if (!party.old_file || !random_.one_in(2)) break;
      note(name + " is put back to an old file");
      crash_client(party);
      party.journal->restore(*party.old_file);
      party.was_put_back = true;
      return;
    default: edit(party); break;
  }
  if (party.client) {
    party.client->outbox_changed();
    after_client(party);
  }
}

void World::something_happens_to_the_hub() {
  if (healed_ || !shard_) return;
  at(random_.between(10'000, 30 * second_us), [this, life = hub_life_] {
    if (life == hub_life_) something_happens_to_the_hub();
  });
  switch (random_.below(13)) {
    case 0:
    case 1: return crash_hub();
    case 2:
      note("the log's reads fail");
      for_a_while(log_reads_fail_, 10);
      break;
    case 3:
      note("the log's appends fail");
      for_a_while(hub_appending_fails_, 10);
      break;
    case 4: for_a_while(hooks_are_away_, 10); break;
    case 5:
      note("the hub drains");
      shard_->drain(random_.between(0, 5'000));
      after_hub();
      break;
    case 6: {
      // Less than the half hour after which all must be well: stamps of a hub that was ahead stay
      // ahead.
      const std::int64_t skews[] = {0, 60'000, -60'000, 900'000, -3'600'000};
      hub_platform_->skew_ms = skews[random_.below(std::size(skews))];
      note("the hub has its clock off by " + std::to_string(hub_platform_->skew_ms));
      break;
    }
    case 7:
      note("the outcome of an append is unknown");
      if (random_.one_in(2)) log_->store();
      log_->abandon();
      return crash_hub();
    case 8:
    case 9:
      if (troubles_.backups) backup_ = log_->state();
      break;
    case 10:
      if (!backup_ || backup_->empty()) break;
      note("the hub is put back to a backup");
      crash_hub();
      log_->restore(*backup_);
      break;
    default: break;
  }
}

}  // namespace outboard::simulation
