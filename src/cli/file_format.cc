#include "cli/file_format.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/limits.h"

namespace outboard::cli {

namespace {

namespace fs = std::filesystem;

Error system_error(const std::string& what, const std::string& path) {
  return fail(errno == ENOENT ? Code::not_found : Code::unavailable,
              what + " " + path + ": " + std::strerror(errno),
              "check the path, its permissions and the space");
}

}  // namespace

Result<FileFormat> file_format(const std::string& path, const std::string& name) {
  auto key = name.empty() ? fs::path(path).extension().string() : "." + name;
  for (auto* known : {".db", ".sqlite", ".sqlite3"})
    if (key == known) return FileFormat::database;
  for (auto* known : {".json", ".jsonl", ".ndjson"})
    if (key == known) return FileFormat::json;
  if (key == ".csv") return FileFormat::csv;
  if (key == ".sql") return FileFormat::sql;
  return fail(Code::bad_request, "what " + path + " is cannot be told by its name",
              "say it: --format db, csv, json or sql");
}

void CloseFile::operator()(std::FILE* file) const {
  if (file != stdin && file != stdout) std::fclose(file);
}

Result<OpenFile> open_to_read(const std::string& path) {
  if (path == "-") return OpenFile(stdin);
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    return fail(Code::bad_request, path + " is a folder", "name a file in it");
  OpenFile file(std::fopen(path.c_str(), "rbe"));
  if (!file) return system_error("cannot read", path);
  return file;
}

std::uint64_t bytes_of(const std::string& path) {
  std::error_code failed;
  auto bytes = fs::file_size(path, failed);
  return failed ? 0 : bytes;
}

Result<NewFile> NewFile::create(const std::string& path) {
  if (path == "-") return NewFile(path, OpenFile(stdout));
  NewFile made(path, nullptr);
  made.file_.reset(std::fopen(made.beside().c_str(), "wbe"));
  if (!made.file_) return system_error("cannot write", path);
  return made;
}

NewFile::~NewFile() {
  if (file_ && file_.get() != stdout) ::unlink(beside().c_str());
}

Result<void> NewFile::finish() {
  bool written = std::fflush(file_.get()) == 0 && !std::ferror(file_.get());
  if (path_ == "-") return written ? Result<void>() : system_error("cannot write", "the output");
  if (!written || ::fsync(::fileno(file_.get())) != 0) return system_error("cannot write", path_);
  if (std::rename(beside().c_str(), path_.c_str()) != 0)
    return system_error("cannot replace", path_);
  file_.reset();
  return {};
}

Result<bool> LineReader::next(std::string& line) {
  constexpr std::size_t line_bytes_max = 2 * limits::value_bytes_max;
  line.clear();
  ++line_;
  for (int c; (c = ::getc_unlocked(in_)) != EOF;) {
    ++bytes_;
    if (c == '\n') return true;
    if (line.size() == line_bytes_max)
      return fail(Code::too_large, "line " + std::to_string(line_) + " has more than 128 MiB", "");
    line += static_cast<char>(c);
  }
  if (std::ferror(in_)) return fail(Code::unavailable, "the file cannot be read any further", "");
  return !line.empty();
}

}  // namespace outboard::cli
