// Arbitrary bytes as a frame of the sync dialogue and as a frozen transaction. What is read is
// written and read again, to the same bytes.
#include "base/assert.h"
#include "sync/frame.h"
#include "sync/transaction.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace outboard;
  ByteView bytes(data, size);
  if (auto frame = sync::read_frame(bytes); frame.ok()) {
    auto written = sync::write_frame(*frame);
    auto again = sync::read_frame(written);
    OB_ASSERT(again.ok());
    OB_ASSERT(sync::write_frame(*again) == written);
    OB_ASSERT(!sync::describe(*again).empty());
  } else {
    OB_ASSERT(!frame.error().message.empty() && frame.error().message.size() < 500);
  }
  if (auto transaction = sync::thaw(bytes); transaction.ok()) {
    std::vector<Bytes> parts;
    for (auto part : transaction->parts) parts.emplace_back(part.begin(), part.end());
    auto frozen = sync::freeze(transaction->header, parts);
    OB_ASSERT(sync::thaw(frozen).ok());
  }
  sync::digest_of(bytes);
  return 0;
}
