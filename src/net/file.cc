#include "net/file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace outboard::net {

namespace {
Error failure(const std::filesystem::path& path, int error) {
  std::string what = "\"" + path.string() + "\": " + std::strerror(error);
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP:
    case ENXIO: return fail(Code::not_found, what);
    case EACCES:
    case EPERM: return fail(Code::denied, what, "let the user who runs Outboard read it");
    default: return fail(Code::unavailable, what);
  }
}
}  // namespace

Result<File> File::open(const std::filesystem::path& path) {
  File file;
  file.descriptor_ =
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
  if (file.descriptor_ < 0) return failure(path, errno);
  struct stat status = {};
  if (::fstat(file.descriptor_, &status) != 0) return failure(path, errno);
  if (!S_ISREG(status.st_mode))
    return fail(Code::not_found, "\"" + path.string() + "\" is no file");
  file.size_bytes_ = static_cast<std::uint64_t>(status.st_size);
  file.modified_ns_ = status.st_mtim.tv_sec * std::int64_t{1'000'000'000} + status.st_mtim.tv_nsec;
  file.inode_ = status.st_ino;
  return file;
}

File::File(File&& other) noexcept { *this = std::move(other); }

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  size_bytes_ = other.size_bytes_;
  modified_ns_ = other.modified_ns_;
  inode_ = other.inode_;
  return *this;
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::size_t> File::read(std::span<char> out) {
  for (;;) {
    auto got = ::read(descriptor_, out.data(), out.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return fail(Code::unavailable, std::strerror(errno));
  }
}

}  // namespace outboard::net
