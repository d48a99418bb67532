// Mutants: faults that can be put back in, to prove that the simulation notices them (rule Y18).
// They exist only where OUTBOARD_MUTANTS is defined, which is in the simulator; elsewhere
// OB_MUTANT(…) is `false`, and the compiler drops what hangs on it.
#pragma once

#ifdef OUTBOARD_MUTANTS

#include <string_view>

namespace outboard::sync {
inline std::string_view active_mutant;  // the simulator's, on its one thread
}
#define OB_MUTANT(name) (::outboard::sync::active_mutant == #name)

#else

#define OB_MUTANT(name) false

#endif
