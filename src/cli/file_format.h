// The files that `export` writes and `import` reads.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "base/result.h"

namespace outboard::cli {

enum class FileFormat { database, csv, json, sql };

// By name ("db", "csv", "json", "sql"), or, where that is empty, by the suffix of the path.
Result<FileFormat> file_format(const std::string& path, const std::string& name);

// Where `path` is meant: "-" is standard input.
struct CloseFile {
  void operator()(std::FILE* file) const;
};
using OpenFile = std::unique_ptr<std::FILE, CloseFile>;
Result<OpenFile> open_to_read(const std::string& path);
std::uint64_t bytes_of(const std::string& path);

// A file that is written beside its place and put there when it is whole. "-" is standard output.
class NewFile {
 public:
  static Result<NewFile> create(const std::string& path);
  NewFile(NewFile&&) = default;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();  // without finish(): nothing was written

  std::FILE* stream() const { return file_.get(); }
  Result<void> finish();

 private:
  NewFile(std::string path, OpenFile file) : path_(std::move(path)), file_(std::move(file)) {}
  std::string beside() const { return path_ + ".part"; }

  std::string path_;
  OpenFile file_;
};

// Text by the line, without its end; a line has a limit.
class LineReader {
 public:
  explicit LineReader(std::FILE* in) : in_(in) {}

  // False at the end.
  Result<bool> next(std::string& line);
  std::size_t line() const { return line_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::FILE* in_;
  std::size_t line_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace outboard::cli
