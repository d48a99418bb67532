#include "engine/function_read.h"

#include "store/script.h"

namespace outboard {

Result<Ran> read_inside(const FunctionCall& call, std::string_view sql, ByteView params) {
  if (call.function.is_deterministic)
    return fail(Code::bad_request,
                call.function.name + " is deterministic, and what it reads may change",
                "add it without that, or give it what it needs as arguments");
  auto only_reads =
      fail(Code::bad_request, "a function can read, and do nothing else", "use a single SELECT");
  if (sql.size() > limits::sql_bytes_max)
    return fail(Code::too_large, "the statement is longer than 16 MiB", "");
  if (!begins_like_reading(sql)) return only_reads;
  auto& connection = call.connection;
  auto prepared = TRY(connection.prepare_inside(sql));
  if (!prepared.statement || !prepared.rest.empty() || !prepared.statement->traits().reads_only)
    return only_reads;
  TRY(prepared.statement->bind(params));
  BatchBuilder batch;
  auto ran = run_to_end(connection, *prepared.statement, batch, one_batch);
  if (!ran) return connection.interrupt().explain(ran.error());
  return ran;
}

}  // namespace outboard
