// The process of a test's own: an engine with functions that do not behave
// (set_up_process_test.cc).

#include <chrono>
#include <thread>

#include <outboard/set_up.hpp>

namespace {

using outboard::Call, outboard::Result, outboard::Value;

void sleep_for_ever() {
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

Result<void> set_up(outboard::SetUp& engine) {
  if (engine.config() == "hang") sleep_for_ever();
  if (engine.config() == "fail")
    return outboard::Error{outboard::Code::unavailable, "no dictionary", "download it first"};
  engine.function("config", {},
                  [said = engine.config()](const Call&) -> Result<Value> { return said; });
  engine.function("slow", {.arguments = 1}, [](const Call& call) -> Result<Value> {
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    return call.value(0);
  });
  engine.function("hang", {}, [](const Call&) -> Result<Value> {
    sleep_for_ever();
    return nullptr;
  });
  engine.function("crash", {}, [](const Call&) -> Result<Value> { std::abort(); });
  return {};
}

}  // namespace

int main(int argc, char** argv) { return outboard::run_if_sidecar(argc, argv, set_up).value_or(2); }
