#include "journal/journal.h"

#include "base/assert.h"
#include "store/errors.h"

namespace outboard::journal {

namespace {

constexpr std::uint64_t replica_mask =
    (std::uint64_t{1} << 53) - 1;  // exact in JavaScript's numbers

struct Request {
  std::string_view table;
  Keys keys = Keys::unique;
};

std::string_view text_of(sqlite3_value* value) {
  auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  return {text ? text : "", static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

Result<Request> request_of(int count, sqlite3_value** arguments) {
  if (count == 0 || count % 2 == 0)
    return fail(Code::bad_request, "outboard_track takes a table, and options as pairs",
                "outboard_track('note'), or outboard_track('note', 'keys', 'application')");
  Request request{.table = text_of(arguments[0])};
  for (int i = 1; i < count; i += 2) {
    auto option = text_of(arguments[i]), value = text_of(arguments[i + 1]);
    if (option != "keys")
      return fail(Code::bad_request, "tables have no option " + std::string(option),
                  "there is: keys");
    if (value != "unique" && value != "application")
      return fail(Code::bad_request, "keys cannot be " + std::string(value),
                  "they are unique or application");
    request.keys = value == "application" ? Keys::application : Keys::unique;
  }
  return request;
}

}  // namespace

Journal::Journal(Connection& writer, Platform& platform)
    : writer_(writer),
      platform_(platform),
      kept_(writer),
      capture_(tables_),
      merger_(writer, platform, tables_, capture_) {}

Journal::~Journal() {
  sqlite3_preupdate_hook(writer_.handle(), nullptr, nullptr);
  writer_.set_watch(nullptr);
}

Result<std::unique_ptr<Journal>> Journal::open(Connection& writer, Platform& platform) {
  auto journal = std::unique_ptr<Journal>(new Journal(writer, platform));
  TRY(journal->add_functions());
  TRY(journal->load());
  return journal;
}

Result<void> Journal::add_functions() {
  auto add = [&](const char* name, int arguments, auto function) {
    return sqlite3_create_function_v2(writer_.handle(), name, arguments,
                                      SQLITE_UTF8 | SQLITE_DIRECTONLY, this, function, nullptr,
                                      nullptr, nullptr);
  };
  int code =
      add("outboard_track", -1, [](sqlite3_context* context, int count, sqlite3_value** from) {
        auto* self = static_cast<Journal*>(sqlite3_user_data(context));
        auto request = request_of(count, from);
        auto done = request ? self->track(request->table, request->keys) : request.error();
        self->writer_.answer(context, done);
      });
  if (code == SQLITE_OK) {
    code = add("outboard_untrack", 1, [](sqlite3_context* context, int, sqlite3_value** from) {
      auto* self = static_cast<Journal*>(sqlite3_user_data(context));
      self->writer_.answer(context, self->untrack(text_of(from[0])));
    });
  }
  if (code != SQLITE_OK) return sqlite_error(writer_.handle(), code);
  return {};
}

Result<void> Journal::load() {
  clock_.reset();
  tables_.clear();
  tail_ = {};
  replica_ = 0;
  merger_.schema_changed();
  if (!TRY(kept_.exist())) return {};
  replica_ = TRY(kept_.replica());
  clock_.emplace(platform_, replica_);
  clock_->saw({.time = TRY(kept_.latest_time())});
  TRY(load_tables());
  TRY(load_tail());
  if (!tables_.empty()) watch();
  return {};
}

Result<void> Journal::load_tail() {
  for (auto number = TRY(kept_.folded());;) {
    auto record = TRY(kept_.next(number));
    if (!record) return {};
    number = record->number;
    tail_.add(number, {std::move(record->intent), std::move(record->effect)}, 0);
    tail_.committed();
  }
}

// A table that was changed behind the engine's back may be none that can be tracked: writing to it
// then fails.
Result<void> Journal::load_tables() {
  TrackedTables tables;
  if (TRY(kept_.exist())) {
    for (const auto& each : TRY(kept_.tracked())) {
      auto table = inspect(writer_, each.name, each.keys);
      if (!table) table = TrackedTable{.name = each.name, .unreadable = table.error()};
      tables.emplace(each.name, std::move(*table));
    }
  }
  tables_.swap(tables);
  merger_.schema_changed();
  return writer_.in_transaction() ? check_indexes(tables) : Result<void>();
}

// Which rows wait for which keys would be another question.
Result<void> Journal::check_indexes(const TrackedTables& before) {
  for (const auto& [name, table] : before) {
    auto now = tables_.find(name);
    if (now == tables_.end() || now->second.uniques == table.uniques) continue;
    if (TRY(merger_.merged().has_claims(table.id)))
      return fail(Code::bad_request,
                  "rows of " + name + " wait for a unique key: its indexes must stay as they are",
                  "outboard_untrack it, change it, and track it again, in one transaction");
  }
  return {};
}

void Journal::watch() {
  if (std::exchange(is_watching_, true)) return;
  capture_.listen(writer_.handle());
  writer_.set_watch(this);
}

std::uint64_t Journal::new_replica() {
  std::uint8_t random[8];
  platform_.random(random);
  auto replica = load_le<std::uint64_t>(random) & replica_mask;
  return replica == 0 ? 1 : replica;
}

Result<void> Journal::replaced() {
  capture_.clear();
  if (TRY(kept_.exist())) TRY(kept_.set_replica(new_replica()));
  return load();
}

Result<bool> Journal::track(std::string_view name, Keys keys) {
  auto table = TRY(inspect(writer_, name, keys));
  if (auto known = tables_.find(table.name); known != tables_.end()) {
    if (known->second.keys == keys) return false;
    return fail(Code::bad_request, "the table " + table.name + " is tracked with other options",
                "outboard_untrack it first");
  }
  for (const auto& [other, tracked] : tables_) {
    if (tracked.id == table.id)
      return fail(Code::bad_request, "the tables " + other + " and " + table.name + " have one id",
                  "rename one of them");
  }
  TRY(ensure());
  TRY(kept_.track({table.name, keys}));
  tables_may_go_back_ = true;
  watch();
  auto [tracked, is_new] = tables_.emplace(table.name, std::move(table));
  merger_.schema_changed();
  TRY(merger_.take_over(tracked->second));
  return true;
}

Result<void> Journal::create() {
  replica_ = new_replica();
  TRY(kept_.create(replica_));
  clock_.emplace(platform_, replica_);
  return {};
}

Result<bool> Journal::untrack(std::string_view name) {
  for (const auto& [known, table] : tables_) {
    if (sqlite3_strnicmp(known.c_str(), name.data(), static_cast<int>(known.size())) != 0 ||
        known.size() != name.size())
      continue;
    if (capture_.has_rows_of(table.id))
      return fail(Code::bad_request, "this transaction has changed rows of " + known,
                  "commit them before the table is untracked");
    tables_may_go_back_ = true;
    TRY(fold());
    TRY(merger_.leave(table));
    TRY(kept_.untrack(known));
    tables_.erase(known);
    return true;
  }
  return false;
}

// ---- What is merged ----

Result<void> Journal::in_one_commit(const std::function<Result<void>()>& work) {
  OB_ASSERT(!writer_.in_transaction());
  watch();
  TRY(writer_.run("begin immediate"));
  auto done = work();
  if (done) done = writer_.run("commit");
  if (!done && writer_.in_transaction()) (void)writer_.run("rollback");
  return done;
}

Result<void> Journal::apply(ByteView body) {
  auto intent = TRY(decode_intent(body));
  return in_one_commit([&] { return take_in(intent, body); });
}

Result<void> Journal::take_in(const Intent& intent, ByteView body) {
  TRY(ensure());
  TRY(intent.stamp.replica == replica_ ? saw(intent.stamp.time) : heard(intent.stamp.time));
  TRY(fold());
  auto merged = TRY(merger_.merge(intent));
  if (!merged.touched || intent.stamp.replica == replica_) return {};
  auto effect = TRY(encode(merged.before));
  auto record = TRY(kept_.append(intent.stamp, body, effect));
  return kept_.set_folded(record);
}

Result<std::vector<Intent>> Journal::intents(std::span<const std::int64_t> records) {
  std::vector<Intent> intents;
  for (auto number : records) {
    auto record = TRY(kept_.next(number - 1));
    OB_ASSERT(record && record->number == number);
    intents.push_back(std::move(record->intent));
  }
  return intents;
}

Result<void> Journal::take_back(std::span<const std::int64_t> records,
                                std::span<const std::int64_t> kept) {
  TRY(fold());
  auto dropped = TRY(intents(records)), others = TRY(intents(kept));
  return merger_.take_back(dropped, others);
}

Result<std::vector<std::int64_t>> Journal::say_again(std::span<const std::int64_t> records,
                                                     std::span<const std::int64_t> kept) {
  TRY(fold());
  auto dropped = TRY(intents(records)), others = TRY(intents(kept));
  auto said = TRY(merger_.say_again(dropped, others, [&] { return clock_->next(); }));
  std::vector<std::int64_t> left;
  for (std::size_t i = 0; i < said.size(); ++i) {
    if (!said[i]) continue;
    auto intent = TRY(encode(*said[i]));
    TRY(kept_.rewrite(records[i], said[i]->stamp, intent));
    TRY(saw(said[i]->stamp.time));
    left.push_back(records[i]);
  }
  return left;
}

Result<std::uint64_t> Journal::rename() {
  TRY(fold());
  auto latest = TRY(kept_.latest_time());
  replica_ = new_replica();
  TRY(kept_.set_replica(replica_));
  clock_.emplace(platform_, replica_);
  TRY(saw(latest));
  return replica_;
}

Result<void> Journal::ensure() { return TRY(kept_.exist()) ? Result<void>() : create(); }

// All that is made from now on is later, also when the file is opened again.
Result<void> Journal::saw(std::uint64_t time) {
  clock_->saw({.time = time});
  return kept_.saw(time);
}

Result<void> Journal::heard(std::uint64_t time) {
  clock_->saw({.time = time});
  return kept_.heard(time);
}

Result<void> Journal::set_clock_back(std::uint64_t accepted) {
  TRY(fold());
  TRY(kept_.set_back(accepted));
  clock_.emplace(platform_, replica_);
  clock_->saw({.time = TRY(kept_.seen())});
  return {};
}

Result<void> Journal::merge_state(ByteView piece) {
  auto rows = TRY(decode_state(piece));
  return in_one_commit([&]() -> Result<void> {
    TRY(ensure());
    TRY(heard(latest_in(rows)));
    TRY(fold());
    (void)TRY(merger_.merge(rows));
    return {};
  });
}

Result<void> Journal::fold() {
  auto newest = tail_.newest();
  if (newest == 0) return {};
  TRY(merger_.fold(tail_.all()));
  TRY(kept_.set_folded(newest));
  tail_.set_folded(newest);
  return {};
}

// ---- What the connection tells ----

Result<void> Journal::before_commit() {
  if (capture_.is_empty()) return {};
  auto changes = TRY(capture_.changes(writer_, clock_->next()));
  if (changes.intent.rows.empty()) return {};
  auto done = record(std::move(changes));
  if (!done) commit_failed();
  return done;
}

Result<void> Journal::record(Capture::Changes changes) {
  bool resolves = TRY(merger_.concerns(changes.intent));
  if (resolves) {
    TRY(begin_part());
    TRY(fold());
    TRY(merger_.resolve(changes));
  }
  auto intent = TRY(encode(changes.intent));
  auto effect = TRY(encode(changes.effect));
  auto bytes = intent.size() + effect.size();
  bool folds = tail_.would_be_full(changes.intent.rows.size(), bytes);
  if (folds) TRY(begin_part());
  recorded_ = TRY(kept_.append(changes.intent.stamp, intent, effect));
  if (resolves) return kept_.set_folded(*recorded_);
  tail_.add(*recorded_, std::move(changes), bytes);
  if (folds) TRY(fold());
  return {};
}

// What is written from here on can be taken back if the transaction goes on (a COMMIT that fails).
Result<void> Journal::begin_part() {
  if (std::exchange(in_part_, true)) return {};
  return exec("savepoint outboard_journal");
}

// Past the commit points, for which it is no statement of the transaction's.
Result<void> Journal::exec(const char* sql) {
  int code = writer_.as_own(
      [&] { return sqlite3_exec(writer_.handle(), sql, nullptr, nullptr, nullptr); });
  if (code != SQLITE_OK) return sqlite_error(writer_.handle(), code);
  return {};
}

void Journal::committed() {
  tail_.committed();
  recorded_.reset();
  in_part_ = false;
  committed_ = true;
}

void Journal::commit_failed() {
  if (std::exchange(in_part_, false)) {
    (void)exec("rollback to outboard_journal; release outboard_journal");
    merger_.forget();
  } else if (recorded_) {
    (void)kept_.take_back(*recorded_);
  }
  recorded_.reset();
  tail_.taken_back();
  look_at_tail();
}

// Something was taken back, perhaps its fold.
void Journal::look_at_tail() {
  if (tail_.is_empty()) return;
  auto folded = kept_.folded();
  if (!folded) return capture_.fail_with(folded.error());
  tail_.set_folded(*folded);
}

void Journal::partly_undone() {
  capture_.distrust();
  merger_.forget();
  look_at_tail();
  if (tables_may_go_back_) schema_changed();
}

void Journal::ended() {
  capture_.clear();
  recorded_.reset();
  in_part_ = false;
  if (!std::exchange(committed_, false)) {
    tail_.taken_back();
    merger_.forget();
  }
  if (std::exchange(tables_may_go_back_, false)) schema_changed();
  tables_may_go_back_ = false;
}

void Journal::schema_changed() {
  tables_may_go_back_ = true;
  auto loaded = load_tables();
  if (!loaded) capture_.fail_with(loaded.error());
}

const char* Journal::guards(const char* table) const {
  bool tracked = false;
  for (const auto& [name, each] : tables_)
    tracked = tracked || sqlite3_stricmp(name.c_str(), table) == 0;
  return tracked ? "outboard_untrack it, change it, and track it again: its history goes on"
                 : nullptr;
}

}  // namespace outboard::journal
