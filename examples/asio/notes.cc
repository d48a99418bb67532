// Keeps notes in a coroutine of Asio's, on the thread that also serves everything else of the
// io_context:  notes FILE [TITLE]...
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <iostream>

#include "asio_executor.hpp"

namespace asio = boost::asio;
using outboard::Result;

asio::awaitable<Result<void>> add(outboard::Database& db, AsioExecutor& loop, std::string title) {
  auto transaction = co_await awaited(db.begin(), loop);
  if (!transaction) co_return transaction.error();
  outboard::Sql insert("insert into note values (uuid7(), ?)", {title});
  auto added = co_await awaited(transaction->exec(insert), loop);
  if (!added) co_return added.error();  // the transaction is rolled back
  co_return co_await awaited(transaction->commit(), loop);
}

asio::awaitable<Result<void>> run(outboard::Database& db, AsioExecutor& loop,
                                  std::vector<std::string> titles) {
  auto made = co_await awaited(
      db.exec("create table if not exists note(id blob primary key, title text)"), loop);
  if (!made) co_return made.error();
  for (auto& title : titles)
    if (auto added = co_await add(db, loop, title); !added) co_return added;

  auto stream = co_await awaited(db.stream("select title from note order by title"), loop);
  if (!stream) co_return stream.error();
  for (;;) {
    auto rows = co_await awaited(stream->next(), loop);
    if (!rows) co_return rows.error();
    if (!*rows) co_return Result<void>();
    for (auto row : **rows) std::cout << row.text("title") << '\n';
  }
}

int main(int count, char** arguments) {
  if (count < 2) return 2;
  asio::io_context context;
  AsioExecutor loop(context);  // outlives the database
  auto db = outboard::open(arguments[1]);
  if (!db) {
    std::cerr << to_string(db.error()) << '\n';
    return 1;
  }
  int status = 0;
  asio::co_spawn(context, run(*db, loop, {arguments + 2, arguments + count}),
                 [&](std::exception_ptr, Result<void> ran) {
                   if (ran) return;
                   std::cerr << to_string(ran.error()) << '\n';
                   status = 1;
                 });
  context.run();
  return status;
}
