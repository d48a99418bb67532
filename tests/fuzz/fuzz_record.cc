// Arbitrary bytes as the record of a transaction: refused with a sentence, or read and written
// again byte by byte, since an intent has one encoding.
#include "base/assert.h"
#include "base/bytes.h"
#include "journal/record_format.h"

namespace outboard::journal {
namespace {

template <class Record>
void must_be_sound(const Result<Record>& read, ByteView data) {
  if (!read) {
    OB_ASSERT(!read.error().message.empty() && !read.error().hint.empty());
    return;
  }
  auto written = encode(*read);
  OB_ASSERT(written.ok());
  OB_ASSERT(to_hex(*written) == to_hex(data));
}

}  // namespace
}  // namespace outboard::journal

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  outboard::ByteView bytes(data, size);
  outboard::journal::must_be_sound(outboard::journal::decode_intent(bytes), bytes);
  outboard::journal::must_be_sound(outboard::journal::decode_effect(bytes), bytes);
  return 0;
}
