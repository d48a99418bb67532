// Shell: SQL and dot commands, line by line, against one database.
//
// One thread's. A transaction that BEGIN opens is kept from its idle limit by a second thread, for
// as long as somebody may still be typing.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <outboard/outboard.hpp>

#include "cli/line_editor.h"
#include "cli/output.h"

namespace outboard::cli {

// The transaction that is open in the shell, if one is.
class ShellTransaction {
 public:
  explicit ShellTransaction(Database& db) : db_(db) {}
  ~ShellTransaction() { end_keeping(); }
  ShellTransaction(const ShellTransaction&) = delete;
  ShellTransaction& operator=(const ShellTransaction&) = delete;

  bool is_open() const { return open_.has_value(); }

  Result<void> begin();
  Result<void> commit();
  Result<void> rollback();
  Result<Rows> exec(const std::string& sql);

 private:
  void keep();
  void end_keeping();
  Result<void> end(Future<void> (Transaction::*how)());

  Database& db_;
  std::optional<Transaction> open_;
  std::mutex mutex_;  // guards open_ against the keeper
  std::jthread keeper_;
};

class Shell {
 public:
  Shell(Database& db, Format format);

  // Until .quit or the end of the input. From a pipe, the first error ends it and is the result.
  Result<void> run();

 private:
  enum class After { go_on, quit };

  Result<After> take(const std::string& line);
  Result<After> take_rest();
  Result<After> command(std::string_view line);
  Result<void> statement(const std::string& sql);
  Result<Rows> exec(const std::string& sql);
  Result<void> list_tables(std::string_view pattern);
  Result<void> show_schema(std::string_view table);
  Result<void> set_format(std::string_view name);
  Result<void> set_timer(std::string_view word);
  std::vector<std::string> names();
  std::string prompt() const;
  void complain(const Error& error) const;

  LineEditor editor_;
  ShellTransaction transaction_;
  Format format_;
  bool timer_;
  std::string pending_;  // of a statement that goes on
};

}  // namespace outboard::cli
