#include "journal/merge/value_form.h"

#include <cmath>

#include "base/bytes.h"
#include "base/utf8.h"

namespace outboard::journal {

void write_value(cbor::Writer& out, const Value& value) {
  if (value.kind() == Kind::text && !is_utf8(value.text())) {
    out.array(1);
    out.blob(bytes_of(value.text()));
  } else {
    out.value(value);
  }
}

Value read_value(cbor::Reader& in) {
  if (in.peek() == cbor::Type::array) {
    if (in.array() != 1 && in.ok()) in.fail("an array has another number of items");
    return Value(std::string(text_of(in.blob())));
  }
  auto value = in.value();
  if (std::isnan(value.real)) in.fail("a number is none");
  return value.to_value();
}

}  // namespace outboard::journal
