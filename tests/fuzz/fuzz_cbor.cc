// Arbitrary bytes through every way of reading CBOR. What was read whole is written again: never
// longer, the same if it was canonical, and the same once more.
#include <cmath>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/cbor.h"

namespace outboard::cbor {
namespace {

// Calls what the input itself chooses, one after the other.
void call_at_random(ByteView data) {
  Reader in(data);
  for (std::size_t i = 0; i < data.size() && in.ok() && !in.at_end(); ++i) {
    switch (data[data.size() - 1 - i] % 12) {
      case 0: in.integer(); break;
      case 1: in.count(); break;
      case 2: in.real(); break;
      case 3: in.boolean(); break;
      case 4: in.text(); break;
      case 5: in.blob(); break;
      case 6: in.value().to_value(); break;
      case 7: OB_ASSERT(in.array() <= data.size()); break;
      case 8: OB_ASSERT(in.map() <= data.size()); break;
      case 9:
        for (MapReader map(in, "it"); auto key = map.next();) {
          if (key->starts_with("?")) {
            map.unknown();
          } else {
            in.skip();
          }
        }
        break;
      case 10: in.expect_end(); break;
      default: in.skip(); break;
    }
  }
  if (in.ok()) return;
  OB_ASSERT(in.error().message.size() < 200);
  OB_ASSERT(in.peek() == Type::broken && in.at_end() && in.integer() == 0 && in.skip().empty());
}

// Reads an item and writes it. REQUIRES: it was skipped before, so it is not too deep.
void copy_item(Reader& in, Writer& out, bool& has_nan) {
  auto type = in.peek();
  if (type == Type::array || type == Type::map) {
    auto items = type == Type::array ? in.array() : in.map();
    if (type == Type::array) {
      out.array(items);
    } else {
      out.map(items);
      items *= 2;
    }
    for (std::size_t i = 0; i < items && in.ok(); ++i) copy_item(in, out, has_nan);
  } else if (type == Type::boolean) {
    out.boolean(in.boolean());
  } else {
    auto value = in.value();
    has_nan = has_nan || std::isnan(value.real);
    out.value(value);
  }
}

void write_back(ByteView data) {
  Reader skipper(data);
  auto item = skipper.skip();
  if (!skipper.ok()) return;
  OB_ASSERT(!item.empty() && item.size() + skipper.rest().size() == data.size());

  Bytes once, twice;
  bool has_nan = false;
  Reader in(item);
  Writer writer(once);
  copy_item(in, writer, has_nan);
  if (!in.ok()) return;  // an integer of more than 64 bits, or a text that is not UTF-8
  OB_ASSERT(in.at_end());
  OB_ASSERT(once.size() <= item.size());
  OB_ASSERT(has_nan || once.size() < item.size() || to_hex(once) == to_hex(item));

  Reader again(once);
  Writer rewriter(twice);
  copy_item(again, rewriter, has_nan);
  OB_ASSERT(again.ok() && once == twice);
}

}  // namespace
}  // namespace outboard::cbor

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  outboard::ByteView bytes(data, size);
  outboard::cbor::call_at_random(bytes);
  outboard::cbor::write_back(bytes);
  return 0;
}
