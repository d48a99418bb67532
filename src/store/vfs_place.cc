#include "store/vfs_place.h"

#include "base/limits.h"
#include "store/memory_files.h"

namespace outboard {

std::unique_ptr<Place> place_in_memory(const std::string& name, Platform& platform) {
  return std::make_unique<VfsPlace>(
      name, std::make_unique<MemoryFiles>(limits::memory_database_bytes_max), platform);
}

}  // namespace outboard
