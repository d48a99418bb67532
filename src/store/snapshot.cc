#include "store/snapshot.h"

#include "base/limits.h"
#include "store/errors.h"
#include "store/memory_files.h"
#include "store/vfs.h"

namespace outboard {

namespace {

// Where the header of the first page says how the file is written and read: 1 plainly, 2 with a
// log.
constexpr std::size_t write_version_at = 18, read_version_at = 19;
constexpr std::size_t encoding_at = 59;  // the lowest byte: 1 UTF-8, 2 and 3 UTF-16
constexpr std::size_t header_bytes = 100;

// A database in memory for the time of an import. Not one of SQLite's own, whose page size could
// not be changed.
class Staged {
 public:
  explicit Staged(Platform& platform) : vfs_(files_, platform) {}
  ~Staged() { sqlite3_close(db_); }
  Staged(const Staged&) = delete;
  Staged& operator=(const Staged&) = delete;

  sqlite3* db() const { return db_; }

  Result<void> load(ByteView file) {
    if (files_.write(FileSlot::database, 0, file) != FileOutcome::ok)
      return fail(Code::too_large, "there is not enough memory for the import");
    int code = sqlite3_open_v2("db", &db_, SQLITE_OPEN_READWRITE, vfs_.name());
    if (code != SQLITE_OK) return sqlite_error(db_, code);
    (void)TRY(ask("pragma journal_mode = memory"));
    return {};
  }

  Result<std::string> ask(const char* sql) const {
    sqlite3_stmt* statement = nullptr;
    int code = sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr);
    std::string answer;
    if (code == SQLITE_OK) code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
      auto text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
      answer = text ? text : "";
    }
    sqlite3_finalize(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE) return sqlite_error(db_, code);
    return answer;
  }

 private:
  MemoryFiles files_{2 * limits::import_bytes_max};
  Vfs vfs_;
  sqlite3* db_ = nullptr;
};

Error not_a_database(const std::string& why) {
  return fail(Code::corrupt, "what was imported is not a sound database: " + why,
              "nothing was changed; import another copy");
}

Result<std::int64_t> ask_number(Connection& connection, std::string_view sql) {
  auto prepared = TRY(connection.prepare(sql));
  (void)TRY(prepared.statement->step());
  return prepared.statement->integer(0);
}

Result<std::uint8_t> encoding_of(Connection& connection) {
  auto prepared = TRY(connection.prepare("pragma encoding"));
  (void)TRY(prepared.statement->step());
  auto name = prepared.statement->text(0);
  return std::uint8_t(name == "UTF-8" ? 1 : name == "UTF-16le" ? 2 : 3);
}

}  // namespace

Result<SnapshotReader> read_snapshot(Store& store) {
  SnapshotReader snapshot;
  snapshot.reader = TRY(store.reader());
  TRY(snapshot.reader->run("begin"));
  auto page_bytes = TRY(ask_number(*snapshot.reader, "pragma page_size"));
  auto pages = TRY(ask_number(*snapshot.reader, "pragma page_count"));
  snapshot.bytes = page_bytes * pages;
  snapshot.pages = std::move(
      TRY(snapshot.reader->prepare("select data from sqlite_dbpage order by pgno")).statement);
  return snapshot;
}

void mark_as_whole(std::span<std::uint8_t> first_page) {
  first_page[write_version_at] = 1;
  first_page[read_version_at] = 1;
}

Result<void> restore_snapshot(Store& store, Bytes file, Platform& platform,
                              const std::optional<OutcomeTable::Entry>& note) {
  if (file.size() < header_bytes || text_of(file).substr(0, 15) != "SQLite format 3")
    return not_a_database("it does not begin like one");
  mark_as_whole(file);
  auto encoding = file[encoding_at];
  if (encoding >= 1 && encoding <= 3 && encoding != TRY(encoding_of(store.writer())))
    return fail(Code::bad_request, "the texts in what was imported are UTF-16, or those here are",
                "import the rows instead");

  Staged staged(platform);
  TRY(staged.load(file));
  file = {};
  auto verdict = staged.ask("pragma quick_check(1)");
  if (!verdict) return not_a_database(verdict.error().message);
  if (*verdict != "ok") return not_a_database(*verdict);

  TRY(store.outcomes().copy_to(staged.db(), note));

  auto page_bytes = TRY(ask_number(store.writer(), "pragma page_size"));
  if (TRY(staged.ask("pragma page_size")) != std::to_string(page_bytes)) {
    (void)TRY(staged.ask(("pragma page_size = " + std::to_string(page_bytes)).c_str()));
    (void)TRY(staged.ask("vacuum"));
  }

  auto* to = store.writer().handle();
  auto* backup = sqlite3_backup_init(to, "main", staged.db(), "main");
  if (!backup) return sqlite_error(to, sqlite3_errcode(to));
  int code = sqlite3_backup_step(backup, -1);
  int finish = sqlite3_backup_finish(backup);
  if (code != SQLITE_DONE) return sqlite_error(to, finish == SQLITE_OK ? code : finish);
  store.count_commit();
  return {};
}

}  // namespace outboard
