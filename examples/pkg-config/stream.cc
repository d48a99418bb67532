// Adds up a million rows, a thousand at a time.
#include <outboard/outboard.hpp>

#include <iostream>

outboard::Result<long> sum(outboard::Database& db) {
  auto stream = OUTBOARD_TRY(
      db.stream("with recursive i(v) as (select 1 union all select v + 1 from i where v < 1000000) "
                "select v from i")
          .get());
  long total = 0;
  for (;;) {
    auto rows = OUTBOARD_TRY(stream.next().get());
    if (!rows) return total;
    for (auto row : *rows) total += row.integer(0);
  }
}

int main() {
  auto db = outboard::open("numbers", {.storage = outboard::Storage::memory});
  if (!db) return 1;
  auto total = sum(*db);
  if (!total) return 1;
  std::cout << *total << '\n';
}
