#include "store/statement.h"

#include "store/commit_points.h"
#include "store/errors.h"
#include "store/policy.h"

namespace outboard {

Statement::Statement(sqlite3_stmt* statement, Traits traits, Policy& policy,
                     CommitPoints* commit_points)
    : handle_(statement),
      policy_(policy),
      commit_points_(commit_points),
      traits_(std::move(traits)),
      parameter_count_(sqlite3_bind_parameter_count(statement)),
      column_count_(sqlite3_column_count(statement)) {}

Statement::~Statement() { sqlite3_finalize(handle_); }

std::vector<std::string> Statement::column_names() const {
  std::vector<std::string> names;
  for (int i = 0; i < sqlite3_column_count(handle_); ++i) {
    auto name = sqlite3_column_name(handle_, i);
    names.emplace_back(name ? name : "");
  }
  return names;
}

Result<void> Statement::bind(ByteView params) {
  if (params.empty()) {
    if (parameter_count_ == 0) return {};
    return fail(
        Code::bad_request,
        "the statement has " + std::to_string(parameter_count_) + " parameters and got none",
        "give a value for each, null included");
  }
  cbor::Reader in(params);
  return in.peek() == cbor::Type::map ? bind_map(in) : bind_array(in);
}

Result<void> Statement::bind_array(cbor::Reader& in) {
  auto count = in.array();
  if (!in.ok()) return in.error();
  if (count != static_cast<std::size_t>(parameter_count_))
    return fail(Code::bad_request,
                "the statement has " + std::to_string(parameter_count_) + " parameters and got " +
                    std::to_string(count),
                "give a value for each, null included");
  for (int parameter = 1; parameter <= parameter_count_; ++parameter) {
    auto value = in.value();
    if (!in.ok()) return in.error();
    if (int code = bind_value(parameter, value)) return bind_error(code);
  }
  return {};
}

Result<void> Statement::bind_map(cbor::Reader& in) {
  std::vector<bool> bound(static_cast<std::size_t>(parameter_count_) + 1);
  auto count = in.map();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    auto name = in.text();
    auto value = in.value();
    if (!in.ok()) break;
    auto parameter = parameter_named(name);
    if (parameter == 0)
      return fail(Code::bad_request,
                  "the statement has no parameter named '" + std::string(name) + "'",
                  "parameters are written :name, @name or $name");
    if (bound[static_cast<std::size_t>(parameter)])
      return fail(Code::bad_request, "the parameter '" + std::string(name) + "' is given twice",
                  "give each parameter once");
    bound[static_cast<std::size_t>(parameter)] = true;
    if (int code = bind_value(parameter, value)) return bind_error(code);
  }
  if (!in.ok()) return in.error();
  for (int parameter = 1; parameter <= parameter_count_; ++parameter) {
    if (bound[static_cast<std::size_t>(parameter)]) continue;
    auto name = sqlite3_bind_parameter_name(handle_, parameter);
    return fail(Code::bad_request,
                "the parameter " +
                    (name ? std::string(name) : "number " + std::to_string(parameter)) +
                    " has no value",
                "give a value for each, null included");
  }
  return {};
}

int Statement::parameter_named(std::string_view name) const {
  std::string with_prefix(name);
  if (auto parameter = sqlite3_bind_parameter_index(handle_, with_prefix.c_str())) return parameter;
  for (char prefix : {':', '@', '$'})
    if (auto parameter = sqlite3_bind_parameter_index(handle_, (prefix + with_prefix).c_str()))
      return parameter;
  return 0;
}

int Statement::bind_value(int parameter, const ValueView& value) {
  // A null pointer would bind NULL: an empty text or blob points somewhere.
  const void* data = value.bytes.empty() ? "" : static_cast<const void*>(value.bytes.data());
  switch (value.kind) {
    case Kind::null: return sqlite3_bind_null(handle_, parameter);
    case Kind::integer: return sqlite3_bind_int64(handle_, parameter, value.integer);
    case Kind::real: return sqlite3_bind_double(handle_, parameter, value.real);
    case Kind::text:
      return sqlite3_bind_text64(handle_, parameter, static_cast<const char*>(data),
                                 value.bytes.size(), SQLITE_STATIC, SQLITE_UTF8);
    case Kind::blob:
      return sqlite3_bind_blob64(handle_, parameter, data, value.bytes.size(), SQLITE_STATIC);
  }
  return SQLITE_OK;
}

Error Statement::bind_error(int code) const {
  return sqlite_error(sqlite3_db_handle(handle_), code);
}

void Statement::bind_blob(int parameter, ByteView bytes) {
  sqlite3_bind_blob64(handle_, parameter,
                      bytes.empty() ? "" : static_cast<const void*>(bytes.data()), bytes.size(),
                      SQLITE_STATIC);
}

Result<bool> Statement::step() {
  if (commit_points_ && commit_points_->concerns(traits_)) return commit_points_->step(*this);
  return step_plainly();
}

Result<bool> Statement::step_plainly() {
  auto* outer = policy_.running();           // one of ours may run inside a function of another
  if (!outer) (void)policy_.take_failure();  // of one that was given up
  policy_.set_running(handle_);
  int code = sqlite3_step(handle_);
  policy_.set_running(outer);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  auto failure = policy_.take_failure();
  auto error = failure ? std::move(*failure) : sqlite_error(sqlite3_db_handle(handle_), code);
  sqlite3_reset(handle_);
  return error;
}

void Statement::reset() {
  sqlite3_reset(handle_);
  if (parameter_count_ > 0) sqlite3_clear_bindings(handle_);
}

}  // namespace outboard
