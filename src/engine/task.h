// Task: a request that takes more than one turn: a result that is read in pieces, parameters that
// arrive in pieces. The engine gives each a turn when it can go on.
#pragma once

#include <memory>
#include <vector>

#include "engine/core.h"

namespace outboard {

class Task {
 public:
  explicit Task(Job job) : job_(std::move(job)) {}
  virtual ~Task() = default;

  const Job& job() const { return job_; }

  // Is there something to do that does not wait for the client?
  virtual bool is_ready() const = 0;

  // Works until about `until_us`. True: the task is done, and its last frame is written.
  virtual bool work(std::int64_t until_us) = 0;

  // Ends it from outside; nothing of it is kept, and the client is told why.
  virtual void stop(const Error& why) = 0;

  // Is it a result that the client reads at its own pace?
  virtual bool is_result() const { return false; }

  // Does it read on the writer's connection, in its session's transaction?
  virtual bool is_on_writer() const { return false; }

  // The client is ready for that many chunks more.
  virtual void add_credit(std::uint64_t) {}

  // More parameters, or more bytes, from the client.
  virtual void add_chunk(SharedMessage, const request::Chunk&) {}

  // Bytes that have come and were not worked off yet.
  virtual std::size_t waiting_bytes() const { return 0; }

  // How long the client may leave it waiting.
  virtual std::int64_t idle_limit_ms() const { return limits::stream_idle_ms; }

  std::int64_t last_heard_us = 0;

 protected:
  Job job_;
};

// Is its result one that is read at leisure? Such streams are few, and one too many is refused;
// other results are on their way to whoever waits for all of them, and wait for each other.
bool is_paced(const Job& job);
Error too_many_streams();

class Tasks {
 public:
  void add(std::unique_ptr<Task> task, std::int64_t now_us);
  Task* find(ClientId client, std::uint64_t id);
  std::size_t size() const { return tasks_.size(); }

  // May one more of each be read beside the others?
  bool has_room_for_stream() const;
  bool has_room_for_result() const;
  bool has_import() const;

  // The next of that client's tasks that can go on, in turn.
  Task* next_ready(ClientId client);
  bool any_ready(ClientId client) const;

  void remove(Task* task);

  // Stops those for which `which` holds.
  template <class Which>
  void stop_where(Which which, const Error& why) {
    std::erase_if(tasks_, [&](auto& task) {
      if (!which(*task)) return false;
      task->stop(why);
      return true;
    });
  }

  // Drops all of a client that is gone.
  void drop(ClientId client) {
    std::erase_if(tasks_, [&](auto& task) { return task->job().client == client; });
  }

  // When the next of them will have waited too long, or missed its deadline; 0: none.
  std::int64_t next_deadline_us() const;
  void stop_late(std::int64_t now_us);

 private:
  static std::int64_t deadline_us(const Task& task);
  std::size_t results(bool paced) const;

  std::vector<std::unique_ptr<Task>> tasks_;
  std::size_t turn_ = 0;
};

}  // namespace outboard
