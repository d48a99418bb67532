// Values as people type them and as CSV carries them, one reading of both: 42, 1.5, null, x'00ff',
// 'quoted text', and everything else is a text as it stands.
//
// A number is one only where printing it gives the same text again: 007 and 1e3 are texts.
#pragma once

#include <string>
#include <string_view>

#include <outboard/value.hpp>

namespace outboard::cli {

Value value_of(std::string_view plain);

// So that value_of() reads the same value back. A text is quoted only where it must be.
std::string plain(const Value& value);

}  // namespace outboard::cli
