// Keeps notes:  notes FILE [TITLE]...
#include <outboard/outboard.hpp>

#include <iostream>

outboard::Result<void> run(int count, char** arguments) {
  auto db = OUTBOARD_TRY(outboard::open(arguments[1]));
  OUTBOARD_TRY(db.exec("create table if not exists note(id blob primary key, title text)").get());
  auto added = db.transaction([&](outboard::Transaction& transaction) -> outboard::Result<void> {
    for (int i = 2; i < count; ++i)
      OUTBOARD_TRY(
          transaction.exec({"insert into note values (uuid7(), ?)", {arguments[i]}}).get());
    return {};
  });
  if (!added) return added;
  auto notes = OUTBOARD_TRY(db.exec("select title from note order by title").get());
  for (auto note : notes) std::cout << note.text("title") << '\n';
  return db.close();
}

int main(int count, char** arguments) {
  if (count < 2) {
    std::cerr << "usage: notes FILE [TITLE]...\n";
    return 2;
  }
  if (auto ran = run(count, arguments); !ran) {
    std::cerr << to_string(ran.error()) << '\n';
    return 1;
  }
}
