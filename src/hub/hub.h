// Hub: Outboard's server. At present it serves pages; it will store and fan out the logs of spaces.
//
// Runs on a thread of its own. Started, asked and stopped from one thread; ends with the object.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace outboard::hub {

struct HubOptions {
  std::filesystem::path pages = {};   // the folder to serve, with an index.html
  std::string address = "127.0.0.1";  // this machine alone; 0.0.0.0 and :: stand for everywhere
  std::uint16_t port = 8080;          // 0: any free one

  // Called for each request with a line such as "GET / 200", on the hub's thread.
  std::function<void(std::string_view line)> log = {};
};

class Hub {
 public:
  // Listens from the moment it returns. Fails with not_found (no such folder), bad_request (no such
  // address), busy (the port is taken) or denied (the port is privileged).
  static Result<std::unique_ptr<Hub>> start(HubOptions options);

  // As stop().
  ~Hub();

  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  std::uint16_t port() const;

  // What to type into a browser on this machine: "http://localhost:8080/".
  std::string url() const;

  // Finishes the answers under way, for at most 5 s, and returns once nothing runs any more.
  void stop();

 private:
  struct Parts;

  explicit Hub(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace outboard::hub
