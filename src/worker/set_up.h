// From an application's set-up to the engine's: what it adds is called on the engine's thread, and
// what it throws goes no further than this (rule H19).
#pragma once

#include <outboard/set_up.hpp>

#include "engine/engine.h"

namespace outboard {

// `set_up` may be empty: then the engine has none.
void give_set_up(Engine& engine, SetUpFunction set_up);

}  // namespace outboard
