// Client: a replica's side of the dialogue with the hub. A state machine without I/O: the host
// tells it what happened, and does what it asks for.
//
//   idle → connecting → hello → [repair] → catchup → live      a fault: waiting → connecting
//
// Pushing goes on from WELCOME on: a stuck inbound must not hold edits hostage. The connection is
// nothing that is kept: each HELLO is made from what the journal says, and all that has no verdict
// is pushed again. So a loss at any moment is the same case.
//
// Lives on the engine's thread. Borrows platform and journal, which must outlive it. After each
// call the host takes the actions and, at next_tick_ms() at the latest, calls tick().
#pragma once

#include <deque>

#include "base/platform.h"
#include "sync/frame.h"
#include "sync/journal.h"
#include "sync/limits.h"

namespace outboard::sync {

struct ClientOptions {
  std::string space = {};
  std::string token = {};
  Instance instance = {};  // random, a new one each time that the file is opened
  std::size_t window_bytes = limits::window_bytes;  // of entries ahead of ACK
  std::uint64_t schema_version = 0;
  std::optional<Digest> schema_hash = {};
};

enum class Phase : std::uint8_t {
  idle = 0,        // not started, or stopped by the application
  waiting = 1,     // for the next attempt
  connecting = 2,  // for the host
  hello = 3,       // for WELCOME
  repair = 4,      // merging what the log says instead
  catchup = 5,
  live = 6,
  halted = 7,  // until the application does something about `halted_for`
};
std::string_view name_of(Phase phase);

struct Status {
  Phase phase = Phase::idle;
  std::optional<Reason> paused = {};      // why nothing is pushed
  std::optional<Reason> halted_for = {};  // why there is no connection and no next attempt
  std::string why = {};                   // the last fault, for people
  std::uint64_t position = 0;
  std::uint64_t head = 0;  // of the log, as far as is known
  std::uint64_t pushed = 0;
  std::uint64_t answered = 0;  // the last number that has a verdict
  std::uint64_t failed_attempts = 0;

  friend bool operator==(const Status&, const Status&) = default;
};

// What the host does for the machine. A connection has a number of the machine's choice, and the
// host tells it with all that happens on that connection.
struct Connect {
  std::uint64_t connection = 0;
};
struct Send {
  std::uint64_t connection = 0;
  Bytes frame = {};
};
struct Close {
  std::uint64_t connection = 0;
};
// For the application.
struct Tell {
  Reason reason = Reason::expired;  // expired, denied: a token is wanted. forked: it has a new id
};
struct Arrived {  // another replica's message
  std::string key = {};
  ReplicaId sender{};
  Bytes bytes = {};
};

using Action = std::variant<Connect, Send, Close, Tell, Arrived>;

class Client {
 public:
  Client(Platform& platform, Journal& journal, ClientOptions options);

  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // ---- The application's ----

  // Connects, and from then on whenever the connection is lost. Also after a halt.
  void start();

  // Closes the connection and makes no other.
  void stop();

  // A new token: told to the hub on a connection that stands, tried at once where the last was
  // refused.
  void set_token(std::string token);

  // Passes a message to the other replicas that are live, or drops it: `unavailable` when this one
  // is not, `too_large` beyond 4 KiB.
  Result<void> send(std::string key, ByteView bytes);

  const Status& status() const { return status_; }

  // ---- The host's ----

  void connected(std::uint64_t connection);
  void received(std::uint64_t connection, ByteView frame);
  void lost(std::uint64_t connection);

  // A local transaction was made, or became durable.
  void outbox_changed();

  // The network is back, or the machine woke up: the next attempt is made now.
  void online();

  void tick();
  std::int64_t next_tick_ms() const { return next_tick_ms_; }  // of the monotonic clock

  // What is to be done, in that order.
  std::vector<Action> take_actions() { return std::exchange(actions_, {}); }

 private:
  struct Assembly {
    EntryFacts facts = {};
    Digest chain = {};
    std::uint64_t chunks = 0;
    std::uint64_t arrived = 0;
    Bytes bytes = {};
  };
  struct Unanswered {
    std::uint64_t seq = 0;
    std::size_t bytes = 0;
  };

  // client.cc: connections
  void connect();
  void retry_later(std::string_view why, std::int64_t at_least_ms = 0);
  void halt(Reason reason, std::string_view why);
  void drop_connection();
  void fail_connection(Reason reason, std::string_view why);
  void schedule();
  std::int64_t now_ms() { return platform_.monotonic_us() / 1'000; }
  std::int64_t jitter(std::int64_t below);
  void send_frame(const Frame& frame);
  bool is_talking() const { return status_.phase >= Phase::repair && status_.phase <= Phase::live; }

  // client_dialogue.cc: what the hub says
  void hear(const Welcome& welcome);
  void hear(const Verdict& verdict);
  void hear(const EntryChunk& chunk);
  void hear(const Live& live);
  void hear(const AuthDue& due);
  void hear(const Message& message);
  void hear(const Ping& ping);
  void hear(const Pong&) {}
  void hear(const Pause& pause);
  void hear(const Resume& resume);
  void hear(const Drain& drain);
  void hear(const ErrorFrame& error);
  template <class Other>  // what only a replica says
  void hear(const Other&) {
    fail_connection(Reason::bad_request, "the hub sent what only a replica sends");
  }
  void say_hello();
  void take_in();
  void fork(std::uint64_t match_seq);
  bool is_not_mine(const Incoming& entry);
  void acknowledge();
  void push();
  bool push_one();

  Platform& platform_;
  Journal& journal_;
  ClientOptions options_;
  Status status_;
  std::vector<Action> actions_;
  std::int64_t next_tick_ms_ = never;

  // Of this attempt.
  std::uint64_t connection_ = 0;  // the newest; what comes from another is not listened to
  std::int64_t attempt_at_ms_ = never;
  std::int64_t deadline_ms_ = never;  // of connecting, or of WELCOME
  std::int64_t heard_at_ms_ = 0;
  bool ping_sent_ = false;

  // Of this connection.
  Standing standing_;                  // as HELLO said
  std::uint64_t hello_acked_seq_ = 0;  // likewise
  std::uint64_t hello_last_seq_ = 0;   // the last of the digests in it
  Epoch epoch_ = {};
  Digest chain_ = {};  // at status_.position
  std::optional<Assembly> assembly_;
  std::deque<Unanswered> unanswered_;
  std::uint64_t next_push_ = 0;
  std::size_t unanswered_bytes_ = 0;
  std::size_t push_bytes_max_ = 0;
  std::size_t unacked_bytes_ = 0;  // of entries
  std::int64_t ack_at_ms_ = never;
  std::int64_t verdict_due_ms_ = never;
  std::uint64_t pings_ = 0;

  // Until it was live again.
  bool token_wanted_ = false;
  bool told_in_use_ = false;

  static constexpr std::int64_t never = std::int64_t{1} << 62;
};

}  // namespace outboard::sync
