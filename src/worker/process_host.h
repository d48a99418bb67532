// ProcessHost: an engine in a process of its own (rule H20), started anew when it is lost.
//
// One thread of ours starts the process, carries the messages, and watches: a process that ends,
// that fails, or that gives no sign of life is killed, and the next one is started after a pause
// that grows with each failure. The connection greets that one and sends again what it must
// (client/recovery.cc). The process ends when the socket is closed, however this program ends.
#pragma once

#include <memory>
#include <thread>

#include <outboard/options.hpp>

#include "client/recovering_link.h"
#include "worker/child_process.h"
#include "worker/message_socket.h"

namespace outboard {

class ProcessHost : public RecoveringLink {
 public:
  // Fails with not_found or unavailable if no process can be started.
  static Result<std::unique_ptr<ProcessHost>> start(ProcessOptions options);
  ~ProcessHost() override { close(); }

  void send(Bytes message) override;
  std::vector<Arrival> take() override;
  bool has_room() const override;
  void close() override;

  // The process that runs just now; 0: none.
  pid_t process() const { return process_; }

 private:
  ProcessHost(std::string program, ProcessOptions options, Descriptor wake)
      : program_(std::move(program)), options_(std::move(options)), wake_(std::move(wake)) {}

  // The thread's.
  void work(ChildProcess first);
  Result<ChildProcess> start_process() const;
  std::string serve(ChildProcess& child);
  Result<bool> take_messages(MessageReader& reader, bool& is_ready);
  void set_writable(int socket);
  void lose(const std::string& why);
  void give_up(const std::string& why);
  void wake();

  const std::string program_;
  const ProcessOptions options_;
  const Descriptor wake_;  // an eventfd: something is to be sent, or to end
  std::atomic<std::size_t> unread_bytes_{0};
  std::atomic<pid_t> process_{0};
  bool has_answered_ = false;  // the process that runs, anything at all
  MessageWriter outbox_;       // under the lock
  int writable_ = -1;          // under the lock: the socket of a process that is ready
  std::thread thread_;
};

}  // namespace outboard
