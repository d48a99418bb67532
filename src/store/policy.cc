#include "store/policy.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string_view>

#include "store/hidden_table.h"

namespace outboard {

namespace {

std::string lower(const char* text) {
  std::string out(text ? text : "");
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// Pragmas that tell something, or take an argument that only says about what.
constexpr std::string_view questions[] = {
    "collation_list",   "compile_options", "data_version",  "database_list", "foreign_key_check",
    "foreign_key_list", "freelist_count",  "function_list", "index_info",    "index_list",
    "index_xinfo",      "integrity_check", "module_list",   "optimize",      "page_count",
    "pragma_list",      "quick_check",     "table_info",    "table_list",    "table_xinfo"};

// Pragmas that an application may also set.
constexpr std::string_view settings[] = {
    "application_id",     "defer_foreign_keys",  "foreign_keys",
    "incremental_vacuum", "legacy_alter_table",  "recursive_triggers",
    "user_version",       "case_sensitive_like", "auto_vacuum"};

// Pragmas that may be asked, but are set by the engine.
constexpr std::string_view ours[] = {
    "journal_mode",   "synchronous",   "locking_mode", "cache_size",         "wal_autocheckpoint",
    "query_only",     "busy_timeout",  "temp_store",   "journal_size_limit", "mmap_size",
    "max_page_count", "secure_delete", "encoding",     "page_size"};

// As SQLite reads it.
bool is_on(const char* argument) {
  auto word = lower(argument);
  return word == "on" || word == "yes" || word == "true" || std::atoi(word.c_str()) != 0;
}

bool among(std::span<const std::string_view> names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

void Policy::install(sqlite3* db) { sqlite3_set_authorizer(db, on_action, this); }

int Policy::on_action(void* self, int action, const char* first, const char* second,
                      const char* schema, const char*) {
  return static_cast<Policy*>(self)->judge(action, first, second, schema);
}

int Policy::refuse(std::string message, std::string hint) {
  refusal_ = Error{Code::denied, std::move(message), std::move(hint)};
  return SQLITE_DENY;
}

int Policy::judge(int action, const char* first, const char* second, const char* schema) {
  using Control = Traits::Control;
  switch (action) {
    case SQLITE_TRANSACTION:
      traits_.control = std::string_view(first) == "BEGIN"    ? Control::begin
                        : std::string_view(first) == "COMMIT" ? Control::commit
                                                              : Control::rollback;
      break;
    case SQLITE_SAVEPOINT:
      traits_.control = std::string_view(first) == "BEGIN"     ? Control::savepoint
                        : std::string_view(first) == "RELEASE" ? Control::release
                                                               : Control::rollback_to;
      traits_.savepoint = lower(second);
      break;
    case SQLITE_FUNCTION:
      if (std::ranges::find(writing_functions, lower(second)) == std::end(writing_functions)) break;
      traits_.calls_engine = traits_.changes_rows = traits_.touches_temp = true;
      break;
    case SQLITE_DROP_TABLE: return judge_schema(first);
    case SQLITE_CREATE_INDEX:
    case SQLITE_DROP_INDEX: traits_.changes_schema = true; break;
    case SQLITE_ATTACH:
      if (!running_ || !first || *first)
        return refuse("an engine holds one file: ATTACH and VACUUM INTO are not available",
                      "open the other file as a database of its own, or use export");
      break;
    case SQLITE_DETACH:
      if (!running_) return refuse("an engine holds one file: DETACH is not available", "");
      break;
    case SQLITE_PRAGMA: traits_.is_pragma = true; return judge_pragma(first, second);
    case SQLITE_CREATE_TEMP_TABLE:
    case SQLITE_CREATE_TEMP_VIEW: return add_temporary(first);
    case SQLITE_CREATE_VTABLE:
      if (schema && std::string_view(schema) == "temp") return add_temporary(first);
      break;
    case SQLITE_ALTER_TABLE:
      traits_.changes_rows = true;
      if (first && std::string_view(first) == "temp")
        return refuse("a temporary table cannot be altered", "drop it and make it anew");
      return judge_schema(second);
    case SQLITE_CREATE_TEMP_INDEX:
    case SQLITE_CREATE_TEMP_TRIGGER: traits_.touches_temp = true; break;
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
      traits_.changes_rows = true;
      if (is_hidden(first)) return refuse_hidden();
      break;
    case SQLITE_READ:
      if (is_hidden(first)) return refuse_hidden();
      if ((schema && std::string_view(schema) == "temp") ||
          (!ahead_.temp_names.empty() && ahead_.temp_names.contains(lower(first))))
        traits_.touches_temp = true;
      break;
    default: break;
  }
  return SQLITE_OK;
}

bool Policy::is_hidden(const char* table) const {
  return !trusted_ && !running_ && is_hidden_name(table);
}

int Policy::refuse_hidden() {
  return refuse("the table is the engine's own", "leave it to the engine");
}

int Policy::judge_schema(const char* table) {
  const char* why = watch_ && table ? watch_->guards(table) : nullptr;
  if (!why) return SQLITE_OK;
  return refuse("the table is tracked", why);
}

int Policy::add_temporary(const char* name) {
  ahead_.temp_names.insert(lower(name));
  traits_.touches_temp = true;
  return SQLITE_OK;
}

int Policy::judge_pragma(const char* name, const char* argument) {
  if (running_) return SQLITE_OK;  // SQLite asking itself, e.g. for pragma_table_info()
  auto pragma = lower(name);
  if (among(questions, pragma)) return SQLITE_OK;
  if (among(settings, pragma)) {
    // Set on one connection, it would be missing on the others: such statements stay with the
    // writer.
    if (argument) traits_.touches_temp = true;
    if (argument && pragma == "case_sensitive_like") ahead_.case_sensitive_like = is_on(argument);
    return SQLITE_OK;
  }
  if (among(ours, pragma)) {
    if (!argument) return SQLITE_OK;
    return refuse("PRAGMA " + pragma + " is set by the engine", "see the options of open");
  }
  return refuse("PRAGMA " + pragma + " is not available",
                "docs/architecture.md lists those that are");
}

}  // namespace outboard
