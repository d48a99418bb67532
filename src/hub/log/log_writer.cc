#include "hub/log/log_writer.h"

#include "base/assert.h"

namespace outboard::hub {

namespace {

constexpr int log_pages_max = 1'000;  // then they go into the file proper

std::uint64_t number_of(ReplicaId id) { return static_cast<std::uint64_t>(id); }

}  // namespace

LogWriter::LogWriter(Database db, std::function<void()> ended)
    : db_(std::move(db)),
      ended_(std::move(ended)),
      begin_(db_.get(), "begin immediate"),
      commit_(db_.get(), "commit"),
      rollback_(db_.get(), "rollback"),
      create_(db_.get(),
              "insert into space(name, epoch, head, chain, accepted_ms) values(?, ?, 0, ?, 0)"),
      find_(db_.get(), "select id from space where name = ?"),
      move_head_(db_.get(), "update space set head = ?, chain = ?, accepted_ms = ? where id = ?"),
      add_entry_(db_.get(),
                 "insert into entry(space, position, accepted_ms, subject, chain, replica, seq,"
                 " digest, frozen) values(?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      put_replica_(db_.get(),
                   "insert into replica values(?, ?, ?, ?, ?) on conflict do update set"
                   " subject = excluded.subject, last_seq = excluded.last_seq,"
                   " last_stamp_time = excluded.last_stamp_time"),
      put_rejection_(db_.get(), "insert or replace into rejection values(?, ?, ?, ?, ?, ?)"),
      drop_heard_(db_.get(), "delete from rejection where space = ? and replica = ? and seq <= ?") {
  auto count_pages = [](void* counter, sqlite3*, const char*, int pages) {
    *static_cast<int*>(counter) = pages;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(db_.get(), count_pages, &log_pages_);
  thread_ = std::thread([this] { work(); });
}

LogWriter::~LogWriter() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Result<SpaceState> LogWriter::create(const std::string& name, const Epoch& epoch) {
  std::lock_guard lock(using_db_);
  if (broken_) return fail(Code::unavailable, "the log is to be verified", "start the hub again");
  auto chain = sync::chain_start(epoch);
  TRY(create_.with(name, epoch, chain).run());
  return SpaceState{.epoch = epoch, .head = {0, chain}};
}

void LogWriter::append(const Group& group) {
  {
    std::lock_guard lock(mutex_);
    OB_ASSERT(!under_way_ && !outcome_);
    under_way_ = &group;
  }
  changed_.notify_all();
}

std::optional<Appended> LogWriter::take_outcome() {
  std::lock_guard lock(mutex_);
  return std::exchange(outcome_, std::nullopt);
}

void LogWriter::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return under_way_ || stop_; });
    if (!under_way_) return;
    lock.unlock();
    auto outcome = commit(*under_way_);
    lock.lock();
    under_way_ = nullptr;
    outcome_ = outcome;
    lock.unlock();
    ended_();
    checkpoint();
    lock.lock();
  }
}

Appended LogWriter::commit(const Group& group) {
  std::lock_guard lock(using_db_);
  if (broken_) return Appended::unknown;
  if (!begin_.run().ok()) return Appended::nothing;
  for (auto& [name, of_space] : group) {
    if (write(name, of_space).ok()) continue;
    if (sqlite3_get_autocommit(db_.get()) == 0) (void)rollback_.run();
    return Appended::nothing;
  }
  if (commit_.run().ok()) return Appended::stored;
  return after_failed_commit(sqlite3_extended_errcode(db_.get()));
}

// A commit that could not be written is not there. One that could not be flushed may be there, and
// may be gone after the next power cut: after that no flush can be believed (Y16).
Appended LogWriter::after_failed_commit(int code) {
  bool undone = sqlite3_get_autocommit(db_.get()) != 0 || rollback_.run().ok();
  bool harmless = (code & 0xff) == SQLITE_FULL || (code & 0xff) == SQLITE_BUSY;
  if (undone && harmless) return Appended::nothing;
  broken_ = true;
  return Appended::unknown;
}

Result<void> LogWriter::write(const std::string& name, const SpaceGroup& group) {
  if (!TRY(find_.with(name).step())) return fail(Code::not_found, "there is no space " + name);
  auto space = find_.number(0);
  find_.reset();
  for (auto& entry : group.entries)
    TRY(add_entry_
            .with(space, entry.facts.position, entry.facts.accepted_ms, entry.facts.subject,
                  entry.chain, number_of(entry.replica), entry.seq, entry.digest,
                  ByteView(entry.frozen))
            .run());
  for (auto& [id, replica] : group.replicas)
    TRY(put_replica_
            .with(space, number_of(id), replica.subject, replica.last_seq, replica.last_stamp_time)
            .run());
  for (auto& [number, answer] : group.rejections)
    TRY(put_rejection_
            .with(space, number_of(number.first), number.second, answer.digest,
                  static_cast<std::uint64_t>(*answer.reason), answer.hint)
            .run());
  for (auto& [id, seq] : group.heard) TRY(drop_heard_.with(space, number_of(id), seq).run());
  auto& after = group.after;
  return move_head_.with(after.head.position, after.head.chain, after.accepted_ms, space).run();
}

void LogWriter::checkpoint() {
  std::lock_guard lock(using_db_);
  if (broken_ || log_pages_ < log_pages_max) return;
  int code =
      sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if ((code & 0xff) == SQLITE_IOERR) broken_ = true;
  log_pages_ = 0;
}

}  // namespace outboard::hub
