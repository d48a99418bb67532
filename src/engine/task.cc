#include "engine/task.h"

#include <algorithm>

namespace outboard {

bool is_paced(const Job& job) {
  return std::holds_alternative<request::Stream>(job.what) ||
         std::holds_alternative<request::Export>(job.what);
}

Error too_many_streams() {
  return fail(Code::busy, "too many streams are being read at once",
              "read the open ones to their end, or close them");
}

void Tasks::add(std::unique_ptr<Task> task, std::int64_t now_us) {
  task->last_heard_us = now_us;
  tasks_.push_back(std::move(task));
}

Task* Tasks::find(ClientId client, std::uint64_t id) {
  for (auto& task : tasks_)
    if (task->job().client == client && task->job().id == id) return task.get();
  return nullptr;
}

std::size_t Tasks::results(bool paced) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      tasks_, [&](auto& task) { return task->is_result() && is_paced(task->job()) == paced; }));
}

bool Tasks::has_room_for_stream() const { return results(true) < limits::streams_max; }
bool Tasks::has_room_for_result() const { return results(false) < limits::results_max; }

bool Tasks::has_import() const {
  return std::ranges::any_of(
      tasks_, [](auto& task) { return std::holds_alternative<request::Import>(task->job().what); });
}

Task* Tasks::next_ready(ClientId client) {
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    auto& task = tasks_[(turn_ + i) % tasks_.size()];
    if (task->job().client != client || !task->is_ready()) continue;
    turn_ = (turn_ + i + 1) % tasks_.size();
    return task.get();
  }
  return nullptr;
}

bool Tasks::any_ready(ClientId client) const {
  return std::ranges::any_of(
      tasks_, [&](auto& task) { return task->job().client == client && task->is_ready(); });
}

void Tasks::remove(Task* task) {
  std::erase_if(tasks_, [&](auto& other) { return other.get() == task; });
}

std::int64_t Tasks::deadline_us(const Task& task) {
  auto idle_us = task.last_heard_us + task.idle_limit_ms() * 1'000;
  auto own_us = task.job().deadline_us;
  return own_us ? std::min(own_us, idle_us) : idle_us;
}

std::int64_t Tasks::next_deadline_us() const {
  std::int64_t next = 0;
  for (auto& task : tasks_) {
    if (task->is_ready()) continue;
    auto deadline = deadline_us(*task);
    if (!next || deadline < next) next = deadline;
  }
  return next;
}

void Tasks::stop_late(std::int64_t now_us) {
  auto timed_out =
      fail(Code::timeout, "the deadline passed", "give it more time, or ask for less at once");
  stop_where([&](Task& task) { return task.job().deadline_us && now_us >= task.job().deadline_us; },
             timed_out);
  auto idle = fail(Code::cancelled, "the client left it waiting for too long",
                   "read results to their end, or cancel them");
  stop_where([&](Task& task) { return !task.is_ready() && now_us >= deadline_us(task); }, idle);
}

}  // namespace outboard
