#include "hub/spaces.h"

#include <gmock/gmock.h>

#include "hub/log/sqlite_log_testing.h"
#include "hub/log/verify.h"

namespace outboard::hub {
namespace {

using namespace sync::rights;

// A hub with a real log and real tokens, and the replicas that talk to it, on one thread. Only the
// network is missing: what is sent arrives at once.
class SpacesTest : public ::testing::Test {
 protected:
  struct Replica {
    Replica(sync::trial::StandingClock& clock, ReplicaId id, std::string token)
        : client(clock, journal,
                 {.space = "notes",
                  .token = std::move(token),
                  .instance = {static_cast<std::uint8_t>(id)}}) {
      journal.replica = id;
    }
    sync::trial::MemoryJournal journal;
    sync::Client client;
    std::uint64_t connection = 0;  // at the hub
  };

  sync::trial::StandingClock clock;
  TrialFolder folder;
  Key key = *Key::make(Key::Kind::pair);
  std::mutex mutex;
  std::condition_variable changed;
  int ended = 0;
  std::map<std::uint64_t, std::pair<Replica*, std::uint64_t>> ends;  // whose, and its own number
  std::vector<std::pair<std::uint64_t, SharedFrame>> sent;           // none: closed
  std::uint64_t last_connection = 0;
  std::unique_ptr<Spaces> hub = start();

  std::unique_ptr<Spaces> start() {
    auto opened = Spaces::open(
        clock, {.log = folder.file("hub.db"), .keys = {key.verifier()}},
        {.send = [this](std::uint64_t to, SharedFrame frame) { sent.emplace_back(to, frame); },
         .close = [this](std::uint64_t to) { sent.emplace_back(to, nullptr); },
         .wake =
             [this] {
               std::lock_guard lock(mutex);
               ++ended;
               changed.notify_all();
             }});
    EXPECT_TRUE(opened.ok()) << to_string(opened.error());
    return std::move(*opened);
  }

  std::string token_of(const std::string& subject, std::uint64_t rights = read | write | message,
                       std::int64_t expires_in_s = 3'600) {
    auto now_s = clock.wall / 1'000;
    return *mint({.subject = subject,
                  .not_before_s = now_s,
                  .expires_s = now_s + expires_in_s,
                  .spaces = {{"notes", rights}}},
                 key);
  }

  // Does what a replica asks for.
  void act(Replica& replica) {
    for (auto& action : replica.client.take_actions()) {
      if (auto* connect = std::get_if<sync::Connect>(&action)) {
        replica.connection = ++last_connection;
        ends[replica.connection] = {&replica, connect->connection};
        hub->opened(replica.connection);
        replica.client.connected(connect->connection);
        act(replica);
      } else if (auto* send = std::get_if<sync::Send>(&action)) {
        hub->received(replica.connection, send->frame);
      } else if (std::holds_alternative<sync::Close>(action)) {
        ends.erase(replica.connection);
        hub->closed(replica.connection);
      }
    }
  }

  // Until nobody has anything more to say, the disk neither.
  void settle() {
    for (;;) {
      while (!sent.empty()) {
        for (auto& [to, frame] : std::exchange(sent, {})) {
          auto end = ends.find(to);
          if (end == ends.end()) continue;
          auto [replica, connection] = end->second;
          if (frame)
            replica->client.received(connection, *frame);
          else
            replica->client.lost(connection);
          act(*replica);
        }
      }
      std::unique_lock lock(mutex);
      changed.wait_for(lock, std::chrono::milliseconds(100), [this] { return ended > 0; });
      if (ended == 0) return;
      --ended;
      lock.unlock();
      hub->log_ended();
    }
  }

  void join(Replica& replica) {
    replica.client.start();
    act(replica);
    settle();
  }

  void push(Replica& replica, int times = 1) {
    while (times-- > 0) replica.journal.write();
    replica.client.outbox_changed();
    act(replica);
    settle();
  }
};

TEST_F(SpacesTest, WhatOneWritesTheOtherGetsAndTheLogHolds) {
  Replica here{clock, ann, token_of("ann")}, there{clock, bob, token_of("bob")};
  join(here);
  join(there);
  push(here, 300);
  push(there, 5);
  EXPECT_EQ(here.client.status().answered, 300u);
  EXPECT_EQ(here.client.status().position, 305u);
  EXPECT_EQ(there.client.status().position, 305u);
  EXPECT_EQ(there.client.status().phase, sync::Phase::live);

  auto db = *LogFile::connect_reader(folder.file("hub.db"));
  auto found = *verify(db.get(), Extent::everything);
  EXPECT_TRUE(found.faults.empty());
  EXPECT_EQ(found.entries, 305u);
}

TEST_F(SpacesTest, AHubThatStartsAgainGoesOnWhereItWas) {
  Replica here{clock, ann, token_of("ann")};
  join(here);
  push(here, 10);
  hub.reset();
  hub = start();
  here.client.lost(1);
  clock.now_ms += 120'000;
  here.client.tick();
  act(here);
  settle();
  push(here, 1);
  EXPECT_EQ(here.client.status().phase, sync::Phase::live) << here.client.status().why;
  EXPECT_EQ(here.client.status().position, 11u);

  Replica late{clock, bob, token_of("bob")};
  join(late);
  EXPECT_EQ(late.client.status().position, 11u);
}

TEST_F(SpacesTest, L11WithoutAGoodTokenNothingIsHeard) {
  for (auto& token : {std::string(), std::string("nonsense"), token_of("ann", 0),
                      token_of("ann", read | write, -100)}) {
    Replica stranger{clock, ann, token};
    join(stranger);
    EXPECT_EQ(stranger.client.status().answered, 0u);
    EXPECT_NE(stranger.client.status().phase, sync::Phase::live) << token;
    stranger.client.stop();
    act(stranger);
  }
}

TEST_F(SpacesTest, Y12WhoMayOnlyReadWritesNothing) {
  Replica here{clock, ann, token_of("ann")}, reader{clock, bob, token_of("bob", read)};
  join(here);
  push(here, 2);
  join(reader);
  EXPECT_EQ(reader.client.status().position, 2u);
  push(reader, 1);
  EXPECT_EQ(here.client.status().head, 2u);
}

TEST_F(SpacesTest, Y12ATokenEndsWhatItBegan) {
  Replica here{clock, ann, token_of("ann", read | write, 60)};
  join(here);
  push(here, 1);
  clock.wall += 120'000;
  clock.now_ms += 2'000;
  hub->tick();
  settle();
  EXPECT_NE(here.client.status().phase, sync::Phase::live);
  here.client.set_token(token_of("ann"));
  act(here);
  settle();
  EXPECT_EQ(here.client.status().phase, sync::Phase::live) << here.client.status().why;
}

TEST_F(SpacesTest, WhenItEndsEverybodyIsSentAway) {
  Replica here{clock, ann, token_of("ann")};
  join(here);
  hub->drain(1'000);
  settle();
  EXPECT_EQ(here.client.status().phase, sync::Phase::waiting);
  EXPECT_EQ(hub->connections(), 0u);
}

}  // namespace
}  // namespace outboard::hub
