// Base64 as it stands in tokens (RFC 4648, "url"): "-" and "_", and no padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace outboard::hub {

std::string to_base64url(ByteView bytes);

// None if it is not what the other one writes, to the last bit.
std::optional<Bytes> from_base64url(std::string_view text);

}  // namespace outboard::hub
