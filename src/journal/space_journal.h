// SpaceJournal: what the dialogue with a hub asks of a replica (sync/journal.h), out of its
// journal: which own transactions have which number, what became of them, how far the log was read,
// and what of it this version cannot read.
//
// A transaction gets its number late, with others, in a commit of number()'s: a local commit pays
// nothing for it. From then on its bytes are frozen (J4). One that waited behind a parked one, and
// has been overtaken, is said again under a newer stamp first: stamps rise with numbers.
//
// Lives on the engine's thread; the journal and its connection outlive it. No call may be made
// while a transaction is open.
#pragma once

#include "journal/cells.h"
#include "journal/journal.h"
#include "sync/checkpoints.h"
#include "sync/journal.h"
#include "sync/outbox.h"

namespace outboard::journal {

class SpaceJournal final : public sync::Journal {
 public:
  struct Options {
    std::string space = {};
    std::string subject = {};  // who writes here
  };
  static Result<std::unique_ptr<SpaceJournal>> open(journal::Journal& journal, Connection& writer,
                                                    Options options);

  // All that is committed by now is safe from a power cut.
  void flushed() { flushed_ = now_; }

  // Gives their numbers to all transactions that may be sent. To be called after local commits,
  // and after what sets others free: verdicts, retry(), discard(), fork().
  Result<void> number();

  // An own transaction that waits for a verdict, or was refused.
  struct Waiting {
    std::int64_t record = 0;
    std::optional<std::uint64_t> seq = {};
    std::optional<sync::Reason> rejected = {};
    std::string hint = {};
    bool is_stored = false;  // others may have it (a hub that lost its memory refused it later)
  };
  Result<std::vector<Waiting>> waiting();

  // Says a refused transaction again, with what depends on it and was refused as well; or takes it
  // back: then it was never here. `not_found` if no such one is parked; `busy` if what became of
  // others must be known first; `conflict` if others may have it already: undo it instead.
  Result<void> retry(std::int64_t record);
  Result<void> discard(std::int64_t record);

  // What this version could not read, and why.
  struct Quarantined {
    std::uint64_t position = 0;
    Error why = {};
  };
  Result<std::vector<Quarantined>> quarantined();

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
  struct Numbered {
    std::uint64_t replica = 0;
    std::uint64_t last_seq = 0;
    std::uint64_t acked_seq = 0;
    std::uint64_t times_forgotten = 0;
  };

  SpaceJournal(journal::Journal& journal, Connection& writer, Options options)
      : journal_(journal), writer_(writer), options_(std::move(options)) {}

  Result<void> create();
  Result<void> load();
  Result<void> load_numbers();
  Result<void> load_outbox();
  Result<void> commit(const std::function<Result<void>()>& work);
  Result<void> number_next(sync::Outbox& outbox, std::uint64_t& last_seq, std::uint64_t& newest);
  Result<void> set_position(const sync::Checkpoints& checkpoints);
  Result<void> quarantine(const sync::Incoming& entry, const Error& why);
  Result<void> renamed();
  Result<void> say_under_new_name(const std::vector<Waiting>& pending);
  Result<StatementLease> ask_pending(const std::string& columns, std::uint64_t replica);
  Result<std::vector<Waiting>> waiting_or_stored();
  // What the outbox knows the rows of a transaction by.
  static std::vector<std::uint64_t> rows_of(const Intent& intent);
  static void take_out(sync::Outbox& from, std::uint64_t id);
  Result<void> say_again(std::span<const std::int64_t> records);
  Result<void> expect_last(std::span<const std::int64_t> records,
                           std::span<const std::int64_t> kept);
  Result<std::vector<std::uint64_t>> rows_of_record(std::int64_t record);
  Result<std::vector<std::int64_t>> pending_but(std::span<const std::int64_t> these);

  // Statements of its own, with their values.
  template <class... Values>
  Result<StatementLease> ask(const char* sql, Values... values) {
    auto statement = TRY(writer_.prepare_own(sql));
    int parameter = 0;
    (put(*statement, ++parameter, values), ...);
    return statement;
  }
  template <class... Values>
  Result<void> run(const char* sql, Values... values) {
    auto statement = TRY(ask(sql, values...));
    (void)TRY(statement->step());
    return {};
  }
  template <std::integral Integer>
  static void put(Statement& to, int parameter, Integer value) {
    to.bind_integer(parameter, static_cast<std::int64_t>(value));
  }
  static void put(Statement& to, int parameter, ByteView value) { to.bind_blob(parameter, value); }
  static void put(Statement& to, int parameter, std::string_view value) {
    bind_text(to, parameter, value);
  }

  journal::Journal& journal_;
  Connection& writer_;
  Options options_;
  std::optional<sync::Epoch> epoch_;
  sync::Checkpoints checkpoints_;
  sync::Outbox outbox_;
  Numbered now_, flushed_;
};

}  // namespace outboard::journal
