// ChildProcess: a program that was started with one end of a socket, and the other end.
//
// Ended and awaited when it goes. One thread at a time.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace outboard {

// A descriptor that is closed with it.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { close(); }

  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  void close();

 private:
  int number_ = -1;
};

class ChildProcess {
 public:
  // The number under which the child finds its end of the socket.
  static constexpr int inherited = 3;

  // Starts `program` with these arguments. Fails with not_found or unavailable.
  static Result<ChildProcess> start(const std::string& program,
                                    const std::vector<std::string>& arguments);
  ChildProcess(ChildProcess&& other) noexcept
      : socket_(std::move(other.socket_)), id_(std::exchange(other.id_, 0)) {}
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess() { (void)end(); }

  int socket() const { return socket_.get(); }
  pid_t id() const { return id_; }

  // Kills it if it still runs, and waits for its end. A sentence: what became of it.
  std::string end();

  // Closes the socket, which is for the child to end by itself, and waits that long for it before
  // it is killed.
  void close(int patience_ms);

 private:
  ChildProcess(Descriptor socket, pid_t id) : socket_(std::move(socket)), id_(id) {}
  bool has_ended();

  Descriptor socket_;
  pid_t id_;  // 0: awaited
  int status_ = 0;
};

// The `outboard` command: `wanted` if that is not empty, else beside the library or the program
// that runs, else on PATH. Fails with not_found.
Result<std::string> find_command(const std::string& wanted);

}  // namespace outboard
