#include "store/functions.h"

#include "store/errors.h"

namespace outboard {

Result<void> add_functions(sqlite3* db, UuidGenerator& uuids) {
  int code = sqlite3_create_function_v2(
      db, "uuid7", 0, SQLITE_UTF8 | SQLITE_INNOCUOUS, &uuids,
      [](sqlite3_context* context, int, sqlite3_value**) {
        auto uuid = static_cast<UuidGenerator*>(sqlite3_user_data(context))->next();
        sqlite3_result_blob(context, uuid.data(), static_cast<int>(uuid.size()), SQLITE_TRANSIENT);
      },
      nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(db, code);
  return {};
}

}  // namespace outboard
