// Which of a replica's own transactions may get their number and be sent (Y4, Y9).
//
// A transaction that was refused is parked, until somebody retries or discards it. What depends on
// it waits with it, transitively: what touches a row that it touches, or needs one that it made. So
// does what another subject wrote here. All else flows.
//
// A value; it is the order and the rows of what has no verdict, as the journal keeps them. Numbers
// of transactions are the journal's own and rise.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sync/ids.h"

namespace outboard::sync {

class Outbox {
 public:
  struct Item {
    std::uint64_t id = 0;
    std::string subject = {};               // who wrote it
    std::vector<std::uint64_t> rows = {};   // hashes of the keys that it touches or needs
    std::optional<std::uint64_t> seq = {};  // once it has its number
    std::optional<Reason> parked = {};

    friend bool operator==(const Item&, const Item&) = default;
  };

  // A transaction that was committed just now. REQUIRES: a greater id than all before.
  void add(Item item);

  // The first one that may be numbered at present, for that subject.
  const Item* next(const std::string& subject) const;

  void number(std::uint64_t id, std::uint64_t seq);

  // The verdicts. False if no item has that number (its verdict came before).
  bool stored(std::uint64_t seq);
  bool park(std::uint64_t seq, Reason reason);

  // What has to be said again when that parked one is, in this order: itself, and what depends on
  // it and was refused as well. They are as if never sent.
  std::vector<std::uint64_t> retry(std::uint64_t id);

  // Takes it out: it will never be sent. False if there is no such parked one.
  bool discard(std::uint64_t id);

  // All without a verdict and all parked, in order.
  const std::vector<Item>& items() const { return items_; }

  friend bool operator==(const Outbox&, const Outbox&) = default;

 private:
  std::vector<Item> items_;
};

}  // namespace outboard::sync
