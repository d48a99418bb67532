// Shard: the hub's side of the dialogue, for a number of spaces that share a log. A state machine
// without I/O: the host tells it what happened, and does what it asks for.
//
// Whoever says hello and whoever pushes gets in line. Between two commits of the log the shard
// takes what stands there: it lets in, and judges; what it judged becomes one commit. Only when
// that has ended do verdicts and entries leave (Y3), and the next ones are taken. So nothing is
// ever decided on what may not last.
//
// Lives on one thread. Borrows platform and log, which must outlive it. After each call the host
// takes the actions and, at next_tick_ms() at the latest, calls tick().
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <variant>

#include "base/platform.h"
#include "hub/space/ring.h"
#include "sync/frame.h"
#include "sync/limits.h"

namespace outboard::hub {

// What a token says about one space.
struct Claim {
  std::string subject = {};
  std::uint64_t rights = 0;     // bits of sync::rights
  std::int64_t expires_ms = 0;  // since 1970; 0: never
};

// The one place that lets in or keeps out (Y12). Its Error is `unavailable` if it cannot tell at
// present; any other keeps out.
using Authorise = std::function<Result<Claim>(std::string_view token, std::string_view space)>;

struct SendShared {
  std::uint64_t connection = 0;
  SharedFrame frame = {};
};
struct CloseConnection {
  std::uint64_t connection = 0;
};
using HubAction = std::variant<SendShared, CloseConnection>;

class Shard {
 public:
  Shard(Platform& platform, Log& log, Authorise authorise);

  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;
  ~Shard();

  // Numbers are the host's choice, none twice. After closed(), or after the shard asked for it to
  // be closed, a connection is forgotten: what comes from it later is not listened to.
  void opened(std::uint64_t connection);
  void received(std::uint64_t connection, ByteView frame);
  void closed(std::uint64_t connection);

  // The end of the append that is under way.
  void appended(Appended outcome);

  // Sends everybody away, to come again after so long.
  void drain(std::int64_t reconnect_after_ms);

  // The log does not know what it holds: nothing more is answered; the process must end, and verify
  // the log before it goes on (Y16).
  bool is_broken() const { return broken_; }

  std::size_t connections() const { return connections_.size(); }

  void tick();
  std::int64_t next_tick_ms() const { return next_tick_ms_; }

  std::vector<HubAction> take_actions() { return std::exchange(actions_, {}); }

 private:
  struct Space {
    std::string name;
    SpaceState state = {};
    Ring ring = {};
    std::map<ReplicaId, std::uint64_t> followers = {};  // their open connections
  };

  enum class Stage : std::uint8_t { fresh, waiting, open };

  struct Connection {
    std::uint64_t number = 0;
    Stage stage = Stage::fresh;
    std::int64_t heard_at_ms = 0;
    std::int64_t opened_at_ms = 0;

    // From HELLO on.
    sync::Hello hello = {};
    Claim claim = {};
    std::uint64_t probes = 0;  // the connection of another instance, while that is asked
    std::int64_t probe_until_ms = 0;

    // From WELCOME on.
    Space* space = nullptr;
    std::uint64_t cursor = 0;                                        // sent up to here
    std::deque<std::pair<std::uint64_t, std::size_t>> unacked = {};  // positions and bytes
    std::size_t unacked_bytes = 0;
    std::size_t window = 0;
    std::int64_t progress_at_ms = 0;
    std::uint64_t heard_seq = 0;  // verdicts up to here have arrived
    std::uint64_t probed_by = 0;
    bool is_forked = false;
    bool told_live = false;
    bool told_auth_due = false;
    bool told_paused = false;
    std::uint64_t message_tokens = 0;
    std::int64_t tokens_at_ms = 0;

    // Pushed, and without verdict.
    std::uint64_t pushed = 0;
    std::size_t pushed_bytes = 0;
    std::optional<sync::Push> arriving = {};  // its chunk is the next one
    Bytes arrived = {};
  };

  struct HelloInLine {
    std::uint64_t connection = 0;
  };
  struct PushInLine {
    std::uint64_t connection = 0;
    std::uint64_t seq = 0;
    Digest digest = {};
    std::optional<Reason> rejected = {};
    Bytes frozen = {};
  };
  using InLine = std::variant<HelloInLine, PushInLine>;

  struct Due {
    std::uint64_t connection = 0;
    std::size_t bytes = 0;
    sync::Verdict verdict = {};
  };

  // A commit in the making, and until it has ended.
  struct Draft {
    Group group = {};
    std::map<std::string, std::map<std::pair<ReplicaId, std::uint64_t>, Answer>> answers = {};
    std::vector<Due> verdicts = {};
    std::size_t taken = 0;
    std::size_t bytes = 0;
    bool writes = false;
  };

  // shard.cc: connections and time
  Connection* find(std::uint64_t connection);
  void send(Connection& to, const sync::Frame& frame);
  void refuse(Connection& one, const sync::ErrorFrame& error);
  void refuse(Connection& one, Reason reason, std::string message);
  void forget(Connection& one);
  void check_time(Connection& one, std::int64_t now);
  std::int64_t now_ms() { return platform_.monotonic_us() / 1'000; }

  // shard_dialogue.cc: what a replica says
  void hear(Connection& from, const sync::Hello& hello);
  void hear(Connection& from, const sync::Auth& auth);
  void hear(Connection& from, const sync::Push& push);
  void hear(Connection& from, const sync::Ack& ack);
  void hear(Connection& from, const sync::Message& message);
  void hear(Connection& from, const sync::Ping& ping);
  void hear(Connection&, const sync::Pong&) {}
  void hear(Connection& from, const sync::ErrorFrame& error);
  template <class Other>  // what only a hub says
  void hear(Connection& from, const Other&) {
    refuse(from, Reason::bad_request, "a replica sent what only a hub sends");
  }
  void pump(Connection& to);
  void pause_all();
  void resume_all();

  // admission.cc
  void admit(Connection& one);
  bool make_way(Connection& one);
  Result<Space*> open_space(const Connection& one);
  Result<sync::Welcome> welcome(const Space& space, const Connection& one);
  Result<std::uint64_t> agreed_position(const Space& space, const sync::Hello& hello);
  Result<std::uint64_t> match_seq(const Space& space, const sync::Hello& hello,
                                  std::uint64_t last_seq);
  void answer_probe(Connection& alive);

  // append.cc
  void work();
  bool is_full(const Draft& draft) const;
  void judge(Draft& draft, const PushInLine& push);
  Result<Answer> answer_to(Draft& draft, Connection& from, const PushInLine& push);
  Answer judged(const SpaceGroup& group, ReplicaState& replica, const Connection& from,
                const PushInLine& push);
  void append(Draft draft);
  void settle(Draft& draft);

  Platform& platform_;
  Log& log_;
  Authorise authorise_;
  std::map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::map<std::string, std::unique_ptr<Space>> spaces_;
  std::map<std::string, std::size_t> connections_of_;  // that are open, by subject
  std::deque<InLine> line_;
  std::optional<Draft> under_way_;
  std::optional<Draft> to_try_again_;
  std::int64_t try_again_at_ms_ = never;
  bool working_ = false;
  bool broken_ = false;
  std::int64_t next_tick_ms_ = never;
  std::vector<HubAction> actions_;

  static constexpr std::int64_t never = std::int64_t{1} << 62;
};

}  // namespace outboard::hub
