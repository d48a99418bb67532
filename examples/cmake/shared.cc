// Adds a visit to a database that other programs use at the same time:
//
//   OUTBOARD_TOKEN=secret outboard serve visits.db --port 4321 &
//   OUTBOARD_TOKEN=secret shared ws://127.0.0.1:4321/ Ada

#include <cstdlib>
#include <iostream>

#include <outboard/connect.hpp>

outboard::Result<void> run(const std::string& url, const std::string& visitor) {
  const char* token = std::getenv("OUTBOARD_TOKEN");
  auto db = OUTBOARD_TRY(outboard::connect(url, {.token = token ? token : ""}));
  OUTBOARD_TRY(db.exec("create table if not exists visit(visitor text)").get());
  OUTBOARD_TRY(db.exec({"insert into visit values (?)", {visitor}}).get());
  auto visits =
      OUTBOARD_TRY(db.exec({"select count(*) from visit where visitor = ?", {visitor}}).get());
  std::cout << visitor << ": " << visits.front().integer(0) << '\n';
  return db.close();
}

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: shared URL VISITOR\n";
    return 2;
  }
  auto ran = run(argv[1], argv[2]);
  if (!ran) std::cerr << to_string(ran.error()) << '\n';
  return ran ? 0 : 1;
}
