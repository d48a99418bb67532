#include "store/opfs_files_wasm.h"
#include "store/vfs_place.h"

namespace outboard {

// The worker around the module has opened the files before: it is the one that knows who holds
// them.
Result<std::unique_ptr<Place>> claim_place(const std::string& path, Storage storage,
                                           Platform& platform) {
  if (storage == Storage::memory) return place_in_memory(path, platform);
  return std::unique_ptr<Place>(
      std::make_unique<VfsPlace>(path, std::make_unique<OpfsFiles>(), platform));
}

}  // namespace outboard
