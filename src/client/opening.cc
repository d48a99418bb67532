#include "client/opening.h"

#include "client/calls.h"

namespace outboard::detail {

Result<Database> open_through(std::unique_ptr<Link> link, Opening opening, Executor* executor,
                              std::chrono::milliseconds timeout, Error late) {
  auto connection = Connection::over(std::move(link), executor);
  auto opened = connection->open(std::move(opening));
  if (!connection->wait_here(*opened, opened->done, timeout)) return late;
  if (opened->error) return *opened->error;
  return Database(std::move(connection), opened->answer().info);
}

}  // namespace outboard::detail
