#include <system_error>

#include <outboard/outboard.hpp>

#include "client/calls.h"
#include "protocol/request.h"
#include "worker/inline_host.h"
#include "worker/thread_host.h"

namespace outboard {

Result<Database> open(const std::string& path, const Options& options) {
  std::unique_ptr<Link> host;
  if (options.host == Host::thread) {
    try {
      host = std::make_unique<ThreadHost>();
    } catch (const std::system_error& error) {
      return fail(Code::unavailable, std::string("no thread could be started: ") + error.what(),
                  "close what is not needed, and try again");
    }
  } else {
    host = std::make_unique<InlineHost>();
  }
  auto connection = std::make_shared<detail::Connection>(std::move(host));

  auto hello =
      detail::call(connection, std::make_shared<detail::PlainCall>(),
                   [](Bytes& message, std::uint64_t id) { request::write_hello(message, id); });
  auto opened = detail::call(connection, std::make_shared<detail::OpenCall>(),
                             [&](Bytes& message, std::uint64_t id) {
                               request::write_open(message, id, {},
                                                   {.path = path,
                                                    .name = {},
                                                    .storage = options.storage,
                                                    .durability = options.durability});
                             });
  if (!opened.wait_for(options.open_timeout))
    return fail(Code::timeout, "the engine did not open " + path + " in time",
                "check that the storage answers, or allow more time");
  TRY(hello.get());
  auto info = TRY(opened.get()).info;
  return Database(std::move(connection), std::move(info));
}

}  // namespace outboard
