#include "hub/log/log_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "hub/log/query.h"
#include "store/errors.h"

namespace outboard::hub {

namespace {
namespace fs = std::filesystem;

constexpr std::uint64_t application_id = 0x6f62'6c67;  // "oblg"
constexpr std::uint64_t version = 1;

constexpr const char* schema = R"(
  begin immediate;
  create table space(
    id integer primary key, name text not null unique, epoch blob not null,
    head integer not null, chain blob not null, accepted_ms integer not null) strict;
  create table entry(
    id integer primary key, space integer not null, position integer not null,
    accepted_ms integer not null, subject text not null, chain blob not null,
    replica integer not null, seq integer not null, digest blob not null, frozen blob not null,
    unique(space, position), unique(space, replica, seq)) strict;
  create table replica(
    space integer not null, id integer not null, subject text not null,
    last_seq integer not null, last_stamp_time integer not null,
    primary key(space, id)) strict, without rowid;
  create table rejection(
    space integer not null, replica integer not null, seq integer not null,
    digest blob not null, reason integer not null, hint text not null,
    primary key(space, replica, seq)) strict, without rowid;
  pragma application_id = 0x6f626c67;
  pragma user_version = 1;
  commit;
)";

Result<void> run(sqlite3* db, const char* sql) {
  if (int code = sqlite3_exec(db, sql, nullptr, nullptr, nullptr); code != SQLITE_OK)
    return sqlite_error(db, sqlite3_extended_errcode(db));
  return {};
}

Result<Database> connect(const fs::path& file, const char* vfs, int flags, const char* settings) {
  sqlite3* opened = nullptr;
  int code = sqlite3_open_v2(file.c_str(), &opened, flags | SQLITE_OPEN_EXRESCODE, vfs);
  Database db(opened);
  if (code != SQLITE_OK) return sqlite_error(db.get(), code);
  sqlite3_busy_timeout(db.get(), 5'000);  // another process may be reading
  TRY(run(db.get(), settings));
  return db;
}

Result<std::uint64_t> asked(sqlite3* db, const char* sql) {
  Query query(db, sql);
  TRY(query.step());
  return query.number(0);
}

Result<void> check_kind(sqlite3* db, const fs::path& file) {
  if (TRY(asked(db, "pragma application_id")) != application_id)
    return fail(Code::corrupt, file.string() + " is not the log of a hub",
                "name another file: this one was left as it is");
  if (TRY(asked(db, "pragma user_version")) > version)
    return fail(Code::outdated, file.string() + " was written by a newer hub",
                "start that one, or a newer one");
  return {};
}

// Held for as long as the descriptor is open, whatever becomes of the process.
Result<int> lock_beside(const fs::path& file) {
  auto path = file.string() + "-lock";
  int lock = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) {
    auto code = errno == ENOENT                     ? Code::not_found
                : errno == EACCES || errno == EROFS ? Code::denied
                                                    : Code::unavailable;
    return fail(code, path + ": " + std::strerror(errno), "the hub needs a folder it may write to");
  }
  if (::flock(lock, LOCK_EX | LOCK_NB) == 0) return lock;
  ::close(lock);
  return fail(Code::busy, "another hub has " + file.string(),
              "stop it first, or name another file");
}

}  // namespace

Result<LogFile> LogFile::open(const fs::path& path, const char* vfs) {
  LogFile file(path, vfs, TRY(lock_beside(path)));
  auto db = TRY(connect(path, vfs, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, ""));
  if (TRY(asked(db.get(), "select count(*) from sqlite_schema")) == 0) {
    TRY(run(db.get(), "pragma journal_mode = wal"));
    TRY(run(db.get(), schema));
  }
  TRY(check_kind(db.get(), path));
  return file;
}

LogFile::LogFile(LogFile&& from) noexcept
    : path_(std::move(from.path_)), vfs_(from.vfs_), lock_(std::exchange(from.lock_, -1)) {}

LogFile::~LogFile() {
  if (lock_ >= 0) ::close(lock_);
}

Result<Database> LogFile::connect_writer() const {
  return connect(path_, vfs_, SQLITE_OPEN_READWRITE,
                 "pragma journal_mode = wal;"
                 "pragma synchronous = full;"
                 "pragma wal_autocheckpoint = 0;"
                 "pragma cache_size = -8192;");
}

Result<Database> LogFile::connect_reader(const fs::path& file, const char* vfs) {
  if (std::error_code error; !fs::exists(file, error))
    return fail(Code::not_found, "there is no " + file.string(), "name the file of a hub's log");
  auto db = TRY(connect(file, vfs, SQLITE_OPEN_READWRITE,
                        "pragma query_only = 1; pragma cache_size = -8192;"));
  TRY(check_kind(db.get(), file));
  return db;
}

}  // namespace outboard::hub
