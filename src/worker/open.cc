#include <system_error>

#include <outboard/config.hpp>
#include <outboard/set_up.hpp>

#include "client/opening.h"
#include "worker/inline_host.h"
#include "worker/process_host.h"
#include "worker/seed.h"
#include "worker/thread_host.h"

namespace outboard {

Result<Database> open(const std::string& path, const Options& options) {
  return open(path, options, nullptr);
}

Result<Database> open(const std::string& path, const Options& options, SetUpFunction set_up) {
  bool is_memory = options.storage == Storage::memory;
  if (!options.seed.empty() && !is_memory) TRY(put_seed(path, options.seed));
  std::unique_ptr<Link> host;
  if (options.host == Host::thread) {
    try {
      host = std::make_unique<ThreadHost>(std::move(set_up));
    } catch (const std::system_error& error) {
      return fail(Code::unavailable, std::string("no thread could be started: ") + error.what(),
                  "close what is not needed, and try again");
    }
  } else if (options.host == Host::process) {
    if (set_up)
      return fail(Code::bad_request, "a set-up function cannot travel to another process",
                  "name a program of your own in process.program, whose main() begins with "
                  "run_if_sidecar()");
    host = TRY(ProcessHost::start(options.process));
  } else {
    host = std::make_unique<InlineHost>(std::move(set_up));
  }
  auto db =
      TRY(detail::open_through(std::move(host),
                               {.path = path,
                                .storage = options.storage,
                                .durability = options.durability,
                                .config = options.config},
                               options.executor, options.open_timeout,
                               fail(Code::timeout, "the engine did not open " + path + " in time",
                                    "check that the storage answers, or allow more time")));
  if (!options.seed.empty() && is_memory) TRY(db.import_from(options.seed));
  return db;
}

Result<Database> open(const Config& config) { return open(config.path, config.options); }

}  // namespace outboard
