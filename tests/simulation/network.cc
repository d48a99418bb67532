// The network: connections that are slow, get stuck in one direction or both, or break, with what
// was under way lost or not; and the hosts, which do what the machines ask for.
#include <algorithm>

#include "base/bytes.h"
#include "world_parts.h"

namespace outboard::simulation {

void World::after_client(Party& party) {
  if (!party.client) return;
  auto actions = party.client->take_actions();
  if (party.crash_is_due) return crash_client(party);
  for (auto& action : actions) {
    if (auto* connect_to = std::get_if<sync::Connect>(&action)) {
      connect(party, connect_to->connection);
    } else if (auto* tell = std::get_if<sync::Tell>(&action)) {
      note("replica " + std::to_string(party.number) + " is told " +
           std::string(name_of(tell->reason)));
      if (tell->reason == sync::Reason::forked) {
        if (!troubles_.copies) problem("Y1: a fork, and no file was ever copied");
        party.was_put_back = true;
        continue;
      }
      at(random_.between(0, 30 * second_us), [this, &party, life = party.life] {
        if (party.life != life) return;
        party.client->set_token("good");
        after_client(party);
      });
    } else {
      auto* send = std::get_if<sync::Send>(&action);
      auto* close = std::get_if<sync::Close>(&action);
      if (!send && !close) continue;
      auto connection = send ? send->connection : close->connection;
      for (auto& wire : wires_) {
        if (wire->party != &party || wire->client_life != party.life ||
            wire->connection != connection || !wire->client_open)
          continue;
        if (send) {
          to_hub(*wire, send->frame);
        } else {
          close_from_client(*wire);
        }
        break;
      }
    }
  }
  if (!party.client) return;

  // The journal flushes by itself, some time after a commit.
  if (party.journal->flushed().last_seq != party.journal->state().last_seq ||
      party.journal->flushed().forgotten != party.journal->state().forgotten ||
      party.journal->flushed().replica != party.journal->state().replica ||
      party.journal->flushed().acked_seq != party.journal->state().acked_seq) {
    at(random_.between(1'000, random_.one_in(3) ? 3 * second_us : 50'000),
       [this, &party, life = party.life] {
         if (party.life != life) return;
         bool news = party.journal->flushed().last_seq != party.journal->state().last_seq ||
                     party.journal->flushed().forgotten != party.journal->state().forgotten ||
                     party.journal->flushed().replica != party.journal->state().replica;
         party.journal->flush();
         if (!news) return;
         party.client->outbox_changed();
         after_client(party);
       });
  }

  auto tick_ms = party.client->next_tick_ms();
  if (tick_ms < (std::int64_t{1} << 60) && tick_ms != party.tick_ms) {
    party.tick_ms = tick_ms;
    auto delay_us = std::max<std::int64_t>(0, tick_ms * 1'000 - now_us_);
    at(delay_us, [this, &party, life = party.life, tick_ms] {
      if (party.life != life || party.tick_ms != tick_ms) return;
      party.tick_ms = -1;
      party.client->tick();
      after_client(party);
    });
  }
}

void World::after_hub() {
  if (!shard_) return;
  for (auto& action : shard_->take_actions()) {
    auto* send = std::get_if<hub::SendShared>(&action);
    auto number = send ? send->connection : std::get<hub::CloseConnection>(action).connection;
    auto wire = std::ranges::find(wires_, number, [](auto& one) { return one->number; });
    if (wire == wires_.end()) continue;
    auto kept = *wire;
    if (send) {
      to_client(*kept, send->frame);
    } else {
      close_from_hub(*kept);
    }
  }
  auto tick_ms = shard_->next_tick_ms();
  if (tick_ms < (std::int64_t{1} << 60) && tick_ms != hub_tick_ms_) {
    hub_tick_ms_ = tick_ms;
    auto delay_us = std::max<std::int64_t>(0, tick_ms * 1'000 - now_us_);
    at(delay_us, [this, life = hub_life_, tick_ms] {
      if (life != hub_life_ || hub_tick_ms_ != tick_ms) return;
      hub_tick_ms_ = -1;
      shard_->tick();
      after_hub();
    });
  }
}

// ---- Connections ----

std::int64_t World::arrival(std::int64_t& last_us) {
  auto delay = healed_ || random_.one_in(10) ? random_.between(1'000, 20'000)
                                             : random_.between(1'000, 2'000'000);
  last_us = std::max(last_us, now_us_ + delay);
  return last_us - now_us_;
}

void World::connect(Party& party, std::uint64_t connection) {
  std::erase_if(wires_, [](auto& wire) { return !wire->client_open && !wire->hub_open; });
  auto wire = std::make_shared<Wire>();
  wire->number = ++last_wire_;
  wire->connection = connection;
  wire->party = &party;
  wire->client_life = party.life;
  wire->window_bytes = party.window_bytes;
  wires_.push_back(wire);
  at(random_.between(1'000, 300'000), [this, wire] {
    auto& one = *wire->party;
    if (one.life != wire->client_life || !wire->client_open) return;
    if (one.reaches_nobody || one.hears_nothing) return;  // until the client's own time-out
    if (!shard_) {
      wire->client_open = false;
      one.client->lost(wire->connection);
      return after_client(one);
    }
    wire->hub_open = true;
    wire->hub_life = hub_life_;
    shard_->opened(wire->number);
    after_hub();
    one.client->connected(wire->connection);
    after_client(one);
  });
}

void World::to_hub(Wire& wire, Bytes frame) {
  note_frame(wire, "->", frame);
  if (wire.party->reaches_nobody) wire.stuck_up = true;
  if (wire.stuck_up || !wire.hub_open) return;
  auto kept = std::ranges::find(wires_, wire.number, [](auto& one) { return one->number; });
  at(arrival(wire.last_up_us), [this, held = *kept, bytes = std::move(frame)] {
    if (!held->hub_open || held->hub_life != hub_life_ || held->stuck_up) return;
    if (auto read = sync::read_frame(bytes); read.ok())
      if (auto* ack = std::get_if<sync::Ack>(&*read))
        held->unacked.erase(held->unacked.begin(), held->unacked.upper_bound(ack->position));
    shard_->received(held->number, bytes);
    after_hub();
  });
}

void World::to_client(Wire& wire, hub::SharedFrame frame) {
  note_frame(wire, "<-", *frame);
  check_sent(wire, *frame);
  if (wire.party->hears_nothing) wire.stuck_down = true;
  if (wire.stuck_down) return;
  auto kept = std::ranges::find(wires_, wire.number, [](auto& one) { return one->number; });
  at(arrival(wire.last_down_us), [this, held = *kept, bytes = std::move(frame)] {
    auto& party = *held->party;
    if (party.life != held->client_life || held->stuck_down) return;
    auto before = party.client->status();
    party.client->received(held->connection, *bytes);
    if (!held->client_open && before != party.client->status())
      problem("F17: a replica listens to a connection that it has closed");
    after_client(party);
  });
}

// The other side learns of it after what is under way; or never, if the link is stuck.
void World::close_from_client(Wire& wire) {
  wire.client_open = false;
  if (wire.party->reaches_nobody || random_.one_in(4)) wire.stuck_up = true;
  if (wire.stuck_up || !wire.hub_open) return;
  auto kept = std::ranges::find(wires_, wire.number, [](auto& one) { return one->number; });
  at(arrival(wire.last_up_us), [this, held = *kept] {
    if (!held->hub_open || held->hub_life != hub_life_) return;
    held->hub_open = false;
    shard_->closed(held->number);
    after_hub();
  });
}

void World::close_from_hub(Wire& wire) {
  wire.hub_open = false;
  if (wire.party->hears_nothing || random_.one_in(4)) wire.stuck_down = true;
  if (wire.stuck_down) return;
  auto kept = std::ranges::find(wires_, wire.number, [](auto& one) { return one->number; });
  at(arrival(wire.last_down_us), [this, held = *kept] {
    auto& party = *held->party;
    if (party.life != held->client_life || !held->client_open) return;
    held->client_open = false;
    party.client->lost(held->connection);
    after_client(party);
  });
}

// What the hub may send, and when.
void World::check_sent(Wire& wire, ByteView frame) {
  auto read = sync::read_frame(frame);
  if (!read.ok()) return problem("the hub sent what is no frame");
  if (auto* live = std::get_if<sync::Live>(&*read)) {
    if (live->position != log_->state().at(space_name).state.head.position)
      problem("F14: LIVE before all was sent");
  }
  if (auto* entry = std::get_if<sync::EntryChunk>(&*read)) {
    if (entry->position > log_->state().at(space_name).state.head.position)
      problem("Y3: an entry left before its commit");
    std::size_t bytes = 0;
    for (auto& [position, size] : wire.unacked)
      if (position != entry->position) bytes += size;
    if (bytes >= wire.window_bytes && !wire.unacked.empty())
      problem("F5: more was sent than the window has room for");
    wire.unacked[entry->position] += entry->bytes.size();
  }
  if (auto* verdict = std::get_if<sync::Verdict>(&*read)) {
    auto& space = log_->state().at(space_name);
    if (verdict->position && *verdict->position > space.state.head.position)
      problem("Y3: a verdict left before its commit");
  }
}

void World::note_frame(const Wire& wire, const char* direction, ByteView frame) {
  auto who = "replica " + std::to_string(wire.party->number) + " " + direction + " ";
  if (trace_ == Trace::printed) {
    auto read = sync::read_frame(frame);
    std::printf("%s  [%llu] %s%s\n", seconds().c_str(),
                static_cast<unsigned long long>(wire.number), who.c_str(),
                read.ok() ? describe(*read).c_str() : "broken");
  }
  auto trace = std::exchange(trace_, Trace::quiet);
  note(who + to_hex(sha256(frame)));
  trace_ = trace;
}

}  // namespace outboard::simulation
