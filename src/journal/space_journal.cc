#include "journal/space_journal.h"

#include <algorithm>

#include "base/assert.h"
#include "base/bytes.h"
#include "journal/cells.h"
#include "store/hidden_table.h"

namespace outboard::journal {

namespace {

constexpr const char* create_sql =
    "create table if not exists sqlite_outboard_space("
    "epoch blob, settled integer not null, replica integer not null);"
    "create table if not exists sqlite_outboard_outbox("
    "seq integer primary key, record integer unique, time integer not null, header blob not null, "
    "digest blob not null, reason integer, hint text, answered integer not null, "
    "stored integer not null, applied integer not null);"
    "create table if not exists sqlite_outboard_taken_back(record integer primary key);"
    "create table if not exists sqlite_outboard_checkpoint("
    "position integer primary key, chain blob not null);"
    "create table if not exists sqlite_outboard_quarantine("
    "position integer primary key, accepted_ms integer not null, subject text not null, "
    "digest blob not null, frozen blob not null, code integer not null, message text not null)";

Digest digest_in(ByteView bytes) {
  Digest digest{};
  std::ranges::copy(bytes.first(std::min(bytes.size(), digest.size())), digest.begin());
  return digest;
}

// What is in an entry, if this version can read it.
Result<Intent> intent_in(const sync::Incoming& entry) {
  if (!entry.transaction) return entry.transaction.error();
  const auto& [header, parts] = *entry.transaction;
  bool is_plain = header.kind == sync::TransactionKind::transaction && parts.size() == 1 &&
                  header.parts[0].algorithm == 0;
  if (!is_plain)
    return fail(Code::outdated, "the entry is of a kind that is not known here",
                "open the file with a later version of Outboard");
  auto intent = TRY(decode_intent(parts[0]));
  if (intent.stamp == header.stamp) return intent;
  return fail(Code::bad_request, "the entry's stamp is not that of what is in it",
              "the replica that wrote it is broken or hostile");
}

}  // namespace

Result<std::unique_ptr<SpaceJournal>> SpaceJournal::open(journal::Journal& journal,
                                                         Connection& writer, Options options) {
  auto space = std::unique_ptr<SpaceJournal>(new SpaceJournal(journal, writer, std::move(options)));
  auto made = journal.in_one_commit([&]() -> Result<void> {
    TRY(journal.ensure());
    return space->create();
  });
  if (!made) return made.error();
  TRY(space->load());
  return space;
}

Result<void> SpaceJournal::create() {
  TRY(writer_.as_own([&] { return create_hidden(writer_.handle(), create_sql); }));
  auto there = TRY(ask("select 1 from sqlite_outboard_space"));
  if (TRY(there->step())) return {};
  return run("insert into sqlite_outboard_space values (null, 0, ?)", journal_.replica());
}

// ---- What is known in memory ----

Result<void> SpaceJournal::load() {
  auto space = TRY(ask("select epoch, replica from sqlite_outboard_space"));
  epoch_.reset();
  if (TRY(space->step())) now_.replica = static_cast<std::uint64_t>(space->integer(1));
  if (space->kind(0) == Kind::blob) {
    sync::Epoch epoch{};
    auto bytes = space->blob(0);
    std::ranges::copy(bytes.first(std::min(bytes.size(), epoch.size())), epoch.begin());
    epoch_ = epoch;
  }
  std::vector<sync::Checkpoint> checkpoints;
  auto rows =
      TRY(ask("select position, chain from sqlite_outboard_checkpoint order by position desc"));
  while (TRY(rows->step()))
    checkpoints.push_back({static_cast<std::uint64_t>(rows->integer(0)), digest_in(rows->blob(1))});
  checkpoints_ = sync::Checkpoints(std::move(checkpoints));
  space->reset();
  if (now_.replica != journal_.replica()) TRY(renamed());
  TRY(load_numbers());
  return load_outbox();
}

Result<void> SpaceJournal::load_numbers() {
  auto numbers =
      TRY(ask("select coalesce(max(seq), 0), coalesce(min(case when answered then null else seq "
              "end) - 1, max(seq), 0) from sqlite_outboard_outbox"));
  (void)TRY(numbers->step());
  now_.replica = journal_.replica();
  now_.last_seq = static_cast<std::uint64_t>(numbers->integer(0));
  now_.acked_seq = static_cast<std::uint64_t>(numbers->integer(1));
  return {};
}

Result<void> SpaceJournal::load_outbox() {
  outbox_ = {};
  auto rows =
      TRY(ask_pending("r.n, r.intent, o.seq, o.reason, coalesce(o.stored, 0)", now_.replica));
  while (TRY(rows->step())) {
    if (rows->integer(4) != 0) continue;
    auto intent = TRY(decode_intent(rows->blob(1)));
    sync::Outbox::Item item{.id = static_cast<std::uint64_t>(rows->integer(0)),
                            .subject = options_.subject,
                            .rows = rows_of(intent)};
    if (rows->kind(2) != Kind::null) item.seq = static_cast<std::uint64_t>(rows->integer(2));
    if (rows->kind(3) != Kind::null) item.parked = static_cast<sync::Reason>(rows->integer(3));
    outbox_.add(std::move(item));
  }
  return {};
}

// What is known in memory goes by what is committed.
Result<void> SpaceJournal::commit(const std::function<Result<void>()>& work) {
  TRY(journal_.in_one_commit(work));
  TRY(load_numbers());
  return {};
}

// ---- Numbers ----

Result<void> SpaceJournal::number() {
  TRY(load_outbox());
  auto outbox = outbox_;
  if (!outbox.next(options_.subject)) return {};
  auto last_seq = now_.last_seq;
  auto done = commit([&]() -> Result<void> {
    auto newest = TRY(ask("select coalesce(max(time), 0) from sqlite_outboard_outbox"));
    (void)TRY(newest->step());
    auto time = static_cast<std::uint64_t>(newest->integer(0));
    while (outbox.next(options_.subject)) TRY(number_next(outbox, last_seq, time));
    return run(
        "update sqlite_outboard_space set settled = coalesce((select min(r.n) - 1 from "
        "sqlite_outboard_record r left join sqlite_outboard_outbox o on o.record = r.n where "
        "r.n > settled and r.replica = ? and not coalesce(o.applied, 0) and not exists(select 1 "
        "from sqlite_outboard_taken_back t where t.record = r.n)), settled)",
        journal_.replica());
  });
  if (done) outbox_ = std::move(outbox);
  return done;
}

Result<void> SpaceJournal::number_next(sync::Outbox& outbox, std::uint64_t& last_seq,
                                       std::uint64_t& newest) {
  auto id = outbox.next(options_.subject)->id;
  auto time = TRY(ask("select time from sqlite_outboard_record where n = ?", id));
  (void)TRY(time->step());
  if (static_cast<std::uint64_t>(time->integer(0)) <= newest) {
    std::vector<std::int64_t> overtaken;
    for (const auto& item : outbox.items())
      if (!item.seq && item.id >= id) overtaken.push_back(static_cast<std::int64_t>(item.id));
    TRY(say_again(overtaken));
    auto gone = TRY(ask("select 1 from sqlite_outboard_taken_back where record = ?", id));
    if (TRY(gone->step())) {
      take_out(outbox, id);
      return {};
    }
  }
  outbox.number(id, last_seq + 1);
  auto row = TRY(ask("select intent, time from sqlite_outboard_record where n = ?", id));
  (void)TRY(row->step());
  newest = static_cast<std::uint64_t>(row->integer(1));
  Bytes parts[] = {Bytes(row->blob(0).begin(), row->blob(0).end())};
  sync::Header header{.space = options_.space,
                      .replica = sync::ReplicaId{journal_.replica()},
                      .seq = ++last_seq,
                      .stamp = {newest, journal_.replica()},
                      .seen = checkpoints_.all().empty() ? 0 : checkpoints_.all().front().position,
                      .parts = {{}}};
  auto frozen = sync::freeze(header, parts);
  auto digest = sync::digest_of(frozen);
  return run("insert into sqlite_outboard_outbox values (?, ?, ?, ?, ?, null, null, 0, 0, 0)",
             header.seq, id, newest, ByteView(frozen).first(frozen.size() - parts[0].size()),
             ByteView(digest));
}

Result<std::vector<SpaceJournal::Quarantined>> SpaceJournal::quarantined() {
  std::vector<Quarantined> all;
  auto rows =
      TRY(ask("select position, code, message from sqlite_outboard_quarantine order by position"));
  while (TRY(rows->step())) {
    all.push_back({static_cast<std::uint64_t>(rows->integer(0)),
                   {static_cast<Code>(rows->integer(1)), std::string(rows->text(2)), ""}});
  }
  return all;
}

// ---- sync::Journal ----

sync::Standing SpaceJournal::standing() {
  return {sync::ReplicaId{now_.replica}, epoch_, checkpoints_.all()};
}

std::uint64_t SpaceJournal::acked_seq() {
  return flushed_.replica == now_.replica ? std::min(flushed_.acked_seq, now_.acked_seq) : 0;
}

std::uint64_t SpaceJournal::durable_seq() {
  if (flushed_.replica != now_.replica) return 0;
  return flushed_.times_forgotten == now_.times_forgotten ? flushed_.last_seq : now_.acked_seq;
}

std::optional<sync::Outgoing> SpaceJournal::outgoing(std::uint64_t seq) {
  auto row =
      ask("select o.header, o.digest, o.reason, r.intent from sqlite_outboard_outbox o "
          "left join sqlite_outboard_record r on r.n = o.record where o.seq = ?",
          seq);
  if (!row) return std::nullopt;
  auto stepped = (*row)->step();
  if (!stepped || !*stepped) return std::nullopt;
  sync::Outgoing outgoing{.digest = digest_in((*row)->blob(1))};
  if ((*row)->kind(2) != Kind::null)
    outgoing.rejected = static_cast<sync::Reason>((*row)->integer(2));
  append(outgoing.frozen, (*row)->blob(0));
  append(outgoing.frozen, (*row)->blob(3));
  return outgoing;
}

Result<void> SpaceJournal::stored(std::uint64_t seq, std::uint64_t) {
  TRY(commit([&] {
    return run("update sqlite_outboard_outbox set answered = 1, stored = 1 where seq = ?", seq);
  }));
  outbox_.stored(seq);
  return {};
}

Result<void> SpaceJournal::rejected(std::uint64_t seq, sync::Reason reason, std::string_view hint) {
  TRY(commit([&] {
    return run("update sqlite_outboard_outbox set answered = 1, reason = ?, hint = ? where seq = ?",
               static_cast<std::uint64_t>(reason), hint, seq);
  }));
  outbox_.park(seq, reason);
  return {};
}

Result<void> SpaceJournal::apply(const sync::Incoming& entry) {
  auto checkpoints = checkpoints_;
  checkpoints.add({entry.facts.position, entry.chain});
  auto intent = intent_in(entry);
  auto done = commit([&]() -> Result<void> {
    TRY(set_position(checkpoints));
    if (!intent) return quarantine(entry, intent.error());
    TRY(journal_.take_in(*intent, entry.transaction->parts[0]));
    const auto& header = entry.transaction->header;
    if (static_cast<std::uint64_t>(header.replica) != now_.replica) return {};
    return run("update sqlite_outboard_outbox set applied = 1 where seq = ?", header.seq);
  });
  if (!done) return done;
  checkpoints_ = std::move(checkpoints);
  return {};
}

Result<void> SpaceJournal::quarantine(const sync::Incoming& entry, const Error& why) {
  return run("insert or replace into sqlite_outboard_quarantine values (?, ?, ?, ?, ?, ?, ?)",
             entry.facts.position, entry.facts.accepted_ms, std::string_view(entry.facts.subject),
             ByteView(entry.digest), entry.frozen, static_cast<std::uint64_t>(why.code),
             std::string_view(why.message));
}

Result<void> SpaceJournal::set_position(const sync::Checkpoints& checkpoints) {
  for (const auto& old : checkpoints_.all()) {
    if (std::ranges::find(checkpoints.all(), old) == checkpoints.all().end())
      TRY(run("delete from sqlite_outboard_checkpoint where position = ?", old.position));
  }
  for (const auto& fresh : checkpoints.all()) {
    if (std::ranges::find(checkpoints_.all(), fresh) == checkpoints_.all().end())
      TRY(run("insert into sqlite_outboard_checkpoint values (?, ?)", fresh.position,
              ByteView(fresh.chain)));
  }
  return {};
}

Result<void> SpaceJournal::adopt(const sync::Epoch& epoch) {
  TRY(commit([&] { return run("update sqlite_outboard_space set epoch = ?", ByteView(epoch)); }));
  epoch_ = epoch;
  return {};
}

Result<void> SpaceJournal::rewind(std::uint64_t position) {
  auto checkpoints = checkpoints_;
  checkpoints.cut(position);
  auto done = commit([&]() -> Result<void> {
    TRY(set_position(checkpoints));
    return run("delete from sqlite_outboard_quarantine where position > ?", position);
  });
  if (!done) return done;
  checkpoints_ = std::move(checkpoints);
  return {};
}

Result<void> SpaceJournal::forget_verdicts(std::uint64_t after_seq) {
  TRY(commit([&] {
    return run("update sqlite_outboard_outbox set answered = 0 where seq > ?", after_seq);
  }));
  ++now_.times_forgotten;
  return {};
}

Result<void> SpaceJournal::fork(std::uint64_t match_seq) {
  auto pending = TRY(waiting_or_stored());
  std::erase_if(pending, [&](const Waiting& one) {
    return one.seq && !one.rejected && *one.seq <= match_seq;
  });
  auto done = commit([&]() -> Result<void> {
    (void)TRY(journal_.rename());
    return say_under_new_name(pending);
  });
  if (!done) return done;
  return load_outbox();
}

// The file was put in the place of another one, and the journal has given it a name of its own.
// What is known to be stored comes back.
Result<void> SpaceJournal::renamed() {
  auto pending = TRY(waiting());
  return commit([&] { return say_under_new_name(pending); });
}

// What the hub lacks is said again under the new name; what it has comes back as another's.
Result<void> SpaceJournal::say_under_new_name(const std::vector<Waiting>& pending) {
  std::vector<std::int64_t> records;
  for (const auto& one : pending) records.push_back(one.record);
  auto kept = TRY(pending_but(records));
  TRY(run("delete from sqlite_outboard_outbox"));
  TRY(run("update sqlite_outboard_space set replica = ?", journal_.replica()));
  auto left = TRY(journal_.say_again(records, kept));
  for (auto each : records) {
    if (std::ranges::find(left, each) == left.end())
      TRY(run("insert into sqlite_outboard_taken_back values (?)", each));
  }
  return {};
}

}  // namespace outboard::journal
