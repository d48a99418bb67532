#include <outboard/sets.hpp>

#include "base/cbor.h"

namespace outboard {

void Sets::add(const std::vector<Value>& values) {
  begin(values.size());
  for (auto& value : values) put(value);
}

void Sets::begin(std::size_t values) { cbor::Writer(encoded_).array(values); }

void Sets::put(double value) { cbor::Writer(encoded_).real(value); }
void Sets::put(std::string_view value) { cbor::Writer(encoded_).text(value); }
void Sets::put(const Bytes& value) { cbor::Writer(encoded_).blob(value); }
void Sets::put(std::nullptr_t) { cbor::Writer(encoded_).null(); }
void Sets::put(const Value& value) { cbor::Writer(encoded_).value(value); }
void Sets::put_integer(std::int64_t value) { cbor::Writer(encoded_).integer(value); }

}  // namespace outboard
