// A database that the `outboard` command beside this program serves, and its client.
#pragma once

#include <sys/types.h>

#include <string>

#include <outboard/outboard.hpp>

namespace scenario {

// The process of one server; ended, and its file closed, when this goes.
class Served {
 public:
  Served() = default;
  ~Served() { end(); }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  // Ends the one that runs, starts another and connects to it. Its error is the server's own.
  outboard::Result<outboard::Database> start(const std::string& path, outboard::Storage storage);

 private:
  void end();

  pid_t process_ = 0;
};

}  // namespace scenario
