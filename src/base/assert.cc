#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace outboard {

namespace {
thread_local AssertionHandler handler_here = nullptr;
thread_local void* context_here = nullptr;
}  // namespace

void set_assertion_handler(AssertionHandler handler, void* context) {
  handler_here = handler;
  context_here = context;
}

void assertion_failed(const char* file, int line, const char* condition) {
  char sentence[512];
  std::snprintf(sentence, sizeof sentence, "%s:%d: this must hold: %s", file, line, condition);
  std::fprintf(stderr, "outboard: %s\n", sentence);
  if (handler_here) handler_here(context_here, sentence);
  std::abort();
}

}  // namespace outboard
