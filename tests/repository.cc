#include "base/repository_testing.h"

namespace outboard {

std::string in_repository(const std::string& path) { return OUTBOARD_ROOT "/" + path; }

}  // namespace outboard
