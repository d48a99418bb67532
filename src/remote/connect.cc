#include <outboard/connect.hpp>

#include "client/opening.h"
#include "remote/remote_link.h"

namespace outboard {

Result<Database> connect(const std::string& url, const ConnectOptions& options) {
  return detail::open_through(
      TRY(RemoteLink::start(url, options)), {.path = {}}, options.executor, options.open_timeout,
      fail(Code::timeout, "the engine at " + url + " did not answer in time",
           "see whether `outboard serve` runs, or allow more time"));
}

}  // namespace outboard
