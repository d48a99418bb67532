#include "client/opening.h"

#include "client/calls.h"

namespace outboard::detail {

Result<Database> open_through(std::unique_ptr<Link> link, Opening opening,
                              std::chrono::milliseconds timeout, Error late) {
  auto connection = std::make_shared<Connection>(std::move(link));
  PendingCall<OpenCall> opened(connection, connection->open(std::move(opening)));
  if (!opened.wait(timeout)) return late;
  auto info = TRY(opened.take()).info;
  return Database(std::move(connection), std::move(info));
}

}  // namespace outboard::detail
