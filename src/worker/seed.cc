#include "worker/seed.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <outboard/outboard.hpp>

namespace outboard {

namespace {

// A name that nobody else in the world seeds with.
std::string name_beside(const std::string& path) {
  static std::atomic<unsigned> last{0};
  return path + "-seeding-" + std::to_string(::getpid()) + "-" + std::to_string(++last);
}

void flush_folder(const std::string& path) {
  auto folder = std::filesystem::absolute(path).parent_path().string();
  int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  (void)::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

Result<void> put_seed(const std::string& path, const std::string& seed) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) return {};

  // An import checks it, and an export is flushed before it has its name.
  auto beside = name_beside(path);
  {
    auto staged = TRY(open("seed", {.host = Host::on_caller, .storage = Storage::memory}));
    TRY(staged.import_from(seed));
    TRY(staged.export_to(beside));
  }
  // Unlike a rename it takes the place of nothing.
  int failed = ::link(beside.c_str(), path.c_str()) == 0 || errno == EEXIST ? 0 : errno;
  ::unlink(beside.c_str());
  if (failed != 0)
    return fail(Code::unavailable, "cannot make " + path + ": " + std::strerror(failed),
                "check the permissions");
  flush_folder(path);
  return {};
}

}  // namespace outboard
