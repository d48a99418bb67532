// The parts of a World that its sources share.
#pragma once

#include "world.h"

namespace outboard::simulation {

inline constexpr const char* space_name = "notes";
inline constexpr std::int64_t start_wall_ms = 1'790'000'000'000;
inline constexpr std::int64_t second_us = 1'000'000;

class World::PartyPlatform : public Platform {
 public:
  PartyPlatform(World& world) : world_(world) {}

  std::int64_t wall_ms() override { return start_wall_ms + world_.now_us_ / 1'000 + skew_ms; }
  std::int64_t monotonic_us() override { return world_.now_us_; }
  void random(std::span<std::uint8_t> out) override {
    for (auto& byte : out) byte = static_cast<std::uint8_t>(world_.random_.below(256));
  }

  std::int64_t skew_ms = 0;

 private:
  World& world_;
};

// A replica and the machine that it is on.
struct World::Party {
  explicit Party(World& world) : platform(world) {}

  std::size_t number = 0;
  PartyPlatform platform;
  std::unique_ptr<ToyJournal> journal = {};
  std::unique_ptr<sync::Client> client = {};  // null: not running
  std::uint64_t life = 0;                     // of the process
  std::int64_t tick_ms = -1;
  bool disk_fails = false;
  bool crash_is_due = false;
  bool hears_nothing = false;  // a link that is cut in one direction, or both
  bool reaches_nobody = false;
  std::size_t window_bytes = 0;
  std::optional<ToyJournal::State> old_file = {};
  bool was_put_back = false;  // its newest transactions were lost on purpose
};

// A connection, as the network has it.
struct World::Wire {
  std::uint64_t number = 0;      // the hub's
  std::uint64_t connection = 0;  // the client's
  Party* party = nullptr;
  std::uint64_t client_life = 0, hub_life = 0;
  bool client_open = true, hub_open = false;
  bool stuck_up = false, stuck_down = false;  // for good: what was lost is not sent again
  std::int64_t last_up_us = 0, last_down_us = 0;
  std::size_t window_bytes = 0;
  std::map<std::uint64_t, std::size_t> unacked = {};  // entries that were sent, and their bytes
};

}  // namespace outboard::simulation
