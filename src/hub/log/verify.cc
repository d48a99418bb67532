#include "hub/log/verify.h"

#include <map>

#include "hub/log/query.h"
#include "sync/transaction.h"

namespace outboard::hub {

namespace {

struct Space {
  std::uint64_t id = 0;
  std::string name = {};
  sync::Epoch epoch = {};
  sync::Checkpoint head = {};
};

Result<std::vector<Space>> spaces(sqlite3* db) {
  Query query(db, "select id, name, epoch, head, chain from space order by id");
  std::vector<Space> found;
  while (TRY(query.step()))
    found.push_back({.id = query.number(0),
                     .name = query.text(1),
                     .epoch = query.array<sync::Epoch>(2),
                     .head = {query.number(3), query.array<Digest>(4)}});
  return found;
}

// By space: the first of the newest entries.
Result<std::map<std::uint64_t, std::uint64_t>> where_newest_begin(sqlite3* db) {
  Query query(db,
              "select space, min(position) from"
              " (select space, position from entry order by id desc limit ?) group by space");
  std::map<std::uint64_t, std::uint64_t> found;
  query.with(newest_entries);
  while (TRY(query.step())) found[query.number(0)] = query.number(1);
  return found;
}

// Reads a space's entries from one position on, and says what does not continue the one before.
class Reader {
 public:
  explicit Reader(sqlite3* db)
      : chain_(db, "select chain from entry where space = ? and position = ?"),
        entries_(db,
                 "select position, accepted_ms, subject, chain, digest, frozen from entry"
                 " where space = ? and position >= ? order by position") {}

  Result<void> read(const Space& space, std::uint64_t from, Verification& found) {
    auto say = [&](const std::string& what) {
      if (found.faults.size() < faults_max) found.faults.push_back(space.name + ": " + what);
    };
    auto at = TRY(before(space, from));
    if (!at) {
      say("entry " + std::to_string(from - 1) + " is missing");
      at = {from - 1, {}};
    }
    entries_.with(space.id, from);
    while (TRY(entries_.step())) {
      ++found.entries;
      sync::EntryFacts facts{entries_.number(0), entries_.number(1), entries_.text(2)};
      auto position = std::to_string(facts.position);
      auto digest = entries_.array<Digest>(4);
      auto chain = entries_.array<Digest>(3);
      if (facts.position != at->position + 1)
        say("entry " + std::to_string(at->position + 1) + " is missing");
      else if (chain != sync::chain_after(at->chain, facts, digest))
        say("entry " + position + " does not continue the chain");
      auto frozen = entries_.bytes(5);
      if (digest != sync::digest_of(frozen) || !sync::thaw(frozen).ok())
        say("entry " + position + " does not hold the bytes that were appended");
      at = {facts.position, chain};
    }
    if (*at != space.head)
      say("it should end at " + std::to_string(space.head.position) + " and ends at " +
          std::to_string(at->position) + ", or with another chain");
    return {};
  }

 private:
  Result<std::optional<sync::Checkpoint>> before(const Space& space, std::uint64_t from) {
    if (from <= 1) return std::optional(sync::Checkpoint{0, sync::chain_start(space.epoch)});
    if (!TRY(chain_.with(space.id, from - 1).step())) return std::optional<sync::Checkpoint>();
    sync::Checkpoint found{from - 1, chain_.array<Digest>(0)};
    chain_.reset();
    return std::optional(found);
  }

  Query chain_, entries_;
};

// All of it sees one state of a log that goes on growing.
class Snapshot {
 public:
  explicit Snapshot(sqlite3* db) : db_(db) {
    sqlite3_exec(db_, "begin", nullptr, nullptr, nullptr);
  }
  ~Snapshot() { sqlite3_exec(db_, "rollback", nullptr, nullptr, nullptr); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  sqlite3* db_;
};

}  // namespace

Result<Verification> verify(sqlite3* db, Extent extent) {
  Snapshot snapshot(db);
  Verification found;
  Reader reader(db);
  auto newest = TRY(where_newest_begin(db));
  for (auto& space : TRY(spaces(db))) {
    ++found.spaces;
    auto begin = newest.find(space.id);
    auto from = extent == Extent::everything ? 1
                : begin != newest.end()      ? begin->second
                                             : space.head.position + 1;
    TRY(reader.read(space, from, found));
  }
  return found;
}

}  // namespace outboard::hub
