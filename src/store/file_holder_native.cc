#include "store/file_holder_native.h"

#include <fcntl.h>
#include <unistd.h>

namespace outboard {

namespace {

struct flock sqlite_lock() {
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = 0x40000000;  // where SQLite locks
  lock.l_len = 512;
  return lock;
}

}  // namespace

pid_t holder_of(const std::string& path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return 0;
  auto lock = sqlite_lock();
  bool asked = ::fcntl(descriptor, F_GETLK, &lock) == 0;
  ::close(descriptor);
  return asked && lock.l_type != F_UNLCK ? lock.l_pid : 0;
}

bool hold_file(int descriptor) {
  auto lock = sqlite_lock();
  return ::fcntl(descriptor, F_SETLK, &lock) == 0;
}

Error held_elsewhere(const std::string& path, pid_t holder) {
  return fail(
      Code::busy,
      path + " is held by another process" + (holder ? " (" + std::to_string(holder) + ")" : ""),
      "close it there first");
}

}  // namespace outboard
