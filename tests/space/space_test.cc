// The whole way of a transaction between replicas, in one process: real journals on real tables,
// the dialogue's two state machines between them, and a log in memory. Only the network is made up:
// it delivers at once, or the connection is lost.
#include <algorithm>
#include <random>

#include "hub/space/shard.h"
#include "hub/space/shard_testing.h"
#include "journal/journal_testing.h"
#include "journal/space_journal.h"

namespace outboard {
namespace {

using journal::SpaceJournal;
using journal::trial::JournalTrial;

struct Member : JournalTrial {
  Member(sync::trial::StandingClock& clock, std::uint8_t number)
      : JournalTrial("member " + std::to_string(number)), clock_(clock), number_(number) {
    std::uint8_t burnt[1];
    for (int i = 0; i < 10 * number; ++i) platform.random(burnt);
    EXPECT_EQ(run("create table t(id text primary key not null, a unique, b);"
                  "select outboard_track('t')"),
              "ok");
    open();
  }

  // As if its process had been started anew.
  void open() {
    client.reset();
    space.reset();
    journal.reset();
    journal = std::move(*journal::Journal::open(writer(), platform));
    space =
        std::move(*SpaceJournal::open(*journal, writer(), {.space = "notes", .subject = "ann"}));
    space->flushed();
    client = std::make_unique<sync::Client>(
        clock_, *space,
        sync::ClientOptions{.space = "notes", .token = "t", .instance = {number_, ++opened_}});
    client->start();
  }

  // Its file is put in the place of this one, behind the engine's back.
  void become_a_copy_of(Member& other) {
    client.reset();
    space.reset();
    journal.reset();
    auto* backup = sqlite3_backup_init(writer().handle(), "main", other.writer().handle(), "main");
    ASSERT_NE(backup, nullptr);
    EXPECT_EQ(sqlite3_backup_step(backup, -1), SQLITE_DONE);
    EXPECT_EQ(sqlite3_backup_finish(backup), SQLITE_OK);
    open();
  }

  void write(std::string_view sql) {
    (void)run(sql);
    number();
  }
  void number() {
    auto numbered = space->number();
    ASSERT_TRUE(numbered.ok()) << numbered.error().message;
    space->flushed();
    client->outbox_changed();
  }

  std::string state() {
    EXPECT_EQ(run("begin"), "ok");
    EXPECT_TRUE(journal->fold().ok());
    auto world = journal->merger().world();
    journal::StateReader reader(journal->merger().merged(), world);
    while (*reader.next()) {
    }
    EXPECT_EQ(run("commit"), "ok");
    return to_hex(reader.digest());
  }

  std::unique_ptr<SpaceJournal> space;
  std::unique_ptr<sync::Client> client;
  std::uint64_t connection = 0;  // the hub's number; 0: none

 private:
  sync::trial::StandingClock& clock_;
  std::uint8_t number_, opened_ = 0;
};

class SpaceTest : public ::testing::Test {
 protected:
  SpaceTest() {
    for (std::uint8_t i = 0; i < 3; ++i) members.push_back(std::make_unique<Member>(clock, i));
  }

  // Until nobody has anything to say.
  void deliver() {
    for (bool moves = true; moves;) {
      moves = false;
      for (auto& member : members) {
        member->space->flushed();
        for (auto& action : member->client->take_actions()) {
          moves = true;
          carry(*member, action);
        }
      }
      if (log.under_way) {
        log.store();
        shard.appended(hub::Appended::stored);
      }
      for (auto& action : shard.take_actions()) {
        moves = true;
        carry(action);
      }
    }
  }

  void carry(Member& member, const sync::Action& action) {
    if (auto* connect = std::get_if<sync::Connect>(&action)) {
      member.connection = ++connections;
      numbers[member.connection] = connect->connection;
      shard.opened(member.connection);
      member.client->connected(connect->connection);
    } else if (auto* send = std::get_if<sync::Send>(&action)) {
      if (member.connection) shard.received(member.connection, send->frame);
    } else if (std::holds_alternative<sync::Close>(action)) {
      lose(member);
    }
  }
  void carry(const hub::HubAction& action) {
    auto number = std::visit([](auto& one) { return one.connection; }, action);
    for (auto& member : members) {
      if (member->connection != number) continue;
      if (auto* send = std::get_if<hub::SendShared>(&action))
        member->client->received(numbers[number], *send->frame);
      else
        lose(*member);
    }
  }

  void lose(Member& member) {
    auto number = std::exchange(member.connection, 0);
    if (number == 0) return;
    shard.closed(number);
    member.client->lost(numbers[number]);
  }

  // Lets time pass until all are live and nothing waits.
  void settle() {
    for (int rounds = 0; rounds < 300; ++rounds) {
      deliver();
      bool all = std::ranges::all_of(members, [](auto& member) {
        auto& status = member->client->status();
        return status.phase == sync::Phase::live && status.position == status.head &&
               member->space->waiting()->empty();
      });
      if (all) return;
      clock.now_ms += 1'000;
      for (auto& member : members) {
        member->number();
        member->client->tick();
      }
      shard.tick();
    }
    FAIL() << "they did not come to rest";
  }

  void expect_the_same() {
    for (auto& member : members) {
      EXPECT_EQ(member->state(), members[0]->state());
      EXPECT_EQ(member->ask("select * from t order by id"),
                members[0]->ask("select * from t order by id"));
    }
  }

  sync::trial::StandingClock clock;
  hub::MemoryLog log;
  hub::Shard shard{clock, log, [](std::string_view, std::string_view) -> Result<hub::Claim> {
                     return hub::Claim{.subject = "ann",
                                       .rights = sync::rights::read | sync::rights::write};
                   }};
  std::vector<std::unique_ptr<Member>> members;
  std::map<std::uint64_t, std::uint64_t> numbers;  // the hub's of a connection, and the client's
  std::uint64_t connections = 0;
};

TEST_F(SpaceTest, what_one_writes_all_have) {
  settle();
  members[0]->write("insert into t values ('1', 1, 'x')");
  settle();
  members[1]->write("update t set b = 'y'");
  members[2]->write("insert into t values ('2', 2, 'z')");
  settle();
  for (auto& member : members) EXPECT_EQ(member->ask("select * from t order by id"), "1 1 y|2 2 z");
  expect_the_same();
}

TEST_F(SpaceTest, what_was_written_without_a_hub_comes_together_when_there_is_one) {
  for (auto& member : members) lose(*member);
  members[0]->write("insert into t values ('1', 'same', 0)");
  members[1]->write("insert into t values ('2', 'same', 1)");
  members[2]->write("insert into t values ('3', 'same', 2)");
  settle();
  expect_the_same();
  EXPECT_EQ(members[0]->ask("select count(*) from t"), "1");
  members[1]->write("delete from t");
  settle();
  expect_the_same();
  EXPECT_EQ(members[0]->ask("select count(*) from t"), "1");  // the next in line
}

TEST_F(SpaceTest, J16_replicas_that_are_lost_and_opened_again_end_up_the_same) {
  std::mt19937 random(7);
  auto below = [&](std::size_t bound) { return random() % bound; };
  for (int step = 0; step < 400; ++step) {
    auto& member = *members[below(members.size())];
    auto id = std::to_string(below(6)), value = std::to_string(below(4));
    switch (below(9)) {
      case 0: lose(member); break;
      case 1:
        lose(member);
        member.open();
        break;
      case 2: member.write("delete from t where id = '" + id + "'"); break;
      case 3:
      case 4: member.write("update t set a = " + value + " where id = '" + id + "'"); break;
      case 5: member.write("update t set b = " + value + " where id <> '" + id + "'"); break;
      case 6: deliver(); break;
      default:
        member.write("insert or replace into t values ('" + id + "', " + value + ", 0)");
        break;
    }
    clock.now_ms += static_cast<std::int64_t>(below(2'000));
    for (auto& each : members) each->client->tick();
    shard.tick();
  }
  settle();
  expect_the_same();
  EXPECT_GT(log.spaces["notes"].entries.size(), 100u);
}

TEST_F(SpaceTest, J5_a_copied_file_becomes_a_replica_of_its_own) {
  settle();
  members[0]->write("insert into t values ('1', 1, 'x')");
  settle();
  auto& twin = *members[1];
  lose(twin);
  twin.become_a_copy_of(*members[0]);
  EXPECT_EQ(twin.journal->replica(), members[0]->journal->replica());
  twin.write("insert into t values ('2', 2, 'of the twin')");
  members[0]->write("insert into t values ('3', 3, 'of the first')");
  settle();
  EXPECT_NE(twin.journal->replica(), members[0]->journal->replica());
  expect_the_same();
  EXPECT_EQ(members[2]->ask("select id from t order by id"), "1|2|3");
}

}  // namespace
}  // namespace outboard
