// Assertions for our own bugs. They stay on in release builds: going on with a broken invariant
// would put wrong rows on disk. Errors are for everybody else's mistakes.
#pragma once

namespace outboard {

// Ends the program with a sentence, or, on a thread that has such a handler, calls it; it must not
// return. A host gives its engine's thread one that reports the engine as lost and stands still.
[[noreturn]] void assertion_failed(const char* file, int line, const char* condition);

using AssertionHandler = void (*)(void* context, const char* sentence);
void set_assertion_handler(AssertionHandler handler, void* context);

}  // namespace outboard

#define OB_ASSERT(condition)                                        \
  do {                                                              \
    if (!(condition)) [[unlikely]]                                  \
      ::outboard::assertion_failed(__FILE__, __LINE__, #condition); \
  } while (false)
