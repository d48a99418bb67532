// Ctrl-C: taken back is what is running, not the program.
//
// The signal is the process's, so there is one flag. taken() may be asked on any thread.
#pragma once

#include <chrono>
#include <utility>

#include <outboard/future.hpp>

namespace outboard::cli {

// What a second Ctrl-C does, before what was taken back has ended.
enum class SecondInterrupt { ends_the_program, is_one_more };

// From now on SIGINT sets the flag, which is not set before, and interrupts system calls that wait.
void catch_interrupts(SecondInterrupt second);

// Was there one since then?
bool interrupted();

Error interrupted_error();

// The answer; Ctrl-C takes the request back, and the answer is then mostly `cancelled`.
template <class T>
Result<T> await(Future<T> answer) {
  constexpr std::chrono::milliseconds between_looks{50};
  for (bool told = false; !answer.wait_for(between_looks);)
    if (interrupted() && !std::exchange(told, true)) answer.cancel();
  return answer.get();
}

}  // namespace outboard::cli
