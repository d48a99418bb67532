// Runs one scenario over the public interface, in a folder of its own.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include <outboard/outboard.hpp>
#include "scenario.h"

namespace scenario {

enum class Reach { own, served };

struct Place {
  outboard::Host host = outboard::Host::thread;
  Reach reach = Reach::own;  // served: by `outboard serve`, whatever the host
  outboard::Storage storage = outboard::Storage::file;

  const char* host_name() const;
  const char* storage_name() const;
};

// Why the scenario cannot run there, if so.
std::optional<std::string> reason_to_skip(const Scenario& scenario, const Place& place);

// Runs it; says what differed, beginning with ":LINE:". `on_line` hears the line of each block
// before it runs.
std::optional<std::string> run_scenario(const Scenario& scenario, const Place& place,
                                        const std::string& folder,
                                        const std::function<void(int)>& on_line);

}  // namespace scenario
