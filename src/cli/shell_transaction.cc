#include <chrono>
#include <condition_variable>

#include "cli/interrupt.h"
#include "cli/shell.h"

namespace outboard::cli {

namespace {
// An idle transaction is rolled back after five seconds.
constexpr std::chrono::seconds between_signs_of_life{2};
}  // namespace

Result<void> ShellTransaction::begin() {
  if (open_) return fail(Code::bad_request, "a transaction is open already", "commit or rollback");
  open_.emplace(TRY(db_.begin().get()));
  keep();
  return {};
}

Result<void> ShellTransaction::commit() { return end(&Transaction::commit); }
Result<void> ShellTransaction::rollback() { return end(&Transaction::rollback); }

Result<void> ShellTransaction::end(Future<void> (Transaction::*how)()) {
  if (!open_) return fail(Code::bad_request, "no transaction is open", "begin opens one");
  std::lock_guard lock(mutex_);
  auto ended = ((*open_).*how)().get();
  bool is_refused_commit = !ended && how == &Transaction::commit &&
                           ended.error().code == Code::constraint;  // it may be mended
  if (is_refused_commit) return ended;
  open_.reset();
  return ended;
}

Result<Rows> ShellTransaction::exec(const std::string& sql) {
  if (!open_) return await(db_.exec(sql));
  std::lock_guard lock(mutex_);
  return await(open_->exec(sql));
}

void ShellTransaction::keep() {
  if (keeper_.joinable()) return;
  keeper_ = std::jthread([this](const std::stop_token& stop) {
    std::mutex idle;
    std::condition_variable_any woken;
    std::unique_lock lock(idle);
    while (
        !woken.wait_for(lock, stop, between_signs_of_life, [&] { return stop.stop_requested(); })) {
      std::unique_lock turn(mutex_, std::try_to_lock);
      if (turn && open_) (void)open_->exec("select 1").get();
    }
  });
}

void ShellTransaction::end_keeping() {
  if (!keeper_.joinable()) return;
  keeper_.request_stop();
  keeper_.join();
}

}  // namespace outboard::cli
