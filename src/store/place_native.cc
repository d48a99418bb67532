#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <set>

#include "base/limits.h"
#include "store/file_holder_native.h"
#include "store/memory_files.h"
#include "store/place.h"
#include "store/saved_file_native.h"
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
    return held_elsewhere(path_, holder_of(path_));
  }

 private:
  std::string path_;
  std::string vfs_ = "unix-excl";  // the wal-index in memory, other processes locked out
  bool created_;
};

// In memory, and saved to a file.
class AutosavePlace : public VfsPlace {
 public:
  AutosavePlace(std::string path, std::unique_ptr<Files> files, std::unique_ptr<SavedFile> saved,
                Platform& platform)
      : VfsPlace(std::move(path), std::move(files), platform), saved_(std::move(saved)) {}
  ~AutosavePlace() override {
    saved_.reset();
    claims().remove(VfsPlace::path());
  }

  SaveTarget* save_target() override { return saved_.get(); }

 private:
  std::unique_ptr<SavedFile> saved_;
};

Result<std::unique_ptr<Place>> place_with_autosave(const std::string& path, Platform& platform) {
  auto saved = TRY(SavedFile::open(path));
  auto files = std::make_unique<MemoryFiles>(limits::autosave_bytes_max);
  TRY(saved->load(*files, FileSlot::database));
  return std::make_unique<AutosavePlace>(path, std::move(files), std::move(saved), platform);
}

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
  if (storage == Storage::autosave) {
    auto place = place_with_autosave(file.string(), platform);
    if (!place) claims().remove(file.string());
    return place;
  }
  bool created = !exists || fs::file_size(file, error) == 0;
  return std::make_unique<FilePlace>(file.string(), created);
}

}  // namespace outboard
