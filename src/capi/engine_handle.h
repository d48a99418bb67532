// EngineHandle: what stands behind an outboard_engine*: a host, its messages, and the two
// ways to be woken. EngineHandles: all that are open in this process, by number.
//
// Both may be used from any thread. A handle lives until the last call on it has returned.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include <outboard/outboard.h>
#include <outboard/options.hpp>

#include "base/result.h"
#include "client/link.h"

namespace outboard::capi {

// A message and the bytes that it shows.
struct OwnedMessage : outboard_message {
  explicit OwnedMessage(Bytes held);
  explicit OwnedMessage(std::string text);

 private:
  Bytes held_;
  std::string text_;
};

// How an application hears that something has come. The engine's thread rings.
class Bell {
 public:
  using Call = void (*)(void* context);

  Bell() = default;
  ~Bell();
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  void ring() noexcept;

  // Made when first asked for, and lit then. Negative: the system gave none.
  int descriptor();
  void light() noexcept;
  void put_out() noexcept;

  // Waits for a call that is running; then calls the new one. REQUIRES: !is_ringing_here().
  void set(Call call, void* context);

  // This thread is inside the call.
  bool is_ringing_here() const;

 private:
  void make_call() noexcept;

  std::mutex mutex_;  // held while `call_` runs
  Call call_ = nullptr;
  void* context_ = nullptr;
  std::mutex making_;
  std::atomic<int> descriptor_{-1};
};

class EngineHandle {
 public:
  // On a thread, or, with Host::process, in a process, which is not replaced if it is lost: whoever
  // speaks the protocol himself would have to greet the next one. Fails as starting these does.
  static Result<std::shared_ptr<EngineHandle>> start(const Options& options = {});

  int send(ByteView message);
  int next(int timeout_ms, std::unique_ptr<OwnedMessage>& message);
  void close();
  Bell& bell() { return *bell_; }

 private:
  EngineHandle(std::shared_ptr<Bell> bell, std::unique_ptr<Link> host)
      : bell_(std::move(bell)), host_(std::move(host)) {}
  void refill();
  void lose(const Error& why);

  const std::shared_ptr<Bell> bell_;  // the host's thread rings it, which may outlive this
  const std::unique_ptr<Link> host_;
  std::atomic<bool> is_closed_{false};
  std::atomic<bool> is_lost_{false};

  std::timed_mutex reading_;  // one reader at a time; guards what is below
  std::deque<Bytes> arrived_;
};

class EngineHandles {
 public:
  outboard_engine* add(std::shared_ptr<EngineHandle> handle);
  std::shared_ptr<EngineHandle> find(const outboard_engine* engine);
  std::shared_ptr<EngineHandle> remove(const outboard_engine* engine);

 private:
  std::mutex mutex_;
  std::uintptr_t last_ = 0;
  std::map<std::uintptr_t, std::shared_ptr<EngineHandle>> handles_;
};

}  // namespace outboard::capi
