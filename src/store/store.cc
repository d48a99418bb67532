#include "store/store.h"

#include "base/limits.h"
#include "store/errors.h"

namespace outboard {

ReaderLease& ReaderLease::operator=(ReaderLease&& other) noexcept {
  give_back();
  connection_ = std::move(other.connection_);
  store_ = other.store_;
  return *this;
}

void ReaderLease::give_back() {
  if (!connection_) return;
  if (connection_->in_transaction()) (void)connection_->run("rollback");
  --store_->readers_out_;
  auto& idle = store_->idle_readers_;
  bool goes_first = connection_->role() == Connection::Role::reader;
  idle.insert(goes_first ? idle.end() : idle.begin(), std::move(connection_));
}

Result<std::unique_ptr<Store>> Store::open(const Options& options, Platform& platform,
                                           const ClaimPlace& claim) {
  auto place = TRY(claim(options.path, options.storage, platform));
  auto store = std::unique_ptr<Store>(new Store(std::move(place), platform, options.functions));
  auto& at = *store->place_;
  auto writer = Connection::open(at.file(), at.vfs(), Connection::Role::writer, store->shared_);
  if (!writer) return at.explain(writer.error());
  store->writer_ = std::move(*writer);
  store->outcomes_ = std::make_unique<OutcomeTable>(*store->writer_);
  (void)TRY(store->reader());

  store->shared_.commits = 0;
  store->info_ = {.path = at.path(),
                  .sqlite = sqlite3_libversion(),
                  .build = OUTBOARD_BUILD,
                  .storage = options.storage,
                  .durability = options.durability,
                  .created = at.created()};
  return store;
}

Store::~Store() {
  outcomes_.reset();
  idle_readers_.clear();
  writer_.reset();  // the last connection: SQLite checkpoints and clears the log
}

Result<ReaderLease> Store::reader() {
  ReaderLease lease;
  lease.store_ = this;
  if (!idle_readers_.empty()) {
    lease.connection_ = std::move(idle_readers_.back());
    idle_readers_.pop_back();
  } else if (readers_out_ >= limits::readers_max) {
    return fail(Code::busy, "too many results are being read at once",
                "read the open streams to their end, or close them");
  } else {
    auto role = readers_out_ == 0 ? Connection::Role::reader : Connection::Role::helper;
    lease.connection_ = TRY(Connection::open(place_->file(), place_->vfs(), role, shared_));
  }
  ++readers_out_;
  TRY(lease.connection_->catch_up());
  return lease;
}

Result<void> Store::flush() {
  sqlite3_file* log = nullptr;
  sqlite3_file_control(writer_->handle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  if (!log || !log->pMethods) return {};
  int code = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
  if (code != SQLITE_OK) return sqlite_error(nullptr, code);
  return {};
}

}  // namespace outboard
