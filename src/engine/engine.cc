#include "engine/engine.h"

#include <algorithm>
#include <limits>

#include "engine/import.h"
#include "engine/many.h"
#include "store/script.h"
#include "store/snapshot.h"

namespace outboard {

namespace {

// Tells this life of the engine from the one before: never 0, and exact in JavaScript's numbers.
std::uint64_t new_epoch(Platform& platform) {
  std::uint8_t random[4];
  platform.random(random);
  return 1 + load_le<std::uint32_t>(random);
}

Error not_open() { return fail(Code::bad_request, "no database is open", "send open first"); }

}  // namespace

Engine::Engine(Platform& platform, ClaimPlace claim)
    : claim_(std::move(claim)), core_(platform, new_epoch(platform)) {}

Engine::~Engine() {
  for (auto& [id, client] : clients_) tasks_.drop(id);
}

ClientId Engine::connect() {
  clients_[++last_client_];
  return last_client_;
}

void Engine::disconnect(ClientId client) {
  tasks_.drop(client);
  if (core_.store) writer_.abandon(client);
  stop_orphans();
  core_.drop_output(client);
  core_.outcomes.drop(client);
  std::erase_if(awaited_saves_, [&](auto& awaited) { return awaited.client == client; });
  if (clients_.erase(client) > 0) (void)close_if_unused();
}

// Fails if what was not saved yet could not be saved.
Result<void> Engine::close_if_unused() {
  bool used = std::ranges::any_of(clients_, [](auto& entry) { return entry.second.has_opened; });
  if (used || !core_.store) return {};
  flush_turn();
  auto saved = autosave_ ? autosave_->finish() : Result<void>();
  autosave_.reset();
  core_.outcomes.attach(nullptr);
  core_.journal.reset();
  core_.store.reset();
  closed_ = true;
  return saved;
}

void Engine::receive(ClientId id, Bytes bytes) {
  auto found = clients_.find(id);
  if (found == clients_.end()) return;
  auto message = std::make_shared<const Bytes>(std::move(bytes));
  FrameReader frames(*message);
  for (;;) {
    auto frame = frames.next();
    if (!frame) return core_.reply_error(id, 0, frame.error());
    if (!*frame) return;
    receive_frame(id, found->second, message, **frame);
  }
}

void Engine::receive_frame(ClientId id, Client& client, const SharedMessage& message,
                           const Frame& frame) {
  std::uint64_t request = 0;
  auto envelope = read_envelope(frame.head, request);
  if (!envelope) return core_.reply_error(id, request, envelope.error());

  switch (envelope->kind) {
    case FrameKind::hello: {
      auto name = reply::read_client_hello(envelope->body);
      if (!name) return core_.reply_error(id, request, name.error());
      if (*name) core_.outcomes.introduce(id, **name);
      client.greeted = true;
      core_.frame(id, request, FrameKind::hello, reply::write_hello, [](Bytes&) {});
      return;
    }
    case FrameKind::ping:
      return write_bare_frame(core_.output(id), FrameKind::ping, request, core_.head());
    case FrameKind::cancel:
      end_request(id, client, request, fail(Code::cancelled, "the request was taken back"));
      return;
    case FrameKind::credit: {
      auto chunks = request::read_credit(envelope->body);
      if (!chunks) {
        if (!end_request(id, client, request, chunks.error()))
          core_.reply_error(id, request, chunks.error());
        return;
      }
      if (auto* task = tasks_.find(id, request)) {
        task->last_heard_us = core_.now_us();
        task->add_credit(*chunks);
      }
      return;
    }
    case FrameKind::chunk: return receive_chunk(id, client, message, *envelope);
    case FrameKind::request: return receive_request(id, client, message, frame, *envelope);
    case FrameKind::reply:
    case FrameKind::error:
    case FrameKind::event:
      return core_.reply_error(id, request,
                               fail(Code::bad_request, "only an engine sends such a frame", ""));
  }
}

void Engine::receive_request(ClientId id, Client& client, const SharedMessage& message,
                             const Frame& frame, const Envelope& envelope) {
  auto refuse = [&](const Error& error) { core_.reply_error(id, envelope.id, error); };
  if (!client.greeted)
    return refuse(fail(Code::bad_request, "the first frame must be a hello", "say hello first"));
  auto bytes = frame.head.size() + frame.tail.size();
  if (client.inbox.size() + client.blocked.size() >= limits::queued_requests_max ||
      (client.queued_bytes > 0 && client.queued_bytes + bytes > limits::queued_bytes_max))
    return refuse(fail(Code::busy, "too many requests are waiting",
                       "wait for some answers before asking more"));

  auto what = request::read(envelope.body);
  if (!what) return refuse(what.error());
  if (envelope.head.n > std::numeric_limits<std::int64_t>::max())
    return refuse(fail(Code::bad_request, "n is too large", "count from 1"));
  auto deadline_us = std::int64_t{0};
  if (envelope.head.timeout_ms > 0) {
    constexpr std::uint64_t longest_ms = std::uint64_t{1} << 40;
    deadline_us = core_.now_us() +
                  static_cast<std::int64_t>(std::min(envelope.head.timeout_ms, longest_ms)) * 1'000;
  }
  client.queued_bytes += bytes;
  client.inbox.push_back({.client = id,
                          .id = envelope.id,
                          .session = envelope.head.session,
                          .n = core_.outcomes.knows(id) ? envelope.head.n : 0,
                          .deadline_us = deadline_us,
                          .message = message,
                          .what = std::move(*what),
                          .bytes = bytes});
}

void Engine::receive_chunk(ClientId id, Client& client, const SharedMessage& message,
                           const Envelope& envelope) {
  auto chunk = request::read_chunk(envelope.body);
  if (!chunk) {
    if (!end_request(id, client, envelope.id, chunk.error()))
      core_.reply_error(id, envelope.id, chunk.error());
    return;
  }
  auto too_much = fail(Code::too_large, "more chunks are waiting than the engine keeps (64 MiB)",
                       "send no more than the engine gave credit for");
  if (auto* task = tasks_.find(id, envelope.id)) {
    task->last_heard_us = core_.now_us();
    task->add_chunk(message, *chunk);
    if (task->waiting_bytes() <= limits::queued_bytes_max) return;
    return tasks_.stop_where([&](const Task& other) { return &other == task; }, too_much);
  }
  for (auto* queue : {&client.inbox, &client.blocked}) {
    for (auto& job : *queue) {
      if (job.id != envelope.id) continue;
      auto bytes = chunk->sets.size() + chunk->data.size();
      job.bytes += bytes;
      client.queued_bytes += bytes;
      job.chunks.emplace_back(message, *chunk);
      return client.queued_bytes > 2 * limits::queued_bytes_max
                 ? void(end_request(id, client, job.id, too_much))
                 : void();
    }
  }
  // The request has failed already: what still comes for it is of no use.
}

// False: there is no such request, or no more.
bool Engine::end_request(ClientId id, Client& client, std::uint64_t request, const Error& why) {
  for (auto* queue : {&client.inbox, &client.blocked}) {
    for (auto job = queue->begin(); job != queue->end(); ++job) {
      if (job->id != request) continue;
      client.queued_bytes -= job->bytes;
      queue->erase(job);
      core_.reply_error(id, request, why);
      return true;
    }
  }
  auto* task = tasks_.find(id, request);
  if (!task) return false;
  task->stop(why);
  tasks_.remove(task);
  return true;
}

Served Engine::answer(const Job& job) {
  if (auto* open = std::get_if<request::Open>(&job.what)) return this->open(job, *open);
  if (std::holds_alternative<request::Close>(job.what)) return close(job);
  if (!clients_[job.client].has_opened)
    return core_.reply_error(job.client, job.id, not_open()), Served::done;
  if (core_.answered_before(job)) return Served::done;

  if (auto* exec = std::get_if<request::Exec>(&job.what)) return statements_.exec(job, *exec);
  if (auto* many = std::get_if<request::Many>(&job.what)) return this->many(job, *many);
  if (auto* batch = std::get_if<request::Batch>(&job.what)) return statements_.batch(job, *batch);
  if (auto* stream = std::get_if<request::Stream>(&job.what))
    return statements_.stream(job, *stream);
  if (std::holds_alternative<request::Begin>(job.what)) return begin(job);
  if (std::holds_alternative<request::Flush>(job.what)) return flush(job);
  if (std::holds_alternative<request::Export>(job.what)) return export_database(job);
  if (std::holds_alternative<request::Import>(job.what)) {
    if (tasks_.has_import())
      return end(job, fail(Code::busy, "another import is under way", "wait for its end"));
    auto task = std::make_unique<Import>(core_, writer_, job);
    for (auto& [message, chunk] : job.chunks) task->add_chunk(message, chunk);
    start(std::move(task));
    return Served::done;
  }
  if (writer_.held_by(job) && !writer_.may_write(job)) return Served::must_wait;
  return end(job, std::holds_alternative<request::Commit>(job.what) ? writer_.commit(job)
                                                                    : writer_.rollback(job));
}

Served Engine::open(const Job& job, const request::Open& open) {
  auto refuse = [&](const Error& error) {
    return core_.reply_error(job.client, job.id, error), Served::done;
  };
  if (clients_[job.client].has_opened)
    return refuse(fail(Code::bad_request, "the database is open already", "open it once"));
  bool joins = core_.store != nullptr;
  if (!joins)
    if (auto opened = open_store(open); !opened) return refuse(opened.error());
  clients_[job.client].has_opened = true;
  // What the client's connection of before still waits for must not be done after it was told.
  if (auto before = core_.outcomes.predecessor(job.client)) disconnect(*before);
  reply::Opened opened{.info = core_.store->info()};
  if (joins) opened.info.created = false;
  if (!open.unanswered.empty()) {
    if (!core_.outcomes.knows(job.client))
      return refuse(fail(Code::bad_request,
                         "only a client that said who it is can ask for outcomes",
                         "give `client` in the hello"));
    auto outcomes = core_.outcomes.outcomes_of(job.client, open.unanswered);
    if (!outcomes) return refuse(outcomes.error());
    opened.outcomes = std::move(*outcomes);
  }
  core_.reply(job.client, job.id, [&](cbor::Writer& out) { reply::write_open(out, opened); });
  return Served::done;
}

Result<void> Engine::open_store(const request::Open& open) {
  if (set_up_) {
    core_.functions.clear();
    TRY(set_up_(core_.functions, open.config));
  } else if (!open.config.empty()) {
    return fail(Code::bad_request, "there is no set-up beside this engine to take the config",
                "open it with a set-up, or leave the config out");
  }
  auto store = TRY(Store::open({.path = std::string(open.path),
                                .storage = open.storage,
                                .durability = open.durability,
                                .functions = &core_.functions},
                               core_.platform, claim_));
  auto journal = TRY(journal::Journal::open(store->writer(), core_.platform));
  core_.store = std::move(store);
  core_.journal = std::move(journal);
  if (auto* target = core_.store->save_target())
    autosave_ = std::make_unique<Autosave>(*core_.store, *target, core_.platform);
  core_.outcomes.attach(core_.store.get());
  core_.store->interrupt().set_cancelled(
      [this] { return cancelled_ && cancelled_(at_work_.first, at_work_.second); });
  commits_flushed_ = core_.store->commits();
  closed_ = false;
  return {};
}

Served Engine::many(const Job& job, const request::Many& many) {
  auto refuse = [&](const Error& error) {
    return core_.reply_error(job.client, job.id, error), Served::done;
  };
  if (auto* lost = writer_.lost(job)) return refuse(*lost);

  Many::Source source;
  if (!writer_.held_by(job) && begins_like_reading(many.sql)) {
    auto on_reader = statements_.try_reader(many.sql);
    if (!on_reader) return refuse(on_reader.error());
    if (*on_reader)
      source = {.reader = std::move((*on_reader)->reader),
                .statement = std::move((*on_reader)->statement)};
  }
  if (!source.statement) {
    if (!writer_.may_write(job)) return Served::must_wait;
    auto prepared = core_.store->writer().prepare(many.sql);
    if (!prepared) return refuse(prepared.error());
    if (!prepared->statement || !prepared->rest.empty())
      return refuse(
          fail(Code::bad_request, "many takes a single statement", "use batch for several"));
    if (prepared->statement->traits().control != Traits::Control::none)
      return refuse(
          fail(Code::bad_request, "many is a transaction already", "leave BEGIN and COMMIT out"));
    source.statement = std::move(prepared->statement);
  }
  if (source.reader && !tasks_.has_room_for_result()) return Served::needs_room;
  auto task = Many::start(core_, writer_, job, std::move(source));
  if (!task) return refuse(task.error());
  for (auto& [message, chunk] : job.chunks) (*task)->add_chunk(message, chunk);
  if ((*task)->work(core_.now_us() + limits::quantum_us)) return Served::done;
  start(std::move(*task));
  return Served::done;
}

Served Engine::begin(const Job& job) {
  if (auto* lost = writer_.lost(job))
    return core_.reply_error(job.client, job.id, *lost), Served::done;
  if (!writer_.may_write(job)) return Served::must_wait;
  return end(job, writer_.begin(job));
}

Served Engine::end(const Job& job, Result<std::size_t> depth) {
  if (depth) {
    core_.reply(job.client, job.id, [&](cbor::Writer& out) { reply::write_depth(out, *depth); });
  } else {
    core_.reply_error(job.client, job.id, depth.error());
  }
  return Served::done;
}

Served Engine::export_database(const Job& job) {
  auto snapshot = read_snapshot(*core_.store);
  if (!snapshot) return core_.reply_error(job.client, job.id, snapshot.error()), Served::done;
  Cursor::Source source{.reader = std::move(snapshot->reader),
                        .statement = std::move(snapshot->pages),
                        .shape = Cursor::Shape::snapshot,
                        .snapshot_bytes = snapshot->bytes};
  return Cursor::start(core_, tasks_, job, std::move(source));
}

Served Engine::flush(const Job& job) {
  if (autosave_) {
    awaited_saves_.push_back({job.client, job.id, autosave_->ask()});
    return Served::done;
  }
  auto flushed = core_.store->flush();
  if (!flushed) return core_.reply_error(job.client, job.id, flushed.error()), Served::done;
  core_.reply(job.client, job.id, [](cbor::Writer& out) { out.map(0); });
  return Served::done;
}

Served Engine::close(const Job& job) {
  auto why = fail(Code::cancelled, "the database was closed");
  tasks_.stop_where([&](const Task& task) { return task.job().client == job.client; }, why);
  auto& client = clients_[job.client];
  for (auto* queue : {&client.inbox, &client.blocked}) {
    for (auto& waiting : *queue) core_.reply_error(waiting.client, waiting.id, why);
    queue->clear();
  }
  std::erase_if(awaited_saves_, [&](auto& awaited) {
    if (awaited.client != job.client) return false;
    core_.reply_error(awaited.client, awaited.request, why);
    return true;
  });
  client.queued_bytes = 0;
  client.has_opened = false;
  if (core_.store) {
    writer_.abandon(job.client);
    core_.outcomes.forget(job.client);
  }
  auto closed = close_if_unused();
  if (!closed) return core_.reply_error(job.client, job.id, closed.error()), Served::done;
  core_.reply(job.client, job.id, [](cbor::Writer& out) { out.map(0); });
  return Served::done;
}

void Engine::start(std::unique_ptr<Task> task) { tasks_.add(std::move(task), core_.now_us()); }

// Results that were read inside a transaction end with it.
void Engine::stop_orphans() {
  if (tasks_.size() == 0) return;
  tasks_.stop_where(
      [&](const Task& task) {
        return task.is_on_writer() && !writer_.held_by(task.job().client, task.job().session);
      },
      fail(Code::cancelled, "the transaction that the result was read in has ended",
           "read it to its end before that"));
}

}  // namespace outboard
