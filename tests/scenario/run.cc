#include "run.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <thread>
#include <variant>

#include "expect.h"
#include "literal.h"
#include "served.h"

namespace scenario {

namespace {

using namespace std::chrono_literals;
using outboard::Database;
using outboard::Rows;
using outboard::Transaction;

constexpr auto waiting_time = 50ms;  // what has not ended after that is said to be waiting

// Outcomes, one for each statement of a batch; or what is wrong with the scenario itself.
using Outcomes = Result<std::vector<Outcome>>;

Error misuse(std::string message) { return {Code::bad_request, std::move(message), ""}; }

class Run {
 public:
  Run(const Place& place, std::string folder) : place_(place), folder_(std::move(folder)) {}

  Result<void> open();
  std::optional<std::string> block(const Block& block);
  std::optional<std::string> end();

 private:
  struct NamedSession {
    std::vector<std::unique_ptr<Transaction>> open;  // the innermost last
    std::unique_ptr<Transaction> ended;
  };
  // What the public interface offers no Future for runs on a thread of its own.
  using Begun = outboard::Future<Transaction>;
  using Imported = std::future<Result<void>>;
  struct Started {
    std::string session;
    std::variant<outboard::Future<Rows>, outboard::Future<std::vector<Rows>>, Begun, Imported>
        pending;
  };

  Outcomes come_to(const Block& block);
  Result<outboard::Session*> session(const std::string& name);
  Outcomes start(const Block& block);
  Outcomes finish(const Block& block);
  Outcomes waiting(const Block& block);
  Outcomes cancel(const Block& block);
  Outcomes begin(const std::string& name);
  Outcomes end_transaction(const Block& block);
  Outcomes stream(const Block& block);
  Outcomes read(const Block& block);
  Outcomes next(const Block& block);
  Outcomes rest(const Block& block);
  Outcomes reopen(const Block& block);
  Outcomes open_again();
  Outcomes change_file(const Block& block);

  outboard::Future<Rows> send(outboard::Session& session, const Block& block);
  outboard::Future<std::vector<Rows>> send_batch(outboard::Session& session, const Block& block);
  outboard::Options options() const { return {.host = place_.host, .storage = place_.storage}; }
  std::string path_of(const std::string& file) const { return folder_ + "/" + file; }

  Place place_;
  Served served_;
  std::string folder_;
  std::string file_ = "scenario.db";
  std::optional<Database> database_;
  std::map<std::string, Started> started_;
  std::map<std::string, NamedSession> sessions_;
  std::map<std::string, outboard::Stream> streams_;
};

Outcomes one(Outcome outcome) {
  std::vector<Outcome> outcomes;
  outcomes.push_back(std::move(outcome));
  return outcomes;
}

Outcomes each(Result<std::vector<Rows>> results) {
  if (!results) return one(Outcome(Result<void>(results.error())));
  std::vector<Outcome> outcomes;
  for (auto& rows : *results) outcomes.emplace_back(Result<Rows>(std::move(rows)));
  return outcomes;
}

// The names of columns are expected as a row of texts, and compared like any cells.
std::optional<std::string> names_difference(const Expectation& expected, const Rows& rows) {
  if (!expected.rows || expected.rows->size() != 1) return " columns expects one row of texts";
  Cells got;
  for (auto& name : rows.columns()) got.emplace_back(name);
  auto& names = expected.rows->front();
  if (std::ranges::equal(names, got, is_same)) return {};
  return "\n  expected: " + shown(names) + "\n  got:      " + shown(got);
}

Result<void> Run::open() {
  auto opened = place_.reach == Reach::served ? served_.start(path_of(file_), place_.storage)
                                              : outboard::open(path_of(file_), options());
  if (!opened) return opened.error();
  database_.emplace(std::move(*opened));
  return {};
}

std::optional<std::string> Run::block(const Block& block) {
  auto came = block.started_as.empty() ? come_to(block) : start(block);
  if (!came) return " " + came.error().message;
  auto& outcomes = *came;
  if (outcomes.empty()) return {};
  if (block.verb == Verb::columns && !outcomes[0].error)
    return names_difference(block.expected(), outcomes[0].pieces[0]);
  if (outcomes[0].error || !block.started_as.empty())
    return difference(block.expected(), outcomes[0]);
  if (outcomes.size() != block.parts.size()) return " a result for each statement is expected";
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (auto found = difference(block.parts[i].expected, outcomes[i])) return found;
  }
  return {};
}

Outcomes Run::come_to(const Block& block) {
  switch (block.verb) {
    case Verb::exec:
    case Verb::rows:
    case Verb::columns:
    case Verb::many: return one(send(*OUTBOARD_TRY(session(block.session)), block).get());
    case Verb::batch: return each(send_batch(*OUTBOARD_TRY(session(block.session)), block).get());
    case Verb::stream: return stream(block);
    case Verb::read: return read(block);
    case Verb::next: return next(block);
    case Verb::rest: return rest(block);
    case Verb::drop:
      return streams_.erase(block.name) ? one({}) : misuse("no such read: " + block.name);
    case Verb::begin: return begin(block.session);
    case Verb::commit:
    case Verb::rollback: return end_transaction(block);
    case Verb::waiting: return waiting(block);
    case Verb::cancel: return cancel(block);
    case Verb::finish: return finish(block);
    case Verb::reopen: return reopen(block);
    case Verb::open_again: return open_again();
    case Verb::sleep:
      std::this_thread::sleep_for(std::chrono::milliseconds(block.number));
      return one({});
    case Verb::export_to: return one(Outcome(database_->export_to(path_of(block.name))));
    case Verb::import_from: return one(Outcome(database_->import_from(path_of(block.name))));
    case Verb::file:
    case Verb::cut:
    case Verb::overwrite: return change_file(block);
  }
  return misuse("this directive cannot run");
}

outboard::Future<Rows> Run::send(outboard::Session& session, const Block& block) {
  outboard::CallOptions call{.timeout = std::chrono::milliseconds(block.timeout_ms)};
  if (block.verb == Verb::many) return session.many(block.part().sql, block.sets, call);
  return session.exec({block.part().sql, block.part().params}, call);
}

outboard::Future<std::vector<Rows>> Run::send_batch(outboard::Session& session,
                                                    const Block& block) {
  std::vector<outboard::Sql> statements;
  statements.reserve(block.parts.size());
  for (auto& part : block.parts) statements.emplace_back(part.sql, part.params);
  return session.batch(std::move(statements),
                       block.is_atomic ? outboard::Atomic::yes : outboard::Atomic::no,
                       {.timeout = std::chrono::milliseconds(block.timeout_ms)});
}

Result<outboard::Session*> Run::session(const std::string& name) {
  if (name.empty()) return &*database_;
  auto found = sessions_.find(name);
  if (found == sessions_.end())
    return misuse("session " + name + " has not begun: " + name + ": begin");
  auto& named = found->second;
  return named.open.empty() ? named.ended.get() : named.open.back().get();
}

// ---- Started and finished ----

Outcomes Run::start(const Block& block) {
  Started started{.session = block.session, .pending = Imported()};
  if (block.verb == Verb::begin) {
    started.pending = database_->begin();
  } else if (block.verb == Verb::import_from) {
    started.pending = std::async(std::launch::async, [this, path = path_of(block.name)] {
      return database_->import_from(path);
    });
    std::this_thread::sleep_for(waiting_time);  // so that it is sent before what comes next
  } else if (block.verb == Verb::batch) {
    started.pending = send_batch(*OUTBOARD_TRY(session(block.session)), block);
  } else {
    started.pending = send(*OUTBOARD_TRY(session(block.session)), block);
  }
  if (!started_.emplace(block.started_as, std::move(started)).second)
    return misuse(block.started_as + " was started before");
  return one({});
}

Outcomes Run::waiting(const Block& block) {
  auto found = started_.find(block.name);
  if (found == started_.end()) return misuse(block.name + " was not started");
  bool ended = std::visit(
      [](auto& pending) {
        auto state = pending.wait_for(waiting_time);
        if constexpr (std::is_same_v<decltype(state), std::future_status>)
          return state == std::future_status::ready;
        else
          return state;
      },
      found->second.pending);
  if (ended) return misuse(block.name + " is not waiting: it has ended");
  return one({});
}

Outcomes Run::cancel(const Block& block) {
  auto found = started_.find(block.name);
  if (found == started_.end()) return misuse(block.name + " was not started");
  return std::visit(
      [](auto& pending) -> Outcomes {
        if constexpr (requires { pending.cancel(); }) {
          pending.cancel();
          return one({});
        } else {
          return misuse("this cannot be cancelled");
        }
      },
      found->second.pending);
}

Outcomes Run::finish(const Block& block) {
  auto node = started_.extract(block.name);
  if (node.empty()) return misuse(block.name + " was not started");
  auto& started = node.mapped();
  if (auto* rows = std::get_if<0>(&started.pending)) return one(rows->get());
  if (auto* results = std::get_if<1>(&started.pending)) {
    auto done = results->get();
    return one(done ? Outcome(Result<void>()) : Outcome(Result<void>(done.error())));
  }
  if (auto* imported = std::get_if<Imported>(&started.pending))
    return one(Outcome(imported->get()));
  auto begun = std::get<Begun>(started.pending).get();
  if (!begun) return one(Outcome(Result<void>(begun.error())));
  sessions_[started.session].open.push_back(std::make_unique<Transaction>(std::move(*begun)));
  return one({});
}

// ---- Transactions ----

Outcomes Run::begin(const std::string& name) {
  auto& named = sessions_[name];
  auto begun = (named.open.empty() ? database_->begin() : named.open.back()->begin()).get();
  if (!begun) return one(Outcome(Result<void>(begun.error())));
  named.open.push_back(std::make_unique<Transaction>(std::move(*begun)));
  return one({});
}

// The innermost one. One whose commit failed is rolled back.
Outcomes Run::end_transaction(const Block& block) {
  auto& named = sessions_[block.session];
  if (!named.open.empty()) {
    named.ended = std::move(named.open.back());
    named.open.pop_back();
  }
  if (!named.ended) return misuse("session " + block.session + " has not begun");
  if (block.verb == Verb::rollback) return one(Outcome(named.ended->rollback().get()));
  auto committed = named.ended->commit().get();
  if (!committed) (void)named.ended->rollback().get();
  return one(Outcome(committed));
}

// ---- Streams ----

Outcome drain(outboard::Stream& stream) {
  Outcome outcome;
  outcome.counts_changes = false;
  while (true) {
    auto piece = stream.next().get();
    if (!piece) return Outcome(Result<void>(piece.error()));
    if (!*piece) return outcome;
    if (!(*piece)->empty()) outcome.pieces.push_back(std::move(**piece));
  }
}

Outcomes Run::stream(const Block& block) {
  auto stream = OUTBOARD_TRY(session(block.session))
                    ->stream({block.part().sql, block.part().params},
                             {.chunk_rows = static_cast<std::uint32_t>(block.number)})
                    .get();
  if (!stream) return one(Outcome(Result<void>(stream.error())));
  return one(drain(*stream));
}

Outcomes Run::read(const Block& block) {
  auto stream = OUTBOARD_TRY(session(block.session))
                    ->stream({block.part().sql, block.part().params},
                             {.chunk_rows = static_cast<std::uint32_t>(block.number)})
                    .get();
  if (!stream) return one(Outcome(Result<void>(stream.error())));
  streams_.insert_or_assign(block.name, std::move(*stream));
  return one({});
}

Outcomes Run::next(const Block& block) {
  auto found = streams_.find(block.name);
  if (found == streams_.end()) return misuse("no such read: " + block.name);
  auto piece = found->second.next().get();
  if (!piece) return one(Outcome(Result<void>(piece.error())));
  Outcome outcome;
  outcome.counts_changes = false;
  if (*piece) outcome.pieces.push_back(std::move(**piece));
  return one(std::move(outcome));
}

Outcomes Run::rest(const Block& block) {
  auto found = streams_.find(block.name);
  if (found == streams_.end()) return misuse("no such read: " + block.name);
  return one(drain(found->second));
}

// ---- Files ----

Outcomes Run::reopen(const Block& block) {
  started_.clear();
  streams_.clear();
  sessions_.clear();
  auto closed = database_->close();
  if (!closed) return one(Outcome(closed));
  database_.reset();
  if (!block.name.empty()) file_ = block.name;
  return one(Outcome(open()));
}

Outcomes Run::open_again() {
  auto opened = outboard::open(path_of(file_), options());
  if (!opened) return one(Outcome(Result<void>(opened.error())));
  return one(Outcome(opened->close()));
}

Outcomes Run::change_file(const Block& block) {
  auto path = path_of(block.name);
  if (block.verb == Verb::cut) {
    std::error_code fault;
    std::filesystem::resize_file(path, static_cast<std::uintmax_t>(block.number), fault);
    if (fault) return misuse("could not cut " + block.name + ": " + fault.message());
    return one({});
  }
  if (block.verb == Verb::file) {
    std::ofstream(path, std::ios::binary) << block.part().sql;
    return one({});
  }
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(block.number);
  auto bytes = block.bytes.blob();
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) return misuse("could not overwrite " + block.name);
  return one({});
}

// After every scenario: nothing is left under way, the file is sound, it closes.
std::optional<std::string> Run::end() {
  if (!started_.empty()) return " " + started_.begin()->first + " was started and not finished";
  streams_.clear();
  sessions_.clear();
  if (!database_) return {};
  Expectation sound;
  sound.rows = {{Value("ok")}};
  if (auto found = difference(sound, Outcome(database_->exec("pragma integrity_check").get())))
    return " the check of the file at the end" + *found;
  if (auto closed = database_->close(); !closed)
    return " at the end, close: " + to_string(closed.error());
  return {};
}

}  // namespace

const char* Place::host_name() const {
  if (reach == Reach::served) return "serve";
  switch (host) {
    case outboard::Host::thread: return "thread";
    case outboard::Host::on_caller: return "inline";
    case outboard::Host::process: break;
  }
  return "process";
}

const char* Place::storage_name() const {
  return storage == outboard::Storage::file ? "file" : "memory";
}

std::optional<std::string> reason_to_skip(const Scenario& scenario, const Place& place) {
  for (auto name : {place.host_name(), place.storage_name()}) {
    if (std::ranges::find(scenario.skipped_on, name) != scenario.skipped_on.end()) return name;
  }
  for (auto& block : scenario.blocks) {
    bool needs_file = block.verb == Verb::reopen || block.verb == Verb::open_again;
    if (needs_file && place.storage == outboard::Storage::memory)
      return "a database in memory ends with its closing";
    if (block.verb == Verb::open_again && place.reach == Reach::served)
      return "a served database may be opened by many";
    bool needs_thread = block.verb == Verb::begin || block.verb == Verb::import_from;
    if (needs_thread && !block.started_as.empty() && place.host == outboard::Host::on_caller)
      return "it waits inside the call";
  }
  return {};
}

std::optional<std::string> run_scenario(const Scenario& scenario, const Place& place,
                                        const std::string& folder,
                                        const std::function<void(int)>& on_line) {
  Run run(place, folder);
  if (auto opened = run.open(); !opened) return ":1: open: " + to_string(opened.error());
  for (auto& block : scenario.blocks) {
    on_line(block.line);
    if (auto found = run.block(block)) return ":" + std::to_string(block.line) + ":" + *found;
  }
  on_line(scenario.blocks.back().line);
  if (auto found = run.end())
    return ":" + std::to_string(scenario.blocks.back().line) + ":" + *found;
  return {};
}

}  // namespace scenario
