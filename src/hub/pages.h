// Pages: the files below one folder, as answers to requests.
//
// Used on one thread. Looks at the folder anew for each request, so files may come, change and go.
#pragma once

#include <filesystem>

#include "net/http_message.h"

namespace outboard::hub {

class Pages {
 public:
  // Fails with not_found if there is no such folder.
  static Result<Pages> open(const std::filesystem::path& folder);

  // The file at the target of a GET or HEAD: its brotli form `name.br` if the client takes that and
  // it is not older; 304 if the client has it; a redirect for a folder without its slash; else a
  // page that says in a sentence why not. Nothing outside the folder is ever read.
  net::Response answer(const net::Request& request) const;

 private:
  explicit Pages(std::filesystem::path root) : root_(std::move(root)) {}

  Result<std::filesystem::path> locate(const std::filesystem::path& path) const;
  Result<net::Response> find(const net::Request& request) const;
  Result<net::Response> send(const net::Request& request, const std::filesystem::path& path) const;

  std::filesystem::path root_;  // canonical
};

}  // namespace outboard::hub
