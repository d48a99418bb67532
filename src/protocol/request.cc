#include "protocol/request.h"

#include <algorithm>

#include "base/limits.h"
#include "protocol/storage_name.h"

namespace outboard::request {

namespace {

// The encoded parameters, checked as far as their outside: the items are read when they are bound.
ByteView params_item(cbor::Reader& in) {
  auto type = in.peek();
  if (type != cbor::Type::array && type != cbor::Type::map)
    in.fail("params: expected an array or a map");
  return in.skip();
}

std::string_view sql_text(cbor::Reader& in) {
  auto sql = in.text();
  if (sql.size() > limits::sql_bytes_max) in.fail("sql: longer than 16 MiB", Code::too_large);
  if (sql.find('\0') != std::string_view::npos) in.fail("sql: there is a zero byte in it");
  return sql;
}

template <class Choice>
Choice choice(cbor::Reader& in, const char* what, std::string_view first, Choice one,
              std::string_view second, Choice other) {
  auto name = in.text();
  if (name != first && name != second)
    in.fail(std::string(what) + ": expected '" + std::string(first) + "' or '" +
            std::string(second) + "'");
  return name == second ? other : one;
}

void require(cbor::Reader& in, bool given, const char* what) {
  if (!given) in.fail(std::string(what) + " is missing");
}

Open read_open(cbor::Reader& in) {
  Open open;
  for (cbor::MapReader map(in, "open"); auto key = map.next();) {
    if (*key == "path") {
      open.path = in.text();
    } else if (*key == "name") {
      open.name = in.text();
    } else if (*key == "storage") {
      auto name = in.text();
      auto storage = storage_of(name);
      if (!storage) in.fail("open: storage: expected 'file', 'memory' or 'autosave'");
      open.storage = storage.value_or(Storage::file);
    } else if (*key == "durability") {
      open.durability = choice(in, "open: durability", "process", Durability::process, "power",
                               Durability::power);
    } else if (*key == "unanswered") {
      auto count = in.array();
      if (count > limits::unanswered_requests_max)
        in.fail("open: unanswered: more than 10000 requests", Code::too_large);
      for (std::size_t i = 0; i < count && in.ok(); ++i) open.unanswered.push_back(in.count());
    } else if (*key == "config") {
      open.config = in.text();
      if (open.config.size() > limits::application_config_bytes_max)
        in.fail("open: config: longer than 1 MiB", Code::too_large);
    } else {
      map.unknown();
    }
  }
  return open;
}

Exec read_exec(cbor::Reader& in, const char* what) {
  Exec exec;
  bool given = false;
  for (cbor::MapReader map(in, what); auto key = map.next();) {
    if (*key == "sql") {
      exec.sql = sql_text(in);
      given = true;
    } else if (*key == "params") {
      exec.params = params_item(in);
    } else {
      map.unknown();
    }
  }
  require(in, given, "sql");
  return exec;
}

Many read_many(cbor::Reader& in) {
  Many many;
  bool given = false, has_sets = false;
  for (cbor::MapReader map(in, "many"); auto key = map.next();) {
    if (*key == "sql") {
      many.sql = sql_text(in);
      given = true;
    } else if (*key == "sets") {
      many.sets = in.blob();
      has_sets = true;
    } else if (*key == "more") {
      many.more = in.boolean();
    } else {
      map.unknown();
    }
  }
  require(in, given, "sql");
  require(in, has_sets, "sets");
  return many;
}

Batch read_batch(cbor::Reader& in) {
  Batch batch;
  bool given = false;
  for (cbor::MapReader map(in, "batch"); auto key = map.next();) {
    if (*key == "statements") {
      given = true;
      auto count = in.array();
      if (count > limits::batch_statements_max)
        in.fail("batch: more than 10000 statements", Code::too_large);
      for (std::size_t i = 0; i < count && in.ok(); ++i)
        batch.statements.push_back(read_exec(in, "batch: statement"));
    } else if (*key == "atomic") {
      batch.atomic = in.boolean();
    } else {
      map.unknown();
    }
  }
  require(in, given, "statements");
  return batch;
}

Stream read_stream(cbor::Reader& in) {
  Stream stream;
  bool given = false;
  for (cbor::MapReader map(in, "stream"); auto key = map.next();) {
    if (*key == "sql") {
      stream.sql = sql_text(in);
      given = true;
    } else if (*key == "params") {
      stream.params = params_item(in);
    } else if (*key == "chunk_rows") {
      stream.chunk_rows = in.count();
    } else {
      map.unknown();
    }
  }
  require(in, given, "sql");
  return stream;
}

Import read_import(cbor::Reader& in) {
  Import import;
  for (cbor::MapReader map(in, "import"); auto key = map.next();) {
    if (*key == "data") {
      import.data = in.blob();
    } else if (*key == "more") {
      import.more = in.boolean();
    } else {
      map.unknown();
    }
  }
  return import;
}

template <class Empty>
Empty read_empty(cbor::Reader& in, const char* what) {
  for (cbor::MapReader map(in, what); map.next();) map.unknown();
  return {};
}

Any read_operation(cbor::Reader& in, std::string_view operation) {
  if (operation == "exec") return read_exec(in, "exec");
  if (operation == "many") return read_many(in);
  if (operation == "batch") return read_batch(in);
  if (operation == "stream") return read_stream(in);
  if (operation == "begin") return read_empty<Begin>(in, "begin");
  if (operation == "commit") return read_empty<Commit>(in, "commit");
  if (operation == "rollback") return read_empty<Rollback>(in, "rollback");
  if (operation == "open") return read_open(in);
  if (operation == "export") return read_empty<Export>(in, "export");
  if (operation == "flush") return read_empty<Flush>(in, "flush");
  if (operation == "import") return read_import(in);
  if (operation == "close") return read_empty<Close>(in, "close");
  in.fail("unknown operation '" + std::string(operation.substr(0, 40)) + "'");
  return Close{};
}

// A frame that is written in one go: envelope, body, no tail.
class Request {
 public:
  Request(Bytes& message, std::uint64_t id, const Head& head, std::string_view operation)
      : frame_(message), out(message) {
    begin_envelope(out, FrameKind::request, id, head, 2);
    out.text(operation);
  }
  ~Request() {
    frame_.end_head();
    frame_.finish();
  }

 private:
  FrameWriter frame_;

 public:
  cbor::Writer out;
};

}  // namespace

void write_params(cbor::Writer& out, const Params& params) {
  if (params.is_named()) {
    auto named = params.by_name();
    std::ranges::sort(named, {}, [](auto& entry) {
      return std::pair(entry.first.size(), std::string_view(entry.first));
    });
    out.map(named.size());
    for (auto& [name, value] : named) {
      out.text(name);
      out.value(value);
    }
  } else {
    out.array(params.positional().size());
    for (auto& value : params.positional()) out.value(value);
  }
}

namespace {

void write_statement(cbor::Writer& out, const Sql& sql) {
  out.map(sql.params.empty() ? 1 : 2);
  out.text("sql");
  out.text(sql.text);
  if (sql.params.empty()) return;
  out.text("params");
  write_params(out, sql.params);
}

}  // namespace

Result<Any> read(ByteView body) {
  cbor::Reader in(body);
  auto operation = in.text();
  if (!in.ok()) return in.error();
  auto request = read_operation(in, operation);
  in.expect_end();
  if (!in.ok()) return in.error();
  return request;
}

Result<Chunk> read_chunk(ByteView body) {
  cbor::Reader in(body);
  Chunk chunk;
  for (cbor::MapReader map(in, "chunk"); auto key = map.next();) {
    if (*key == "sets") {
      chunk.sets = in.blob();
    } else if (*key == "data") {
      chunk.data = in.blob();
    } else if (*key == "more") {
      chunk.more = in.boolean();
    } else {
      map.unknown();
    }
  }
  in.expect_end();
  if (!in.ok()) return in.error();
  return chunk;
}

Result<std::uint64_t> read_credit(ByteView body) {
  cbor::Reader in(body);
  auto chunks = in.count();
  in.expect_end();
  if (!in.ok()) return in.error();
  return chunks;
}

void write_hello(Bytes& message, std::uint64_t id, const std::optional<Uuid>& client) {
  FrameWriter frame(message);
  cbor::Writer out(message);
  begin_envelope(out, FrameKind::hello, id, {}, 1);
  out.map(client ? 3 : 2);
  out.text("build");
  out.text(OUTBOARD_BUILD);
  if (client) {
    out.text("client");
    out.blob(*client);
  }
  out.text("protocol");
  out.array(2);
  out.count(protocol_version);
  out.count(protocol_version);
  frame.end_head();
  frame.finish();
}

void write_open(Bytes& message, std::uint64_t id, const Head& head, const Open& open) {
  Request request(message, id, head, "open");
  request.out.map(3 + (open.name.empty() ? 0 : 1) + (open.config.empty() ? 0 : 1) +
                  (open.unanswered.empty() ? 0 : 1));
  if (!open.name.empty()) {
    request.out.text("name");
    request.out.text(open.name);
  }
  request.out.text("path");
  request.out.text(open.path);
  if (!open.config.empty()) {
    request.out.text("config");
    request.out.text(open.config);
  }
  request.out.text("storage");
  request.out.text(name_of(open.storage));
  request.out.text("durability");
  request.out.text(open.durability == Durability::power ? "power" : "process");
  if (open.unanswered.empty()) return;
  request.out.text("unanswered");
  request.out.array(open.unanswered.size());
  for (auto n : open.unanswered) request.out.count(n);
}

void write_exec(Bytes& message, std::uint64_t id, const Head& head, const Sql& sql) {
  Request request(message, id, head, "exec");
  write_statement(request.out, sql);
}

namespace {
void write_sets(cbor::Writer& out, const Sets& sets, bool more) {
  if (more) {
    out.text("more");
    out.boolean(true);
  }
  out.text("sets");
  out.blob(sets.encoded());
}
}  // namespace

void write_many(Bytes& message, std::uint64_t id, const Head& head, std::string_view sql,
                const Sets& sets, bool more) {
  Request request(message, id, head, "many");
  request.out.map(more ? 3 : 2);
  request.out.text("sql");
  request.out.text(sql);
  write_sets(request.out, sets, more);
}

void write_many_chunk(Bytes& message, std::uint64_t id, const Sets& sets, bool more) {
  FrameWriter frame(message);
  cbor::Writer out(message);
  begin_envelope(out, FrameKind::chunk, id, {}, 1);
  out.map(more ? 2 : 1);
  write_sets(out, sets, more);
  frame.end_head();
  frame.finish();
}

void write_batch(Bytes& message, std::uint64_t id, const Head& head,
                 const std::vector<Sql>& statements, bool atomic) {
  Request request(message, id, head, "batch");
  request.out.map(atomic ? 2 : 1);
  if (atomic) {
    request.out.text("atomic");
    request.out.boolean(true);
  }
  request.out.text("statements");
  request.out.array(statements.size());
  for (auto& statement : statements) write_statement(request.out, statement);
}

void write_stream(Bytes& message, std::uint64_t id, const Head& head, const Sql& sql,
                  std::uint64_t chunk_rows) {
  Request request(message, id, head, "stream");
  request.out.map(1 + (sql.params.empty() ? 0 : 1) + (chunk_rows ? 1 : 0));
  request.out.text("sql");
  request.out.text(sql.text);
  if (!sql.params.empty()) {
    request.out.text("params");
    write_params(request.out, sql.params);
  }
  if (chunk_rows) {
    request.out.text("chunk_rows");
    request.out.count(chunk_rows);
  }
}

namespace {
void write_data(cbor::Writer& out, ByteView data, bool more) {
  out.map(more ? 2 : 1);
  out.text("data");
  out.blob(data);
  if (!more) return;
  out.text("more");
  out.boolean(true);
}
}  // namespace

void write_import(Bytes& message, std::uint64_t id, const Head& head, ByteView data, bool more) {
  Request request(message, id, head, "import");
  write_data(request.out, data, more);
}

void write_import_chunk(Bytes& message, std::uint64_t id, ByteView data, bool more) {
  FrameWriter frame(message);
  cbor::Writer out(message);
  begin_envelope(out, FrameKind::chunk, id, {}, 1);
  write_data(out, data, more);
  frame.end_head();
  frame.finish();
}

void write_plain(Bytes& message, std::uint64_t id, const Head& head, std::string_view operation) {
  Request request(message, id, head, operation);
  request.out.map(0);
}

}  // namespace outboard::request
