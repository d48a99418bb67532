#include "journal/numbers.h"

namespace outboard::journal {

Result<void> Numbers::load() {
  if (loaded_) return {};
  auto rows = TRY(writer_.prepare_own("select n, id from sqlite_outboard_number"));
  while (TRY(rows->step())) {
    auto number = static_cast<std::uint64_t>(rows->integer(0));
    auto id = static_cast<std::uint64_t>(rows->integer(1));
    numbers_[id] = number;
    ids_[number] = id;
  }
  loaded_ = true;
  return {};
}

Result<std::uint64_t> Numbers::number_of(std::uint64_t id) {
  TRY(load());
  if (auto known = numbers_.find(id); known != numbers_.end()) return known->second;
  std::uint64_t number = ids_.empty() ? 1 : ids_.rbegin()->first + 1;
  auto insert = TRY(writer_.prepare_own("insert into sqlite_outboard_number values (?, ?)"));
  insert->bind_integer(1, static_cast<std::int64_t>(number));
  insert->bind_integer(2, static_cast<std::int64_t>(id));
  (void)TRY(insert->step());
  added_ = true;
  numbers_[id] = number;
  ids_[number] = id;
  return number;
}

Result<std::uint64_t> Numbers::id_of(std::uint64_t number) {
  TRY(load());
  auto known = ids_.find(number);
  if (known != ids_.end()) return known->second;
  return fail(Code::corrupt, "the journal names a column or a replica that it does not have",
              "restore the file from a copy");
}

void Numbers::forget() {
  if (!std::exchange(added_, false)) return;
  numbers_.clear();
  ids_.clear();
  loaded_ = false;
}

}  // namespace outboard::journal
