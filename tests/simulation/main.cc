// simulate: worlds by seed (docs/architecture.md). Each seed runs twice, and must run alike. Prints
// a line per failure, and ends with "N passed, N failed".
//
//   simulate --seeds FIRST COUNT        these worlds
//   simulate --seed N [--mutant NAME]   one world, with a readable trace
//   simulate --mutants COUNT            each fault put back in must be noticed within COUNT seeds
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "base/assert.h"
#include "sync/mutant.h"
#include "world.h"

namespace outboard::simulation {
namespace {

// The faults of an earlier system, and each rule left out; where OB_MUTANT is, they are.
constexpr const char* mutants[] = {
    "journal_sends_before_the_flush",
    "client_hears_old_connections",
    "client_gives_up",
    "client_trusts_silence",
    "client_keeps_its_first_standing",
    "client_overlooks_forks",
    "client_overlooks_its_twin",
    "client_does_not_repair",
    "client_pushes_refused_ones_again",
    "client_moves_past_what_it_could_not_store",
    "hub_ignores_the_window",
    "hub_takes_errors_for_the_end",
    "hub_displaces_anybody",
    "hub_compares_positions_only",
    "hub_overlooks_forks",
    "hub_forgets_rejections",
    "hub_takes_stamps_of_the_future",
    "hub_takes_stale_stamps",
    "hub_answers_before_the_commit",
};

Outcome run(std::uint64_t seed, World::Trace trace = World::Trace::quiet) {
  World world(seed, trace);
  try {
    return world.run();
  } catch (const std::exception& broken) {
    return {.problem = broken.what()};
  }
}

bool holds(std::uint64_t seed) {
  auto once = run(seed), twice = run(seed);
  if (once.problem.empty() && once.trace_hash != twice.trace_hash)
    once.problem = "the same seed ran differently";
  if (!once.problem.empty())
    std::printf("FAIL seed %llu: %s\n", static_cast<unsigned long long>(seed),
                once.problem.c_str());
  return once.problem.empty();
}

int run_seeds(std::uint64_t first, std::uint64_t count) {
  std::uint64_t failed = 0;
  for (auto seed = first; seed < first + count; ++seed) failed += holds(seed) ? 0 : 1;
  std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(count - failed),
              static_cast<unsigned long long>(failed));
  return failed == 0 ? 0 : 1;
}

int run_mutants(std::uint64_t count) {
  std::uint64_t caught = 0;
  for (auto* mutant : mutants) {
    sync::active_mutant = mutant;
    std::uint64_t seed = 1;
    std::string problem;
    for (; seed <= count && problem.empty(); ++seed) problem = run(seed).problem;
    if (problem.empty()) {
      std::printf("FAIL %s: not noticed\n", mutant);
    } else {
      ++caught;
      std::printf("ok   %s: seed %llu: %s\n", mutant, static_cast<unsigned long long>(seed - 1),
                  problem.c_str());
    }
    std::fflush(stdout);
  }
  std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(caught),
              static_cast<unsigned long long>(std::size(mutants) - caught));
  return caught == std::size(mutants) ? 0 : 1;
}

int run_one(std::uint64_t seed, const char* mutant) {
  if (mutant) sync::active_mutant = mutant;
  auto outcome = run(seed, World::Trace::printed);
  std::printf("%s\n%llu entries, %llu events, trace %016llx\n",
              outcome.problem.empty() ? "well" : outcome.problem.c_str(),
              static_cast<unsigned long long>(outcome.entries),
              static_cast<unsigned long long>(outcome.events),
              static_cast<unsigned long long>(outcome.trace_hash));
  return outcome.problem.empty() ? 0 : 1;
}

}  // namespace
}  // namespace outboard::simulation

int main(int count, char** words) {
  using namespace outboard;
  // A broken assertion is a finding like any other.
  set_assertion_handler([](void*, const char* sentence) { throw std::runtime_error(sentence); },
                        nullptr);
  auto number = [&](int at) { return at < count ? std::strtoull(words[at], nullptr, 10) : 0; };
  std::string what = count > 2 ? words[1] : "";
  if (what == "--seeds" && count == 4) return simulation::run_seeds(number(2), number(3));
  if (what == "--mutants" && count == 3) return simulation::run_mutants(number(2));
  if (what == "--seed" && count == 3) return simulation::run_one(number(2), nullptr);
  if (what == "--seed" && count == 5 && std::strcmp(words[3], "--mutant") == 0)
    return simulation::run_one(number(2), words[4]);
  std::fprintf(
      stderr, "usage: simulate --seeds FIRST COUNT | --seed N [--mutant NAME] | --mutants COUNT\n");
  return 2;
}
