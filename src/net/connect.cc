#include <outboard/connect.hpp>

#include "client/calls.h"
#include "net/remote_link.h"

namespace outboard {

Result<Database> connect(const std::string& url, const ConnectOptions& options) {
  auto connection = std::make_shared<detail::Connection>(TRY(net::RemoteLink::start(url, options)));
  auto call = connection->open({.path = {}});
  detail::PendingCall<detail::OpenCall> opened(connection, call);
  if (!opened.wait(options.open_timeout))
    return fail(Code::timeout, "the engine at " + url + " did not answer in time",
                "see whether `outboard serve` runs, or allow more time");
  auto info = TRY(opened.take()).info;
  return Database(std::move(connection), std::move(info));
}

}  // namespace outboard
