// The engine's turns: who is served when (rule H6).

#include <algorithm>

#include "engine/engine.h"

namespace outboard {

bool Engine::run() {
  core_.begin_turn();
  keep_time();
  auto until_us = core_.now_us() + limits::quantum_us;

  for (bool served = true; served && core_.now_us() < until_us;) {
    served = false;
    auto after = clients_.upper_bound(last_served_);
    for (std::size_t i = 0; i < clients_.size() && !served; ++i) {
      if (after == clients_.end()) after = clients_.begin();
      last_served_ = after->first;
      served = serve(after->first, after->second);
      if (!served) ++after;
    }
  }

  flush_turn();
  save_turn();
  return is_saving_ || has_work();
}

// A piece of a save that is due (rule H14), and the answers to those who wait for it.
void Engine::save_turn() {
  is_saving_ = autosave_ && autosave_->work();
  std::erase_if(awaited_saves_, [&](auto& awaited) {
    auto saved = autosave_->outcome(awaited.save);
    if (!saved) return false;
    if (*saved) {
      core_.reply(awaited.client, awaited.request, [](cbor::Writer& out) { out.map(0); });
    } else {
      core_.reply_error(awaited.client, awaited.request, saved->error());
    }
    return true;
  });
}

// Durability::power: one flush for all that committed in this turn, before its answers leave (H11).
void Engine::flush_turn() {
  auto* store = core_.store.get();
  if (!store || store->info().durability != Durability::power) return;
  if (std::exchange(commits_flushed_, store->commits()) == store->commits()) return;
  auto flushed = store->flush();
  if (!flushed)
    core_.retract_turn(fail(Code::unavailable,
                            "the log could not be flushed: " + flushed.error().message,
                            "the change is there, but may not survive a power cut"));
}

// One step for one client: a piece of one of its tasks, or one of its requests.
bool Engine::serve(ClientId id, Client& client) {
  if (is_full(id)) return false;
  bool served = std::exchange(client.queue_first, false)
                    ? serve_queue(client) || serve_task(id, client)
                    : serve_task(id, client) || serve_queue(client);
  if (served && core_.store) {
    writer_.notice_loss();
    stop_orphans();
  }
  return served;
}

bool Engine::serve_task(ClientId id, Client& client) {
  auto* task = tasks_.next_ready(id);
  if (!task) return false;
  at_work_ = {id, task->job().id};
  auto commits_before = core_.store->commits();
  auto from = core_.output(id).size();
  if (task->is_on_writer()) writer_.touch(task->job());
  task->last_heard_us = core_.now_us();
  auto& interrupt = core_.store->interrupt();
  interrupt.watch(task->job().deadline_us);
  bool done = task->work(core_.now_us() + limits::quantum_us);
  interrupt.rest();
  if (core_.store->commits() != commits_before) core_.acknowledge(id, task->job().id, from);
  if (done) tasks_.remove(task);
  client.queue_first = true;
  return true;
}

bool Engine::serve_queue(Client& client) {
  auto unblocked = next_unblocked(client.blocked);
  if (!unblocked && client.inbox.empty()) return false;

  auto& queue = unblocked ? client.blocked : client.inbox;
  auto at = queue.begin() + static_cast<std::ptrdiff_t>(unblocked.value_or(0));
  auto job = std::move(*at);
  queue.erase(at);
  client.queued_bytes -= job.bytes;

  if (job.deadline_us && core_.now_us() >= job.deadline_us) {
    core_.reply_error(job.client, job.id,
                      fail(Code::timeout, "the deadline passed before its turn came", "try again"));
    return true;
  }
  // What a session asks stays in order: behind what waits the rest waits too.
  bool in_line =
      !unblocked && job.session != 0 &&
      std::ranges::find(client.blocked, job.session, &Job::session) != client.blocked.end();

  at_work_ = {job.client, job.id};
  auto commits_before = core_.store ? core_.store->commits() : 0;
  auto from = core_.output(job.client).size();
  if (core_.store) core_.store->interrupt().watch(job.deadline_us);
  auto served = in_line ? Served::must_wait : answer(job);
  if (core_.store) {
    core_.store->interrupt().rest();
    if (core_.store->commits() != commits_before) core_.acknowledge(job.client, job.id, from);
  }
  if (served != Served::done) {
    job.waits_for_room = served == Served::needs_room;
    client.queued_bytes += job.bytes;
    client.blocked.insert(unblocked ? client.blocked.begin() : client.blocked.end(),
                          std::move(job));
  }
  return true;
}

std::optional<std::size_t> Engine::next_unblocked(const Queue& blocked) const {
  for (auto job = blocked.begin(); job != blocked.end(); ++job) {
    bool may_go_on = job->waits_for_room ? tasks_.has_room_for_result() : writer_.may_write(*job);
    if (!may_go_on) continue;
    bool is_in_line = job->session != 0 &&
                      std::ranges::find(blocked.begin(), job, job->session, &Job::session) != job;
    if (!is_in_line) return static_cast<std::size_t>(job - blocked.begin());
  }
  return std::nullopt;
}

// Its host does not get rid of its answers: more of them would only pile up.
bool Engine::is_full(ClientId id) const {
  return core_.output_bytes(id) > limits::output_bytes_max;
}

bool Engine::has_work() const {
  return std::ranges::any_of(clients_, [&](auto& entry) {
    auto& [id, client] = entry;
    return !is_full(id) &&
           (!client.inbox.empty() || next_unblocked(client.blocked) || tasks_.any_ready(id));
  });
}

void Engine::keep_time() {
  if (!core_.store) return;
  auto now_us = core_.now_us();
  if (auto idle_us = writer_.idle_deadline_us();
      idle_us && now_us >= idle_us &&
      !is_awaited(writer_.holder()->first, writer_.holder()->second)) {
    writer_.roll_back_idle();
    stop_orphans();
  }
  if (tasks_.size() > 0) tasks_.stop_late(now_us);
  auto timed_out = fail(Code::timeout, "the deadline passed while others were served", "try again");
  for (auto& [id, client] : clients_) {
    std::erase_if(client.blocked, [&](auto& job) {
      if (!job.deadline_us || now_us < job.deadline_us) return false;
      client.queued_bytes -= job.bytes;
      core_.reply_error(job.client, job.id, timed_out);
      return true;
    });
  }
}

// Is something of that session waiting for its turn?
bool Engine::is_awaited(ClientId id, std::uint64_t session) const {
  auto& client = clients_.at(id);
  auto waits = [&](auto& queue) {
    return std::ranges::find(queue, session, &Job::session) != queue.end();
  };
  return waits(client.inbox) || waits(client.blocked);
}

std::optional<std::int64_t> Engine::wake_at_us() const {
  std::int64_t next = 0;
  auto consider = [&](std::int64_t at) {
    if (at && (!next || at < next)) next = at;
  };
  if (core_.store) consider(writer_.idle_deadline_us());
  consider(tasks_.next_deadline_us());
  if (autosave_) consider(autosave_->wake_at_us().value_or(0));
  for (auto& [id, client] : clients_)
    for (auto& job : client.blocked) consider(job.deadline_us);
  return next ? std::optional(next) : std::nullopt;
}

}  // namespace outboard
