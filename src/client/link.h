// Link: what a connection reaches its engine through. Each host is one.
//
// send() and cancel() may be called from any thread and return at once; the inline host alone does
// the work inside them. The rest is the connection's, one thread at a time, but for wait().
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <outboard/error.hpp>
#include <outboard/value.hpp>

namespace outboard {

// The engine is gone, with all that it had not answered, and another one is on its way.
struct EngineLost {
  std::string why;
};

class Link {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // A message from the engine, or why there will be no more. EngineLost comes from links that
  // recover(); what is sent behind it goes nowhere until begin_again().
  using Arrival = std::variant<Bytes, Error, EngineLost>;

  virtual ~Link() = default;

  virtual void send(Bytes message) = 0;

  // Is the engine's work done inside of send() and wait()?
  virtual bool is_inline() const { return false; }

  // Does another engine come in place of one that is lost?
  virtual bool recovers() const { return false; }
  virtual void begin_again() {}

  // Called by the link's own thread when an EngineLost can be taken, lest nobody waits. Set once,
  // before anything is sent.
  virtual void set_on_lost(std::function<void()>) {}

  // Called by whatever thread brings something to take(), each time. Set once, before anything is
  // sent.
  virtual void set_on_arrival(std::function<void()> on_arrival) = 0;

  // False: more is waiting to be sent than a link keeps.
  virtual bool has_room() const { return true; }

  // A cancel frame is on its way: a statement that runs just now should stop before it is read.
  virtual void cancel(std::uint64_t id) = 0;

  // What has arrived, oldest first.
  virtual std::vector<Arrival> take() = 0;

  // Waits until something has arrived, `done` is set, or that time has come.
  virtual void wait(std::optional<TimePoint> until, const std::atomic<bool>& done) = 0;

  // Wakes those who wait, to look at their `done`.
  virtual void nudge() = 0;

  // Ends the engine: nothing is sent after it. Waits until its file is closed.
  virtual void close() = 0;
};

}  // namespace outboard
