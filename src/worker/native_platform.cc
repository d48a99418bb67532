#include "worker/native_platform.h"

#include <algorithm>
#include <chrono>
#include <random>

namespace outboard {

std::int64_t NativePlatform::wall_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::int64_t NativePlatform::monotonic_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

void NativePlatform::random(std::span<std::uint8_t> out) {
  thread_local std::mt19937_64 generator{[] {
    std::random_device device;  // the system's own
    std::seed_seq seed{device(), device(), device(), device(),
                       device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }()};
  for (std::size_t at = 0; at < out.size(); at += sizeof(std::uint64_t)) {
    auto bits = generator();
    auto bytes = reinterpret_cast<const std::uint8_t*>(&bits);
    std::copy_n(bytes, std::min(sizeof bits, out.size() - at), out.data() + at);
  }
}

}  // namespace outboard
