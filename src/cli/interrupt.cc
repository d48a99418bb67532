#include "cli/interrupt.h"

#include <csignal>

namespace outboard::cli {

namespace {
volatile std::sig_atomic_t flag = 0;
}

void catch_interrupts(SecondInterrupt second) {
  flag = 0;
  struct sigaction action = {};
  if (second == SecondInterrupt::ends_the_program) action.sa_flags = static_cast<int>(SA_RESETHAND);
  action.sa_handler = [](int) { flag = 1; };
  sigaction(SIGINT, &action, nullptr);
}

bool interrupted() { return flag != 0; }

Error interrupted_error() { return {Code::cancelled, "interrupted; nothing of it was kept", ""}; }

}  // namespace outboard::cli
