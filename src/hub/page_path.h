// From the target of a request to the name of a page: the one door that every address comes
// through.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace outboard::hub {

// "/a%20b/c.html?x=1" -> "a b/c.html"; a slash at the end stays, and "/" is "". A name found this
// way goes only downwards: no "..", ".", empty or hidden (".git") segment, no backslash, no control
// character. Fails with bad_request for what no browser would send, not_found for hidden names.
Result<std::string> page_path_of(std::string_view target);

}  // namespace outboard::hub
