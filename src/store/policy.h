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

#include "store/commit_watch.h"
#include "store/statement.h"

namespace outboard {

// SQL functions that write. What calls one is the writer's, also if it looks like reading.
inline constexpr const char* writing_functions[] = {"outboard_track", "outboard_untrack"};

class Policy {
 public:
  // What the writer's connection has and the readers' do not, or not yet: shared by all connections
  // of a database.
  struct Ahead {
    std::set<std::string> temp_names;  // tables and views that a reader cannot see
    bool case_sensitive_like = false;  // a pragma that takes effect as it is prepared
  };
  explicit Policy(Ahead& ahead) : ahead_(ahead) {}

  // Whose word on tables counts; null: nobody's. Outlives the policy, or is set to null before.
  void set_watch(const CommitWatch* watch) { watch_ = watch; }

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

  // Why a function of ours made the running statement fail; until it is asked for.
  void fail_running(const Error& why) { failure_ = why; }
  std::optional<Error> take_failure() { return std::exchange(failure_, std::nullopt); }

  // What is prepared until then is the engine's own: it may use the tables that are hidden from all
  // others (store/hidden_table.h).
  void trust() { trusted_ = true; }
  void end_trust() { trusted_ = false; }
  bool is_trusting() const { return trusted_; }

 private:
  static int on_action(void* self, int action, const char* first, const char* second,
                       const char* schema, const char* trigger);
  int judge(int action, const char* first, const char* second, const char* schema);
  int refuse(std::string message, std::string hint);
  bool is_hidden(const char* table) const;
  int refuse_hidden();
  int judge_schema(const char* table);
  int add_temporary(const char* name);
  int judge_pragma(const char* name, const char* argument);

  Ahead& ahead_;
  const CommitWatch* watch_ = nullptr;
  Traits traits_;
  std::optional<Error> refusal_;
  std::optional<Error> failure_;
  sqlite3_stmt* running_ = nullptr;
  bool trusted_ = false;
};

}  // namespace outboard
