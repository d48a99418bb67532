#include "store/saved_file_native.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "store/file_holder_native.h"

namespace outboard {

namespace {

Error system_error(const std::string& what, const std::string& path) {
  auto code =
      errno == EACCES || errno == EPERM || errno == EROFS ? Code::denied : Code::unavailable;
  return fail(code, what + " " + path + ": " + std::strerror(errno),
              "check the permissions and the space; what was saved before is there");
}

void close_file(int& descriptor) {
  if (descriptor >= 0) ::close(std::exchange(descriptor, -1));
}

// The folder's entries are made durable too: which file has the name.
bool flush_folder(const std::string& path) {
  auto folder = std::filesystem::path(path).parent_path().string();
  int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return false;
  bool flushed = ::fsync(descriptor) == 0;
  ::close(descriptor);
  return flushed;
}

bool has_content(const std::string& path) {
  struct stat found = {};
  return ::stat(path.c_str(), &found) == 0 && found.st_size > 0;
}

}  // namespace

Result<std::unique_ptr<SavedFile>> SavedFile::open(const std::string& path) {
  auto file = std::unique_ptr<SavedFile>(new SavedFile(path));
  for (;;) {
    file->held_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file->held_ < 0) return system_error("cannot open", path);
    if (!hold_file(file->held_)) {
      auto pid = holder_of(path);
      return held_elsewhere(path, pid);
    }
    // A save of another engine may have put another file in its place just then.
    struct stat opened = {}, named = {};
    if (::fstat(file->held_, &opened) != 0) return system_error("cannot open", path);
    if (::stat(path.c_str(), &named) == 0 && named.st_ino == opened.st_ino) break;
    close_file(file->held_);
  }
  for (auto* log : {"-wal", "-journal"})
    if (has_content(path + log))
      return fail(Code::conflict, path + log + " lies beside " + path + " and belongs to it",
                  "open it with the storage file once, and close it");
  ::unlink(file->beside_.c_str());  // what a crash left of a save
  return file;
}

SavedFile::~SavedFile() {
  abandon();
  close_file(held_);
}

Result<void> SavedFile::load(Files& files, FileSlot slot) {
  std::vector<std::uint8_t> piece(1u << 20);
  for (std::uint64_t at = 0;;) {
    auto got = ::pread(held_, piece.data(), piece.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("cannot read", path_);
    if (got == 0) return {};
    auto bytes = ByteView(piece).first(static_cast<std::size_t>(got));
    if (files.write(slot, at, bytes) != FileOutcome::ok)
      return fail(Code::too_large, path_ + " is too large to be kept in memory",
                  "open it with the storage file");
    at += static_cast<std::uint64_t>(got);
  }
}

Result<void> SavedFile::begin() {
  abandon();
  struct stat before = {};
  ::fstat(held_, &before);
  saving_ = ::open(beside_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  // Locked before it has the name: whoever finds it there finds it held.
  if (saving_ < 0 || ::fchmod(saving_, before.st_mode & 07777) != 0 || !hold_file(saving_))
    return write_failed();
  return {};
}

Result<void> SavedFile::append(ByteView bytes) {
  while (!bytes.empty()) {
    auto written = ::write(saving_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return write_failed();
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> SavedFile::finish() {
  if (::fsync(saving_) != 0 || ::rename(beside_.c_str(), path_.c_str()) != 0) return write_failed();
  close_file(held_);
  held_ = std::exchange(saving_, -1);
  if (!flush_folder(path_)) return system_error("cannot flush the folder of", path_);
  return {};
}

void SavedFile::abandon() {
  if (saving_ < 0) return;
  close_file(saving_);
  ::unlink(beside_.c_str());
}

Result<void> SavedFile::write_failed() {
  auto error = system_error("cannot save", beside_);
  abandon();
  return error;
}

}  // namespace outboard
