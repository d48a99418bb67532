#include "store/vfs.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <new>
#include <optional>

#include <sqlite3.h>

#include "base/assert.h"
#include "store/vfs_handle.h"

namespace outboard {

namespace {

constexpr int name_bytes_max = 64;
constexpr std::int64_t julian_ms_of_1970 = 210'866'760'000'000;

VfsState& state_of(sqlite3_vfs* vfs) { return *static_cast<VfsState*>(vfs->pAppData); }

std::optional<FileSlot> slot_of(const char* name) {
  if (name == nullptr) return std::nullopt;
  if (std::strcmp(name, "db") == 0) return FileSlot::database;
  if (std::strcmp(name, "db-wal") == 0) return FileSlot::wal;
  if (std::strcmp(name, "db-journal") == 0) return FileSlot::journal;
  return std::nullopt;
}

template <class File, class... Arguments>
std::shared_ptr<BufferedFile> shared_file(std::weak_ptr<File>& open, Arguments&&... arguments) {
  auto file = open.lock();
  if (file == nullptr) {
    file = std::make_shared<File>(std::forward<Arguments>(arguments)...);
    open = file;
  }
  return file;
}

std::shared_ptr<BufferedFile> file_of(VfsState& state, FileSlot slot) {
  const std::size_t buffer = state.options.write_buffer_bytes;
  if (slot == FileSlot::wal) return shared_file(state.wal, state.files, buffer);
  auto& open = slot == FileSlot::database ? state.database : state.journal;
  return shared_file(open, state.files, slot, WriteBuffer{buffer});
}

// Gives `handle` an empty temporary file, if there is one left.
FileOutcome open_temporary(VfsState& state, VfsHandle& handle) {
  const auto free = std::ranges::find(state.is_temporary_used, false);
  if (free == state.is_temporary_used.end()) return FileOutcome::failed;
  const int index = static_cast<int>(free - state.is_temporary_used.begin());
  if (index < scratch_slots) {
    const WriteBuffer buffer{state.options.scratch_buffer_bytes};
    handle.file = std::make_shared<BufferedFile>(state.files, scratch_slot(index), buffer);
  } else {
    const auto slot = static_cast<FileSlot>(index - scratch_slots);
    handle.file = std::make_shared<BufferedFile>(state.overflow, slot, WriteBuffer{0});
  }
  const auto outcome = handle.file->truncate(0);
  if (outcome != FileOutcome::ok) return outcome;
  handle.temporary = index;
  *free = true;
  return FileOutcome::ok;
}

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  VfsState& state = state_of(vfs);
  VfsHandle handle;
  handle.state = &state;
  if (name == nullptr || (flags & SQLITE_OPEN_DELETEONCLOSE) != 0) {
    if (open_temporary(state, handle) != FileOutcome::ok) return SQLITE_CANTOPEN;
  } else {
    const auto slot = slot_of(name);
    if (!slot) return SQLITE_CANTOPEN;
    handle.file = file_of(state, *slot);
    const auto size = handle.file->size();
    if (size.outcome != FileOutcome::ok) return SQLITE_IOERR_FSTAT;
    if (size.bytes == 0 && (flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
  }
  handle.base.pMethods = vfs_handle_methods();
  new (file) VfsHandle(std::move(handle));
  ++state.handles;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

// To delete a file is to empty it, for good.
int remove(sqlite3_vfs* vfs, const char* name, int) {
  VfsState& state = state_of(vfs);
  const auto slot = slot_of(name);
  if (!slot) return SQLITE_IOERR_DELETE_NOENT;
  const auto file = file_of(state, *slot);
  const auto size = file->size();
  if (size.outcome == FileOutcome::ok && size.bytes == 0) return SQLITE_IOERR_DELETE_NOENT;
  bool& is_unflushed = state.is_removal_unflushed[static_cast<std::size_t>(*slot)];
  is_unflushed = true;
  if (file->truncate(0) != FileOutcome::ok) return SQLITE_IOERR_DELETE;
  if (file->sync() != FileOutcome::ok) return SQLITE_IOERR_DELETE;
  is_unflushed = false;
  return SQLITE_OK;
}

int access(sqlite3_vfs* vfs, const char* name, int, int* out) {
  *out = 0;
  const auto slot = slot_of(name);
  if (!slot) return SQLITE_OK;
  const auto size = file_of(state_of(vfs), *slot)->size();
  if (size.outcome != FileOutcome::ok) return SQLITE_IOERR_ACCESS;
  *out = size.bytes > 0 ? 1 : 0;
  return SQLITE_OK;
}

int full_pathname(sqlite3_vfs*, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
  return std::strlen(name) < static_cast<std::size_t>(size) ? SQLITE_OK : SQLITE_CANTOPEN;
}

int randomness(sqlite3_vfs* vfs, int size, char* out) {
  state_of(vfs).platform.random(
      {reinterpret_cast<std::uint8_t*>(out), static_cast<std::size_t>(size)});
  return size;
}

// Returns at once: whatever SQLite would wait for is held by a connection of this same thread.
int sleep(sqlite3_vfs*, int us) { return us; }

int current_time_int64(sqlite3_vfs* vfs, sqlite3_int64* out) {
  *out = state_of(vfs).platform.wall_ms() + julian_ms_of_1970;
  return SQLITE_OK;
}

int current_time(sqlite3_vfs* vfs, double* out) {
  sqlite3_int64 ms = 0;
  current_time_int64(vfs, &ms);
  *out = static_cast<double>(ms) / 86'400'000.0;
  return SQLITE_OK;
}

int last_error(sqlite3_vfs*, int, char*) { return 0; }

}  // namespace

Vfs::Vfs(Files& files, Platform& platform, VfsOptions options)
    : state_(std::make_unique<VfsState>(files, platform, options)) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "outboard-%p", static_cast<void*>(this));
  state_->name = text.data();

  sqlite3_vfs& methods = state_->methods;
  methods.iVersion = 2;
  methods.szOsFile = sizeof(VfsHandle);
  methods.mxPathname = name_bytes_max;
  methods.zName = state_->name.c_str();
  methods.pAppData = state_.get();
  methods.xOpen = open;
  methods.xDelete = remove;
  methods.xAccess = access;
  methods.xFullPathname = full_pathname;
  methods.xRandomness = randomness;
  methods.xSleep = sleep;
  methods.xCurrentTime = current_time;
  methods.xGetLastError = last_error;
  methods.xCurrentTimeInt64 = current_time_int64;
  const int code = sqlite3_vfs_register(&methods, 0);
  OB_ASSERT(code == SQLITE_OK);
}

Vfs::~Vfs() {
  OB_ASSERT(state_->handles == 0);
  sqlite3_vfs_unregister(&state_->methods);
}

const char* Vfs::name() const { return state_->methods.zName; }

}  // namespace outboard
