// The protocol's JSON form: envelopes and rows as text, for callers without a CBOR codec.
//
// Pure functions. The form is told in include/outboard/outboard.h. Frames that come out of JSON are
// well-formed, and not more than that: the engine judges what they ask for.
#pragma once

#include <string>
#include <string_view>

#include "base/cbor.h"
#include "base/result.h"

namespace outboard::json_form {

// An envelope, or an array of envelopes, as frames.
Result<Bytes> to_frames(std::string_view json);

// Frames as an array of envelopes, their rows with them.
Result<std::string> from_frames(ByteView frames);

// A cell: null, 1, 1.5, "text", {"hex": "00ff"}. What is not UTF-8 in a text becomes question
// marks.
void append_value(std::string& json, const ValueView& value);
void append_text(std::string& json, std::string_view text);

// The bytes of {"hex": …}, if the text is that.
std::optional<Bytes> bytes_of_hex(std::string_view hex);

}  // namespace outboard::json_form
