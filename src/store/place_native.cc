#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <set>

#include "store/place.h"
#include "store/vfs_place.h"

namespace outboard {

namespace {

namespace fs = std::filesystem;

// The files that engines of this process hold. SQLite's locks keep other processes out, but not
// another engine of the same process, whose locks are the same.
class Claims {
 public:
  bool add(const std::string& path) {
    std::lock_guard lock(mutex_);
    return paths_.insert(path).second;
  }
  void remove(const std::string& path) {
    std::lock_guard lock(mutex_);
    paths_.erase(path);
  }

 private:
  std::mutex mutex_;
  std::set<std::string> paths_;
};

Claims& claims() {
  static Claims all;  // of the process, as the locks are
  return all;
}

// The process that holds SQLite's lock on the file, or 0.
pid_t holder_of(const std::string& path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return 0;
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = 0x40000000;  // where SQLite locks
  lock.l_len = 512;
  bool asked = ::fcntl(descriptor, F_GETLK, &lock) == 0;
  ::close(descriptor);
  return asked && lock.l_type != F_UNLCK ? lock.l_pid : 0;
}

class FilePlace : public Place {
 public:
  FilePlace(std::string path, bool created) : path_(std::move(path)), created_(created) {}
  ~FilePlace() override { claims().remove(path_); }

  const std::string& file() const override { return path_; }
  const std::string& vfs() const override { return vfs_; }
  const std::string& path() const override { return path_; }
  bool created() const override { return created_; }

  Error explain(Error error) const override {
    if (error.code != Code::busy) return error;
    auto pid = holder_of(path_);
    return fail(
        Code::busy,
        path_ + " is held by another process" + (pid ? " (" + std::to_string(pid) + ")" : ""),
        "close it there first");
  }

 private:
  std::string path_;
  std::string vfs_ = "unix-excl";  // the wal-index in memory, other processes locked out
  bool created_;
};

// The one name of a file that is there or not yet, behind all links.
Result<fs::path> real_path(const std::string& path) {
  constexpr int links_max = 16;
  std::error_code error;
  auto file = fs::absolute(path, error);
  for (int links = 0; links <= links_max; ++links) {
    auto folder = fs::canonical(file.parent_path(), error);
    if (error || !fs::is_directory(folder, error))
      return fail(Code::not_found, "the folder of " + path + " does not exist",
                  "make the folder first");
    file = folder / file.filename();
    if (!fs::is_symlink(file, error)) return file;
    file = folder / fs::read_symlink(file, error);
  }
  return fail(Code::bad_request, path + " is a link that leads in a circle", "name a file");
}

}  // namespace

Result<std::unique_ptr<Place>> claim_place(const std::string& path, Storage storage,
                                           Platform& platform) {
  if (storage == Storage::memory) return place_in_memory(path, platform);
  if (path.empty()) return fail(Code::bad_request, "open: the path is empty", "name a file");
  if (path.find('\0') != std::string::npos)
    return fail(Code::bad_request, "open: the path has a zero byte in it", "name a file");

  auto file = TRY(real_path(path));
  std::error_code error;
  if (fs::is_directory(file, error))
    return fail(Code::bad_request, path + " is a folder", "name a file in it");
  bool exists = fs::exists(file, error);
  if (::access(exists ? file.c_str() : file.parent_path().c_str(), W_OK) != 0)
    return fail(Code::denied,
                (exists ? file.string() + " cannot be written: "
                        : "no file can be made in " + file.parent_path().string() + ": ") +
                    std::strerror(errno),
                "check the permissions");

  if (!claims().add(file.string()))
    return fail(Code::busy, file.string() + " is held by another engine of this process",
                "share that engine, or close it first");
  bool created = !exists || fs::file_size(file, error) == 0;
  return std::make_unique<FilePlace>(file.string(), created);
}

}  // namespace outboard
