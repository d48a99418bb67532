#include "store/application_functions.h"

#include <algorithm>
#include <cctype>

#include "base/limits.h"
#include "store/connection.h"
#include "store/errors.h"

namespace outboard {

namespace {

std::string lower(std::string_view name) {
  std::string out(name);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_name(std::string_view name) {
  auto fits = [](unsigned char c) { return c < 0x80 && (std::isalnum(c) || c == '_'); };
  return !name.empty() && name.size() <= limits::function_name_bytes_max &&
         !std::isdigit(static_cast<unsigned char>(name[0])) && std::ranges::all_of(name, fits);
}

bool is_reserved(std::string_view name) {
  auto small = lower(name);
  return small.starts_with("outboard_") || small.starts_with("sqlite_");
}

Error name_taken(const std::string& name) {
  return fail(Code::bad_request, "there is a function " + name + " already, which is not yours",
              "give the function of the set-up another name");
}

// All that SQLite and the engine have on that connection, in lower case.
Result<std::set<std::string>> names_on(sqlite3* db) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(db, "select lower(name) from pragma_function_list", -1, &statement,
                                nullptr);
  std::set<std::string> names;
  while (code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
    names.emplace(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
  if (code == SQLITE_OK) code = sqlite3_reset(statement);
  sqlite3_finalize(statement);
  if (code != SQLITE_OK) return sqlite_error(db, code);
  return names;
}

void give(sqlite3_context* context, const Value& value) {
  switch (value.kind()) {
    case Kind::null: return sqlite3_result_null(context);
    case Kind::integer: return sqlite3_result_int64(context, value.integer());
    case Kind::real: return sqlite3_result_double(context, value.real());
    case Kind::text:
      return sqlite3_result_text64(context, value.text().data(), value.text().size(),
                                   SQLITE_TRANSIENT, SQLITE_UTF8);
    case Kind::blob: {
      auto* data = value.blob().empty() ? "" : static_cast<const void*>(value.blob().data());
      return sqlite3_result_blob64(context, data, value.blob().size(), SQLITE_TRANSIENT);
    }
  }
}

}  // namespace

ValueView FunctionCall::value(std::size_t index) const {
  auto* value = values_[index];
  auto bytes = [&](const void* data) {
    return ByteView(static_cast<const std::uint8_t*>(data),
                    static_cast<std::size_t>(sqlite3_value_bytes(value)));
  };
  ValueView view{.kind = static_cast<Kind>(sqlite3_value_type(value) % 5)};
  switch (view.kind) {
    case Kind::null: break;
    case Kind::integer: view.integer = sqlite3_value_int64(value); break;
    case Kind::real: view.real = sqlite3_value_double(value); break;
    case Kind::text: view.bytes = bytes(sqlite3_value_text(value)); break;
    case Kind::blob: view.bytes = bytes(sqlite3_value_blob(value)); break;
  }
  return view;
}

// What SQLite calls: one function on one connection.
class FunctionDoor {
 public:
  FunctionDoor(const ApplicationFunctions& all, const ApplicationFunction& function,
               Connection& connection)
      : all_(all), function_(function), connection_(connection) {}

  static void on_call(sqlite3_context* context, int count, sqlite3_value** values) {
    auto& door = of(context);
    door.answer(context, door.enter({values, static_cast<std::size_t>(count)},
                                    [&](auto& call) { return door.function_.call(call); }));
  }

  static void on_step(sqlite3_context* context, int count, sqlite3_value** values) {
    auto& door = of(context);
    auto** slot = static_cast<Group**>(sqlite3_aggregate_context(context, sizeof(Group*)));
    if (!slot) return sqlite3_result_error_nomem(context);
    if (!*slot) *slot = new Group;
    auto& group = **slot;
    if (group.error) return;
    auto stepped = door.enter({values, static_cast<std::size_t>(count)},
                              [&](auto& call) { return door.step(group, call); });
    if (stepped) return;
    group.error = stepped.error();
    door.answer(context, *group.error);
  }

  // SQLite calls this for every group that was begun, also when its statement is given up.
  static void on_finish(sqlite3_context* context) {
    auto& door = of(context);
    auto** slot = static_cast<Group**>(sqlite3_aggregate_context(context, 0));
    std::unique_ptr<Group> group(slot ? std::exchange(*slot, nullptr) : nullptr);
    if (!group) group = std::make_unique<Group>();  // of no rows
    if (group->error) return door.answer(context, *group->error);
    door.answer(context, door.enter({}, [&](auto& call) { return door.finish(*group, call); }));
  }

  static void destroy(void* door) { delete static_cast<FunctionDoor*>(door); }

 private:
  struct Group {
    std::unique_ptr<Aggregation> at_work;
    std::optional<Error> error;
  };

  static FunctionDoor& of(sqlite3_context* context) {
    return *static_cast<FunctionDoor*>(sqlite3_user_data(context));
  }

  Result<void> begin(Group& group) const {
    if (!group.at_work) group.at_work = TRY(function_.begin());
    return {};
  }
  Result<void> step(Group& group, const FunctionCall& call) const {
    TRY(begin(group));
    return group.at_work->step(call);
  }
  Result<Value> finish(Group& group, const FunctionCall& call) const {
    TRY(begin(group));
    return group.at_work->finish(call);
  }

  // Functions may read, and what they read may call functions.
  template <class Work>
  auto enter(std::span<sqlite3_value*> values, Work work)
      -> decltype(work(std::declval<const FunctionCall&>())) {
    auto& running = all_.running_;
    if (running.size() >= limits::function_depth_max)
      return fail(Code::too_large,
                  "functions call each other through what they read, more than " +
                      std::to_string(limits::function_depth_max) + " deep",
                  "let none of them read what calls it again");
    running.push_back(&function_);
    if (all_.watch_) all_.watch_(&function_);
    FunctionCall call(function_, connection_, values);
    auto result = work(call);
    running.pop_back();
    if (all_.watch_) all_.watch_(running.empty() ? nullptr : running.back());
    return result;
  }

  void answer(sqlite3_context* context, const Result<Value>& result) {
    if (result) return give(context, *result);
    auto error = result.error();
    error.message = "the function " + function_.name + " failed: " + error.message;
    connection_.fail_call(context, error);
  }

  const ApplicationFunctions& all_;
  const ApplicationFunction& function_;
  Connection& connection_;
};

Result<void> ApplicationFunctions::add(ApplicationFunction function) {
  if (!is_name(function.name))
    return fail(Code::bad_request,
                "\"" + function.name.substr(0, 100) + "\" cannot name a function",
                "use up to 64 letters, digits and _, and begin with no digit");
  if (is_reserved(function.name)) return name_taken(function.name);
  if (function.arguments < ApplicationFunction::any_number ||
      function.arguments > limits::function_arguments_max)
    return fail(Code::bad_request,
                "the function " + function.name + " cannot have " +
                    std::to_string(function.arguments) + " arguments",
                "say a number from 0 to " + std::to_string(limits::function_arguments_max) +
                    ", or that any will do");
  for (auto& other : all_)
    if (lower(other->name) == lower(function.name) && other->arguments == function.arguments)
      return fail(Code::bad_request,
                  "the set-up adds the function " + function.name + " twice with " +
                      (function.arguments < 0 ? "any number of arguments"
                                              : std::to_string(function.arguments) + " arguments"),
                  "add each once");
  if (all_.size() >= limits::functions_max)
    return fail(Code::too_large,
                "a set-up may add up to " + std::to_string(limits::functions_max) + " functions",
                "make one out of several, and say by an argument which is meant");
  all_.push_back(std::make_unique<ApplicationFunction>(std::move(function)));
  return {};
}

Result<void> ApplicationFunctions::put_on(Connection& connection, Names names) const {
  if (all_.empty()) return {};
  auto* db = connection.handle();
  if (names == Names::looked_at) {
    auto taken = TRY(names_on(db));
    for (auto& function : all_)
      if (taken.contains(lower(function->name))) return name_taken(function->name);
  }
  for (auto& function : all_) {
    int flags = SQLITE_UTF8;
    flags |= function->is_deterministic ? SQLITE_DETERMINISTIC : 0;
    flags |= function->is_in_schema ? SQLITE_INNOCUOUS : SQLITE_DIRECTONLY;
    bool aggregates = function->begin != nullptr;
    int code = sqlite3_create_function_v2(
        db, function->name.c_str(), function->arguments, flags,
        new FunctionDoor(*this, *function, connection),
        aggregates ? nullptr : FunctionDoor::on_call, aggregates ? FunctionDoor::on_step : nullptr,
        aggregates ? FunctionDoor::on_finish : nullptr, FunctionDoor::destroy);
    if (code != SQLITE_OK) return sqlite_error(db, code);
  }
  return {};
}

}  // namespace outboard
