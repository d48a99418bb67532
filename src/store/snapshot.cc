#include "store/snapshot.h"

#include "store/errors.h"

namespace outboard {

namespace {

// Where the header of the first page says how the file is written and read: 1 plainly, 2 with a
// log.
constexpr std::size_t write_version_at = 18, read_version_at = 19;
constexpr std::size_t header_bytes = 100;

// A database in memory for the time of an import.
class Staged {
 public:
  Staged() {
    sqlite3_open_v2(":memory:", &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, nullptr);
  }
  ~Staged() { sqlite3_close(db_); }
  Staged(const Staged&) = delete;
  Staged& operator=(const Staged&) = delete;

  sqlite3* db() const { return db_; }

  // Takes a copy into SQLite's own memory, so that VACUUM may let it grow.
  Result<void> load(Bytes file) {
    auto size = static_cast<sqlite3_int64>(file.size());
    auto copy = static_cast<std::uint8_t*>(sqlite3_malloc64(file.size()));
    if (!db_ || !copy) return fail(Code::too_large, "there is not enough memory for the import");
    std::memcpy(copy, file.data(), file.size());
    int code = sqlite3_deserialize(db_, "main", copy, size, size,
                                   SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE);
    if (code != SQLITE_OK) return sqlite_error(db_, code);
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

Result<void> restore_snapshot(Store& store, Bytes file) {
  if (file.size() < header_bytes || text_of(file).substr(0, 15) != "SQLite format 3")
    return not_a_database("it does not begin like one");
  mark_as_whole(file);

  Staged staged;
  TRY(staged.load(std::move(file)));
  auto verdict = staged.ask("pragma quick_check(1)");
  if (!verdict) return not_a_database(verdict.error().message);
  if (*verdict != "ok") return not_a_database(*verdict);

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
