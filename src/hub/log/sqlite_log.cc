#include "hub/log/sqlite_log.h"

#include "hub/log/verify.h"

namespace outboard::hub {

namespace {

std::uint64_t number_of(ReplicaId id) { return static_cast<std::uint64_t>(id); }

// Whatever SQLite says, to the shard the log is away (F14).
Error away(const Error& error) {
  return fail(Code::unavailable, "the log cannot be read: " + error.message, error.hint);
}

template <class T>
Result<T> or_away(Result<T> result) {
  if (!result.ok()) return away(result.error());
  return result;
}

}  // namespace

Result<std::unique_ptr<SqliteLog>> SqliteLog::open(const std::filesystem::path& path,
                                                   std::function<void()> ended, const char* vfs) {
  auto file = TRY(LogFile::open(path, vfs));
  auto reader = TRY(file.connect_reader());
  auto found = TRY(verify(reader.get(), Extent::newest));
  if (!found.faults.empty())
    return fail(Code::corrupt, path.string() + ": " + found.faults.front(),
                "restore a backup: replicas bring back what it lacks");
  auto writer = TRY(file.connect_writer());
  return std::unique_ptr<SqliteLog>(
      new SqliteLog(std::move(file), std::move(reader), std::move(writer), std::move(ended)));
}

SqliteLog::SqliteLog(LogFile file, Database reader, Database writer, std::function<void()> ended)
    : file_(std::move(file)),
      db_(std::move(reader)),
      find_(db_.get(), "select id, epoch, head, chain, accepted_ms from space where name = ?"),
      replica_(db_.get(),
               "select subject, last_seq, last_stamp_time from replica where space = ? and id = ?"),
      position_(db_.get(),
                "select position, digest from entry where space = ? and replica = ? and seq = ?"),
      rejection_(db_.get(),
                 "select digest, reason, hint from rejection"
                 " where space = ? and replica = ? and seq = ?"),
      chain_(db_.get(), "select chain from entry where space = ? and position = ?"),
      read_(db_.get(),
            "select position, accepted_ms, subject, chain, replica, seq, digest, frozen from entry"
            " where space = ? and position > ? and position <= ? order by position"),
      writer_(std::move(writer), std::move(ended)) {}

Result<SqliteLog::Known*> SqliteLog::known(const std::string& name) {
  if (auto found = spaces_.find(name); found != spaces_.end()) return &found->second;
  if (!TRY(or_away(find_.with(name).step()))) return nullptr;
  auto& known = spaces_[name];
  known.id = find_.number(0);
  known.state = {.epoch = find_.array<Epoch>(1),
                 .head = {find_.number(2), find_.array<Digest>(3)},
                 .accepted_ms = find_.number(4)};
  find_.reset();
  return &known;
}

Result<std::optional<SpaceState>> SqliteLog::space(const std::string& name) {
  auto* space = TRY(known(name));
  return space ? std::optional(space->state) : std::nullopt;
}

Result<SpaceState> SqliteLog::create(const std::string& name, const Epoch& epoch) {
  return or_away(writer_.create(name, epoch));
}

Result<ReplicaState> SqliteLog::replica(const std::string& space, ReplicaId id) {
  auto* in = TRY(known(space));
  ReplicaState state;
  if (!in || !TRY(or_away(replica_.with(in->id, number_of(id)).step()))) return state;
  state = {.subject = replica_.text(0),
           .last_seq = replica_.number(1),
           .last_stamp_time = replica_.number(2)};
  replica_.reset();
  return state;
}

Result<std::optional<Answer>> SqliteLog::answer(const std::string& space, ReplicaId id,
                                                std::uint64_t seq) {
  auto* in = TRY(known(space));
  if (!in) return std::optional<Answer>();
  if (TRY(or_away(position_.with(in->id, number_of(id), seq).step()))) {
    Answer answer{.digest = position_.array<Digest>(1), .position = position_.number(0)};
    position_.reset();
    return std::optional(answer);
  }
  if (!TRY(or_away(rejection_.with(in->id, number_of(id), seq).step())))
    return std::optional<Answer>();
  Answer answer{.digest = rejection_.array<Digest>(0),
                .reason = static_cast<Reason>(rejection_.number(1)),
                .hint = rejection_.text(2)};
  rejection_.reset();
  return std::optional(std::move(answer));
}

Result<std::optional<Digest>> SqliteLog::chain_at(const std::string& space,
                                                  std::uint64_t position) {
  auto* in = TRY(known(space));
  if (!in || position > in->state.head.position) return std::optional<Digest>();
  if (position == 0) return std::optional(sync::chain_start(in->state.epoch));
  if (!TRY(or_away(chain_.with(in->id, position).step()))) return std::optional<Digest>();
  auto chain = chain_.array<Digest>(0);
  chain_.reset();
  return std::optional(chain);
}

Result<std::vector<LogEntry>> SqliteLog::read(const std::string& space, std::uint64_t after,
                                              std::size_t bytes) {
  std::vector<LogEntry> entries;
  auto* in = TRY(known(space));
  if (!in) return entries;
  read_.with(in->id, after, in->state.head.position);
  std::size_t taken = 0;
  while ((entries.empty() || taken < bytes) && TRY(or_away(read_.step()))) {
    auto frozen = read_.bytes(7);
    entries.push_back({.facts = {.position = read_.number(0),
                                 .accepted_ms = read_.number(1),
                                 .subject = read_.text(2)},
                       .chain = read_.array<Digest>(3),
                       .replica = static_cast<ReplicaId>(read_.number(4)),
                       .seq = read_.number(5),
                       .digest = read_.array<Digest>(6),
                       .frozen = Bytes(frozen.begin(), frozen.end())});
    taken += frozen.size();
  }
  read_.reset();
  return entries;
}

void SqliteLog::append(const Group& group) {
  under_way_ = group;
  writer_.append(*under_way_);
}

std::optional<Appended> SqliteLog::take_outcome() {
  auto outcome = writer_.take_outcome();
  if (!outcome) return outcome;
  if (*outcome == Appended::stored)
    for (auto& [name, group] : *under_way_)
      if (auto found = spaces_.find(name); found != spaces_.end())
        found->second.state = group.after;
  under_way_.reset();
  return outcome;
}

}  // namespace outboard::hub
