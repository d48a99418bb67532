#include "engine/statements.h"

#include <algorithm>

#include "store/script.h"

namespace outboard {

namespace {

using Control = Traits::Control;

bool begins_transaction(const Traits& traits) {
  return traits.control == Control::begin || traits.control == Control::savepoint;
}

bool ends_transaction(const Traits& traits) {
  return traits.control == Control::commit || traits.control == Control::release;
}

// Answers that can be kept: those without rows.
Bytes answer_of(const reply::Statement& statement) {
  Bytes answer;
  cbor::Writer out(answer);
  if (!statement.has_columns) reply::write_rows(out, statement, false);
  return answer;
}

Bytes answer_of(const std::vector<Ran>& all, const Ran* last = nullptr) {
  std::vector<reply::Statement> statements;
  for (auto& ran : all) statements.push_back(ran.statement);
  if (last) statements.push_back(last->statement);
  Bytes answer;
  cbor::Writer out(answer);
  if (std::ranges::none_of(statements, &reply::Statement::has_columns))
    reply::write_batch(out, statements);
  return answer;
}

Error needs_session() {
  return fail(Code::bad_request, "a transaction needs a session: BEGIN outside of one is refused",
              "use transaction(), or end the transaction in the same script");
}

Error in_batch(std::size_t index, Error error) {
  error.message = "statement " + std::to_string(index + 1) + ": " + error.message;
  return error;
}

}  // namespace

void Statements::refuse(const Job& job, const Error& error) {
  core_.reply_error(job.client, job.id, core_.store->interrupt().explain(error));
}

void Statements::reply(const Job& job, const Ran& ran) {
  core_.frame(
      job.client, job.id, FrameKind::reply,
      [&](cbor::Writer& out) { reply::write_rows(out, ran.statement, false); },
      [&](Bytes& out) { append(out, ran.rows.bytes()); });
}

void Statements::reply(const Job& job, const std::vector<Ran>& all) {
  std::vector<reply::Statement> statements;
  for (auto& ran : all) statements.push_back(ran.statement);
  core_.frame(
      job.client, job.id, FrameKind::reply,
      [&](cbor::Writer& out) { reply::write_batch(out, statements); },
      [&](Bytes& out) {
        for (auto& ran : all) append(out, ran.rows.bytes());
      });
}

// What ran on the writer's connection ends.
template <class Outcome>
Served Statements::answer(const Job& job, const Writer::Effect& effect, const Outcome& ran) {
  auto settled = writer_.settle(job, effect, ran ? nullptr : &ran.error());
  if (!ran) {
    refuse(job, ran.error());
  } else if (!settled) {
    refuse(job, settled.error());
  } else {
    reply(job, *ran);
  }
  return Served::done;
}

Served Statements::exec(const Job& job, const request::Exec& exec) {
  if (writer_.lost(job)) return end_lost(job, exec.sql), Served::done;
  if (skip_blank(exec.sql).empty()) return reply(job, Ran()), Served::done;

  Query query{.sql = exec.sql, .params = exec.params, .limit = {}};
  if (!writer_.held_by(job) && begins_like_reading(exec.sql))
    if (auto served = read_outside(job, query)) return *served;
  if (!writer_.may_write(job)) return Served::must_wait;
  return on_writer(job, query);
}

// A session that lost its transaction is refused, but for the COMMIT or ROLLBACK that ends it.
void Statements::end_lost(const Job& job, std::string_view sql) {
  auto prepared = core_.store->writer().prepare(sql);
  auto control = prepared && prepared->statement && prepared->rest.empty()
                     ? prepared->statement->traits().control
                     : Control::none;
  auto why = *writer_.lost(job);
  if (control == Control::commit || control == Control::rollback) writer_.forget_loss(job);
  control == Control::rollback ? reply(job, Ran()) : refuse(job, why);
}

Served Statements::stream(const Job& job, const request::Stream& stream) {
  if (auto* lost = writer_.lost(job)) return refuse(job, *lost), Served::done;
  auto only_reads =
      fail(Code::bad_request, "stream takes a single statement that only reads", "use exec");
  Cursor::Source source{.limit = {.bytes = limits::batch_bytes, .rows = stream.chunk_rows}};
  if (writer_.held_by(job)) {
    if (!writer_.may_write(job)) return Served::must_wait;
    auto prepared = core_.store->writer().prepare(stream.sql);
    if (!prepared) return refuse(job, prepared.error()), Served::done;
    if (!prepared->statement || !prepared->rest.empty() ||
        !prepared->statement->traits().reads_only)
      return refuse(job, only_reads), Served::done;
    writer_.touch(job);
    source.statement = std::move(prepared->statement);
  } else {
    auto prepared = try_reader(stream.sql);
    if (!prepared) return refuse(job, prepared.error()), Served::done;
    if (!*prepared) return refuse(job, only_reads), Served::done;
    source.reader = std::move((*prepared)->reader);
    source.statement = std::move((*prepared)->statement);
  }
  auto own = job;
  own.deadline_us = 0;  // it was for the first piece: the rest comes at the reader's pace
  return start_cursor(std::move(own), std::move(source), stream.params);
}

Result<std::optional<Statements::OnReader>> Statements::try_reader(std::string_view sql) {
  OnReader on;
  on.reader = TRY(core_.store->reader());
  auto prepared = on.reader->prepare(sql);
  bool temporary_may_help = core_.store->has_temporary();
  if (!prepared) {
    if (temporary_may_help) return std::optional<OnReader>();
    return prepared.error();
  }
  if (!prepared->statement || !prepared->rest.empty()) return std::optional<OnReader>();
  auto& traits = prepared->statement->traits();
  if (!traits.reads_only || traits.touches_temp) return std::optional<OnReader>();
  on.statement = std::move(prepared->statement);
  return std::optional<OnReader>(std::move(on));
}

// Nothing: it belongs to the writer.
std::optional<Served> Statements::read_outside(const Job& job, const Query& query) {
  auto prepared = try_reader(query.sql);
  if (!prepared) return refuse(job, prepared.error()), Served::done;
  if (!*prepared) return std::nullopt;
  auto& [reader, statement] = **prepared;
  return start_cursor(
      job, {.reader = std::move(reader), .statement = std::move(statement), .limit = query.limit},
      query.params);
}

Served Statements::start_cursor(Job job, Cursor::Source source, ByteView params) {
  if (auto bound = source.statement->bind(params); !bound)
    return refuse(job, bound.error()), Served::done;
  return Cursor::start(core_, tasks_, std::move(job), std::move(source));
}

Served Statements::on_writer(const Job& job, const Query& query) {
  auto& connection = core_.store->writer();

  // A single reading statement inside a transaction may be read in pieces.
  if (writer_.held_by(job)) {
    auto prepared = connection.prepare(query.sql);
    if (prepared && prepared->statement && prepared->rest.empty() &&
        prepared->statement->traits().reads_only) {
      writer_.touch(job);
      return start_cursor(
          job, {.reader = {}, .statement = std::move(prepared->statement), .limit = query.limit},
          query.params);
    }
  }

  Writer::Effect effect;
  auto ran = run_script(job, {.sql = query.sql, .params = query.params}, effect);
  return answer(job, effect, ran);
}

Result<Ran> Statements::run_script(const Job& job, const request::Exec& exec,
                                   Writer::Effect& effect) {
  auto& connection = core_.store->writer();
  Ran all;
  auto add = [](Ran& to, Ran ran) {
    to.statement.changes += ran.statement.changes;
    to.statement.last_insert_rowid = ran.statement.last_insert_rowid;
    if (!ran.statement.has_columns) return;
    to.statement.has_columns = true;
    to.statement.columns = std::move(ran.statement.columns);
    to.rows = std::move(ran.rows);
  };
  std::string text;  // of a script, with a zero byte at its end
  std::string_view rest = exec.sql;
  bool begun = false;  // a part of it was noted
  auto note_it = [&](const Ran* ran) -> Result<void> {
    bool last = rest.empty();
    if (!ran) return last || std::exchange(begun, true) ? Result<void>() : core_.note_begun(job);
    if (!last) return {};
    begun = false;
    Ran whole{.statement = all.statement, .rows = {}};
    add(whole, {.statement = ran->statement, .rows = {}});
    return core_.note(job, answer_of(whole.statement));
  };
  Note note = std::cref(note_it);
  if (rest.size() > limits::cached_sql_bytes_max) rest = text = rest;
  for (bool first = true; !rest.empty(); first = false) {
    auto prepared = TRY(text.empty() ? connection.prepare(rest) : connection.prepare_next(rest));
    if (!prepared.statement) break;
    rest = prepared.rest;
    bool single = first && rest.empty();
    if (!single && text.empty()) rest = text = rest;
    if (!single && !exec.params.empty())
      return fail(Code::bad_request, "parameters go with a single statement, and this is a script",
                  "use batch");
    if (single && job.session == 0 && begins_transaction(prepared.statement->traits()))
      return needs_session();
    TRY(prepared.statement->bind(exec.params));
    add(all, TRY(run_one(job, *prepared.statement, {}, effect, note)));
  }
  if (begun) (void)core_.note(job, answer_of(all.statement));  // what came behind it only read
  return all;
}

Result<Ran> Statements::run_one(const Job& job, Statement& statement, const BatchLimit& limit,
                                Writer::Effect& effect, const Note& note) {
  auto& connection = core_.store->writer();
  bool was_open = connection.in_transaction();
  if (!was_open && job.session != 0 && begins_transaction(statement.traits()))
    TRY(writer_.admit(job));
  bool ends = job.n && was_open && ends_transaction(statement.traits());
  if (ends) {
    Ran ended;
    ended.statement.last_insert_rowid = connection.last_insert_rowid();
    TRY(note(nullptr));
    TRY(note(&ended));
  }
  auto ran = job.n && !was_open && statement.traits().changes_rows
                 ? run_noted(job, statement, limit, note)
                 : run_or_undo(statement, limit);
  bool is_open = connection.in_transaction();
  if (ends && is_open) core_.outcomes.take_back(job.client, job.n);
  if (!was_open && is_open) effect.begun = true;
  if (ran || was_open != is_open) effect.ended = ran && !is_open;
  return ran;
}

// A statement that would be a transaction of its own, in one together with its note.
Result<Ran> Statements::run_noted(const Job& job, Statement& statement, const BatchLimit& limit,
                                  const Note& note) {
  auto& connection = core_.store->writer();
  TRY(connection.run("begin immediate"));
  auto noted = note(nullptr);
  auto changes_before = connection.total_changes();
  auto ran = noted ? run_or_undo(statement, limit) : Result<Ran>(noted.error());
  if (!connection.in_transaction()) return ran;
  // What a failing statement leaves behind (INSERT OR FAIL) stays, as it does without a note.
  bool stays = ran.ok() || connection.total_changes() != changes_before;
  auto done = !stays ? connection.run("rollback") : ran ? note(&*ran) : core_.note_begun(job);
  if (done && stays) done = connection.run("commit");
  if (done) return ran;
  if (connection.in_transaction()) TRY(connection.run("rollback"));
  return ran ? Result<Ran>(done.error()) : ran;
}

// A writing statement that returns rows has made its changes when the first one comes: should there
// be too many of them, a savepoint takes the changes back.
Result<Ran> Statements::run_or_undo(Statement& statement, const BatchLimit& limit) {
  auto& connection = core_.store->writer();
  bool returns = statement.has_columns() && !statement.traits().reads_only;
  if (returns) TRY(connection.run("savepoint outboard_returning"));
  auto ran = run_to_end(connection, statement, core_.batch, limit);
  if (!ran) {
    statement.reset();
    if (returns && connection.in_transaction()) {
      TRY(connection.run("rollback to outboard_returning"));
      TRY(connection.run("release outboard_returning"));
    }
    return ran;
  }
  if (returns) {
    auto released = connection.run("release outboard_returning");
    if (!released) {
      if (connection.in_transaction()) {
        TRY(connection.run("rollback to outboard_returning"));
        TRY(connection.run("release outboard_returning"));
      }
      return released.error();
    }
  }
  return ran;
}

Served Statements::batch(const Job& job, const request::Batch& batch) {
  if (auto* lost = writer_.lost(job)) return refuse(job, *lost), Served::done;
  if (!writer_.held_by(job)) {
    if (auto read = batch_on_reader(batch)) {
      if (*read) {
        reply(job, **read);
      } else {
        refuse(job, read->error());
      }
      return Served::done;
    }
  }
  if (!writer_.may_write(job)) return Served::must_wait;

  Writer::Effect effect;
  auto ran = run_batch(job, batch, effect);
  return answer(job, effect, ran);
}

// Nothing: something in it writes. Else all of it on one snapshot.
std::optional<Result<std::vector<Ran>>> Statements::batch_on_reader(const request::Batch& batch) {
  for (auto& exec : batch.statements)
    if (!begins_like_reading(exec.sql)) return std::nullopt;
  auto reader = core_.store->reader();
  if (!reader) return reader.error();
  if (auto began = (*reader)->run("begin"); !began) return began.error();

  std::vector<Ran> all;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < batch.statements.size(); ++i) {
    auto& exec = batch.statements[i];
    auto prepared = (*reader)->prepare(exec.sql);
    if (!prepared || !prepared->statement)
      return std::nullopt;  // the writer's will say what is wrong
    auto& traits = prepared->statement->traits();
    if (!prepared->rest.empty() || !traits.reads_only || traits.touches_temp) return std::nullopt;
    if (auto bound = prepared->statement->bind(exec.params); !bound)
      return in_batch(i, bound.error());
    auto ran = run_to_end(**reader, *prepared->statement, core_.batch, one_batch);
    if (!ran) return in_batch(i, ran.error());
    bytes += ran->bytes();
    if (bytes > limits::reply_bytes_max)
      return in_batch(
          i, fail(Code::too_large, "the results of a batch may have up to 16 MiB", "use exec"));
    all.push_back(std::move(*ran));
  }
  return all;
}

Result<std::vector<Ran>> Statements::run_batch(const Job& job, const request::Batch& batch,
                                               Writer::Effect& effect) {
  auto& connection = core_.store->writer();
  bool is_transaction = batch.atomic && !connection.in_transaction();
  if (batch.atomic) TRY(connection.run("savepoint outboard_batch"));

  std::vector<Ran> all;
  std::size_t bytes = 0;
  bool begun = false;  // a part of it was noted
  auto note_it = [&](const Ran* ran) -> Result<void> {
    bool last = all.size() + 1 == batch.statements.size();
    if (!ran) return last || std::exchange(begun, true) ? Result<void>() : core_.note_begun(job);
    if (!last) return {};
    begun = false;
    return core_.note(job, answer_of(all, ran));
  };
  Note note = std::cref(note_it);
  auto run = [&](const request::Exec& exec) -> Result<void> {
    auto prepared = TRY(connection.prepare(exec.sql));
    if (!prepared.statement)
      return fail(Code::bad_request, "there is no statement in it", "leave it out");
    if (!prepared.rest.empty())
      return fail(Code::bad_request, "a statement of a batch holds several",
                  "make each an entry of its own");
    auto control = prepared.statement->traits().control;
    if (batch.atomic && control != Control::none)
      return fail(Code::bad_request, "an atomic batch is a transaction already",
                  "leave BEGIN and COMMIT out");
    TRY(prepared.statement->bind(exec.params));
    auto ran = TRY(run_one(job, *prepared.statement, one_batch, effect, note));
    bytes += ran.bytes();
    if (bytes > limits::reply_bytes_max)
      return fail(Code::too_large, "the results of a batch may have up to 16 MiB", "use exec");
    all.push_back(std::move(ran));
    return {};
  };

  for (std::size_t i = 0; i < batch.statements.size(); ++i) {
    auto ran = run(batch.statements[i]);
    if (ran) continue;
    if (batch.atomic && connection.in_transaction()) {
      TRY(connection.run("rollback to outboard_batch"));
      TRY(connection.run("release outboard_batch"));
    }
    return in_batch(i, core_.store->interrupt().explain(ran.error()));
  }
  if (begun) (void)core_.note(job, answer_of(all));  // what came behind it only read
  if (batch.atomic) {
    auto released = is_transaction && job.n ? core_.note(job, answer_of(all)) : Result<void>();
    if (released) released = connection.run("release outboard_batch");
    if (!released) {
      if (connection.in_transaction()) {
        TRY(connection.run("rollback to outboard_batch"));
        TRY(connection.run("release outboard_batch"));
      }
      return released.error();
    }
  }
  return all;
}

}  // namespace outboard
