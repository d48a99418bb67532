// OpfsFiles: files that the worker around the module keeps open (in a browser: synchronous access
// handles of the Origin Private File System). Functions of the host, imported from "outboard".
//
// What they throw the host has turned into numbers: -1 failed, -2 no space, -3 that slot is not
// open. The worker's one thread; the host keeps the slots open as long as this lives.
#pragma once

#include "store/files.h"

namespace outboard {

class OpfsFiles final : public Files {
 public:
  FileCount read(FileSlot slot, std::uint64_t offset, std::span<std::uint8_t> out) override;
  FileOutcome write(FileSlot slot, std::uint64_t offset, ByteView bytes) override;
  FileOutcome truncate(FileSlot slot, std::uint64_t size) override;
  FileOutcome flush(FileSlot slot) override;
  FileCount size(FileSlot slot) override;
};

}  // namespace outboard
