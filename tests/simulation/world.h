// A world with a seed: some replicas, a hub, a network between them and disks under them, on one
// thread and one virtual clock. First everything goes wrong, at random; then nothing does any more,
// and within a bounded time all must be well (L8, D11).
//
// Lives on the simulator's one thread.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "hub/space/shard.h"
#include "sync/client.h"
#include "toy_journal.h"
#include "toy_log.h"

namespace outboard::simulation {

struct Outcome {
  std::string problem = {};  // the first rule that was broken; empty: none
  std::uint64_t trace_hash = 14'695'981'039'346'656'037u;
  std::uint64_t entries = 0;
  std::uint64_t events = 0;
};

// What may happen in a world. Each seed picks.
struct Troubles {
  bool copies = false;   // files are copied, and old ones are put back
  bool backups = false;  // the hub is put back to a backup
  bool expiry = false;   // of tokens
};

class World {
 public:
  enum class Trace { quiet, printed };

  World(std::uint64_t seed, Trace trace);
  ~World();

  Outcome run();

 private:
  class PartyPlatform;
  struct Party;
  struct Wire;

  // world.cc: time, parties
  void at(std::int64_t delay_us, std::function<void()> what);
  void run_until(std::int64_t time_us);
  void note(const std::string& line);
  void problem(std::string what);
  std::string seconds() const;
  Party& add_party();
  void start_client(Party& party);
  void crash_client(Party& party);
  void start_hub();
  void crash_hub();
  void end_append(hub::Appended outcome);
  Result<hub::Claim> authorise(std::string_view token);

  // network.cc
  void after_client(Party& party);
  void after_hub();
  void connect(Party& party, std::uint64_t connection);
  void to_hub(Wire& wire, Bytes frame);
  void to_client(Wire& wire, hub::SharedFrame frame);
  void close_from_client(Wire& wire);
  void close_from_hub(Wire& wire);
  std::int64_t arrival(std::int64_t& last_us);
  void note_frame(const Wire& wire, const char* direction, ByteView frame);
  void check_sent(Wire& wire, ByteView frame);

  // troubles.cc
  void for_a_while(bool& trouble, std::int64_t seconds_max);
  void something_happens(Party& party);
  void something_happens_to_the_hub();
  void edit(Party& party);

  // settle.cc
  void heal();
  bool is_settled();
  void check_end();

  Random random_;
  Trace trace_;
  Troubles troubles_;
  Outcome outcome_;
  std::int64_t now_us_ = 0;
  std::multimap<std::int64_t, std::function<void()>> events_;
  std::uint64_t events_at_once_ = 0;
  bool healed_ = false;

  std::vector<std::unique_ptr<Party>> parties_;
  std::vector<std::shared_ptr<Wire>> wires_;
  std::uint64_t last_wire_ = 0;
  std::uint64_t last_tag_ = 0;

  // The hub.
  std::unique_ptr<PartyPlatform> hub_platform_;
  std::unique_ptr<ToyLog> log_;
  std::unique_ptr<hub::Shard> shard_;
  std::uint64_t hub_life_ = 0;
  std::int64_t hub_tick_ms_ = -1;
  std::optional<ToyLog::State> backup_;
  bool log_reads_fail_ = false;
  bool hub_appending_fails_ = false;
  bool hooks_are_away_ = false;
};

}  // namespace outboard::simulation
