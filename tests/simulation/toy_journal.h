// A replica of a toy space: rows are registers that the greatest stamp wins. It keeps the rules of
// sync::Journal on a disk that loses what was not flushed.
//
// Lives on the simulator's one thread.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "random.h"
#include "sync/checkpoints.h"
#include "sync/journal.h"
#include "sync/outbox.h"

namespace outboard::simulation {

struct Register {
  Stamp stamp = {};
  std::uint64_t value = 0;

  friend auto operator<=>(const Register&, const Register&) = default;
};
using Registers = std::map<std::uint64_t, Register>;

// What a transaction holds.
struct Body {
  std::uint64_t tag = 0;  // no two commits have the same
  std::vector<std::uint64_t> rows = {};
  std::uint64_t filler_bytes = 0;
  bool is_nonsense = false;  // to every replica
  bool was_stored = false;   // others may have merged it: to discard it would be an undo (J15)

  friend bool operator==(const Body&, const Body&) = default;
};
Bytes encode(const Body& body);
std::optional<Body> decode_body(ByteView bytes);

// The rows of a transaction, at its stamp; false if its body is nonsense.
bool merge(Registers& registers, const sync::Transaction& transaction);

class ToyJournal : public sync::Journal {
 public:
  struct Own {
    std::uint64_t id = 0;  // the outbox's; 0 once it was said again under another number
    Body body = {};
    sync::Outgoing outgoing = {};
    bool has_verdict = false;
    bool was_stored = false;
  };

  struct State {
    sync::ReplicaId replica{};
    std::optional<sync::Epoch> epoch = {};
    sync::Checkpoints checkpoints = {};
    std::uint64_t clock = 0;
    std::uint64_t last_id = 0;
    std::uint64_t last_seq = 0;
    std::uint64_t acked_seq = 0;
    std::map<std::uint64_t, Own> own = {};          // by number
    std::map<std::uint64_t, Body> unnumbered = {};  // by id
    sync::Outbox outbox = {};
    std::uint64_t forgotten = 0;  // times that the hub lost its memory
    Registers base = {};          // of all that the log said
    std::set<std::uint64_t> quarantined = {};

    std::uint64_t position() const {
      return checkpoints.all().empty() ? 0 : checkpoints.all().front().position;
    }
  };

  // What the world does to it.
  struct World {
    std::function<std::int64_t()> wall_ms;
    std::function<bool()> write_fails;         // an error, and nothing was written
    std::function<void()> wrote;               // it may decide to crash
    std::function<bool()> hub_forgot;          // it was put back to a backup at some time
    std::function<void(std::string)> problem;  // a rule was broken
  };

  ToyJournal(std::string space, std::string subject, Random& random, World world);

  // ---- The application's ----

  // A local transaction; its tag. Error: nothing was committed.
  Result<void> commit(const Body& body);

  // Says again what is parked, its clock set right; or takes it back.
  void retry_parked();
  void discard_parked();

  // ---- The disk's ----

  void flush();
  // Keeps what was flushed and, at random, some of what was committed after that.
  void crash();
  const State& state() const { return now_; }
  const State& flushed() const { return flushed_; }
  void restore(const State& state);

  // ---- sync::Journal ----

  sync::Standing standing() override;
  std::uint64_t acked_seq() override;
  std::uint64_t durable_seq() override;
  std::optional<sync::Outgoing> outgoing(std::uint64_t seq) override;
  Result<void> stored(std::uint64_t seq, std::uint64_t position) override;
  Result<void> rejected(std::uint64_t seq, sync::Reason reason, std::string_view hint) override;
  Result<void> apply(const sync::Incoming& entry) override;
  Result<void> adopt(const sync::Epoch& epoch) override;
  Result<void> rewind(std::uint64_t position) override;
  Result<void> forget_verdicts(std::uint64_t after_seq) override;
  Result<void> fork(std::uint64_t match_seq) override;

 private:
  // Runs `change` as one commit.
  template <class Change>
  Result<void> write(Change change);
  void number_all();
  void heard_verdict(std::uint64_t seq);

  std::string space_;
  std::string subject_;
  Random& random_;
  World world_;
  State now_;
  State flushed_;
  std::vector<State> unflushed_;  // after each commit since
};

}  // namespace outboard::simulation
