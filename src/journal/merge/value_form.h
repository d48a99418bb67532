// How values lie in the journal's bytes: as CBOR has them. Only a text that is not UTF-8, which is
// none in CBOR, goes as its bytes in an array of one.
//
// Functions of values.
#pragma once

#include "base/cbor.h"

namespace outboard::journal {

void write_value(cbor::Writer& out, const Value& value);

// A fault of the reader's if it is none, or NaN.
Value read_value(cbor::Reader& in);

}  // namespace outboard::journal
