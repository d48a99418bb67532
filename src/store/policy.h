// Policy: what SQL may not do, since the engine does it: other files, and the settings that the
// promises about durability and isolation rest on.
//
// Installed on a connection as SQLite's authorizer, it also notes what a statement is (Traits).
// Lives as long as its connection, on the same thread.
#pragma once

#include <sqlite3.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "store/statement.h"

namespace outboard {

// A name that SQLite reserves: tools do not list it, and no SQL can drop, alter or index it.
inline constexpr std::string_view outcome_table_name = "sqlite_outboard";

class Policy {
 public:
  // What the writer's connection has and the readers' do not, or not yet: shared by all connections
  // of a database.
  struct Ahead {
    std::set<std::string> temp_names;  // tables and views that a reader cannot see
    bool case_sensitive_like = false;  // a pragma that takes effect as it is prepared
  };
  explicit Policy(Ahead& ahead) : ahead_(ahead) {}

  void install(sqlite3* db);

  // Begins to note the traits of the statement that is prepared next.
  void watch() {
    traits_ = {};
    refusal_.reset();
  }
  Traits seen() const { return traits_; }

  // Why the last statement was refused, if it was the policy's doing.
  const std::optional<Error>& refusal() const { return refusal_; }

  // The statement that is being stepped, or none. SQLite itself attaches files while VACUUM runs.
  void set_running(sqlite3_stmt* statement) { running_ = statement; }
  sqlite3_stmt* running() const { return running_; }

  // What is prepared until then is the engine's own: it may use the table that is hidden from all
  // others (store/outcome_table.h).
  void trust() { trusted_ = true; }
  void end_trust() { trusted_ = false; }

 private:
  static int on_action(void* self, int action, const char* first, const char* second,
                       const char* schema, const char* trigger);
  int judge(int action, const char* first, const char* second, const char* schema);
  int refuse(std::string message, std::string hint);
  bool is_hidden(const char* table) const;
  int refuse_hidden();
  int add_temporary(const char* name);
  int judge_pragma(const char* name, const char* argument);

  Ahead& ahead_;
  Traits traits_;
  std::optional<Error> refusal_;
  sqlite3_stmt* running_ = nullptr;
  bool trusted_ = false;
};

}  // namespace outboard
