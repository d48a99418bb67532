// Export to and import from files on disk, piece by piece.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <outboard/outboard.hpp>

#include "client/calls.h"
#include "protocol/request.h"

namespace outboard {

namespace {

constexpr std::size_t piece_bytes = 1u << 20;

Error system_error(const std::string& what, const std::string& path) {
  return fail(errno == ENOENT ? Code::not_found : Code::unavailable,
              what + " " + path + ": " + std::strerror(errno),
              "check the path, its permissions and the space");
}

class File {
 public:
  File(const std::string& path, int flags)
      : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return descriptor_ >= 0; }
  bool write(ByteView bytes) {
    while (!bytes.empty()) {
      auto written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return true;
  }
  // Fewer bytes than there is room for, only at the end.
  ssize_t read(std::span<std::uint8_t> out) {
    std::size_t filled = 0;
    while (filled < out.size()) {
      auto got = ::read(descriptor_, out.data() + filled, out.size() - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return -1;
      if (got == 0) break;
      filled += static_cast<std::size_t>(got);
    }
    return static_cast<ssize_t>(filled);
  }
  bool flush() { return ::fsync(descriptor_) == 0; }

 private:
  int descriptor_;
};

// Export: each piece goes to the file as it comes.
class ExportCall : public detail::Call {
 public:
  using Answer = bool;
  explicit ExportCall(File& file) : file_(file) {}
  bool answer() { return true; }
  int failed_with = 0;  // errno

 private:
  Next take(const detail::Piece& piece) override {
    auto rows = reply::read_rows(piece.envelope.body);
    if (!rows) return error = rows.error(), Next::last;
    first_ = piece.envelope.kind == FrameKind::reply;
    auto batch = BatchView::read(piece.tail);
    if (!batch) return error = batch.error(), Next::last;
    if (failed_with == 0 && !file_.write(batch->blob_heap(0))) failed_with = errno;
    return rows->more ? Next::more : Next::last;
  }
  std::uint64_t credit() const override { return first_ ? 4 : 1; }

  File& file_;
  bool first_ = false;
};

}  // namespace

Result<void> Database::export_to(const std::string& path) {
  auto beside = path + ".part";
  auto give_up = [&](Error error) {
    ::unlink(beside.c_str());
    return error;
  };
  {
    File file(beside, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.is_open()) return system_error("cannot write", beside);
    auto call = std::make_shared<ExportCall>(file);
    auto exported = detail::call(connection_, call, [](Bytes& message, std::uint64_t id) {
                      request::write_plain(message, id, {}, "export");
                    }).get();
    if (!exported) return give_up(exported.error());
    errno = call->failed_with;
    if (call->failed_with != 0 || !file.flush())
      return give_up(system_error("cannot write", beside));
  }
  if (::rename(beside.c_str(), path.c_str()) != 0)
    return give_up(system_error("cannot replace", path));
  return {};
}

Result<void> Database::import_from(const std::string& path) {
  File file(path, O_RDONLY);
  if (!file.is_open()) return system_error("cannot read", path);

  // One piece ahead, to know which is the last.
  Bytes piece(piece_bytes), ahead(piece_bytes);
  auto fill = [&](Bytes& out) {
    out.resize(piece_bytes);
    auto got = file.read(out);
    out.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return got >= 0;
  };
  if (!fill(piece) || !fill(ahead)) return system_error("cannot read", path);

  auto call = std::make_shared<detail::PlainCall>();
  call->role = detail::Role::write;
  auto imported = detail::call(connection_, call, [&](Bytes& message, std::uint64_t id) {
    request::write_import(message, id, {.n = call->n}, piece, !ahead.empty());
  });
  while (!ahead.empty()) {
    std::swap(piece, ahead);
    if (!fill(ahead)) {
      imported.cancel();
      return system_error("cannot read", path);
    }
    Bytes message;
    request::write_import_chunk(message, call->id, piece, !ahead.empty());
    connection_->send_more(*call, std::move(message));
  }
  auto done = imported.get();
  if (!done) return done.error();
  return {};
}

}  // namespace outboard
