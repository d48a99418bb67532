#include "protocol/reply.h"

#include <algorithm>

#include "base/utf8.h"
#include "protocol/storage_name.h"

namespace outboard::reply {

namespace {

void write_fields(cbor::Writer& out, const Statement& statement, bool more) {
  out.map(2 + (statement.has_columns ? 1 : 0) + (more ? 1 : 0));
  if (more) {
    out.text("more");
    out.boolean(true);
  }
  out.text("changes");
  out.integer(statement.changes);
  if (statement.has_columns) {
    out.text("columns");
    out.array(statement.columns.size());
    for (auto& name : statement.columns) out.text(well_formed(name));
  }
  out.text("last_insert_rowid");
  out.integer(statement.last_insert_rowid);
}

void read_columns(cbor::Reader& in, Statement& statement) {
  statement.has_columns = true;
  auto count = in.array();
  for (std::size_t i = 0; i < count && in.ok(); ++i) statement.columns.emplace_back(in.text());
}

bool read_field(cbor::Reader& in, std::string_view key, Statement& statement) {
  if (key == "changes") {
    statement.changes = in.integer();
  } else if (key == "columns") {
    read_columns(in, statement);
  } else if (key == "last_insert_rowid") {
    statement.last_insert_rowid = in.integer();
  } else {
    return false;
  }
  return true;
}

}  // namespace

void write_open(cbor::Writer& out, const Opened& opened) {
  auto& [info, outcomes] = opened;
  out.map(outcomes.empty() ? 6 : 7);
  out.text("path");
  out.text(well_formed(info.path));
  out.text("build");
  out.text(info.build);
  out.text("sqlite");
  out.text(info.sqlite);
  out.text("created");
  out.boolean(info.created);
  out.text("storage");
  out.text(name_of(info.storage));
  if (!outcomes.empty()) {
    out.text("outcomes");
    out.array(outcomes.size());
    for (auto outcome : outcomes) out.count(static_cast<std::uint64_t>(outcome));
  }
  out.text("durability");
  out.text(info.durability == Durability::power ? "power" : "process");
}

void write_rows(cbor::Writer& out, const Statement& statement, bool more) {
  write_fields(out, statement, more);
}

void write_export(cbor::Writer& out, std::int64_t bytes, bool more) {
  out.map(more ? 3 : 2);
  if (more) {
    out.text("more");
    out.boolean(true);
  }
  out.text("bytes");
  out.integer(bytes);
  out.text("columns");
  out.array(1);
  out.text("data");
}

void write_chunk(cbor::Writer& out, bool more) {
  out.map(more ? 1 : 0);
  if (!more) return;
  out.text("more");
  out.boolean(true);
}

void write_batch(cbor::Writer& out, const std::vector<Statement>& statements) {
  out.map(1);
  out.text("results");
  out.array(statements.size());
  for (auto& statement : statements) write_fields(out, statement, false);
}

void write_depth(cbor::Writer& out, std::size_t depth) {
  out.map(1);
  out.text("depth");
  out.count(depth);
}

void write_hello(cbor::Writer& out) {
  out.map(2);
  out.text("build");
  out.text(OUTBOARD_BUILD);
  out.text("protocol");
  out.count(protocol_version);
}

Result<Opened> read_open(ByteView body) {
  cbor::Reader in(body);
  Opened opened;
  auto& info = opened.info;
  for (cbor::MapReader map(in, "open"); auto key = map.next();) {
    if (*key == "path") {
      info.path = in.text();
    } else if (*key == "build") {
      info.build = in.text();
    } else if (*key == "sqlite") {
      info.sqlite = in.text();
    } else if (*key == "created") {
      info.created = in.boolean();
    } else if (*key == "storage") {
      info.storage = storage_of(in.text()).value_or(Storage::file);
    } else if (*key == "durability") {
      info.durability = in.text() == "power" ? Durability::power : Durability::process;
    } else if (*key == "outcomes") {
      auto count = in.array();
      for (std::size_t i = 0; i < count && in.ok(); ++i)
        opened.outcomes.push_back(static_cast<Outcome>(std::min<std::uint64_t>(in.count(), 2)));
    } else {
      map.unknown();
    }
  }
  in.expect_end();
  if (!in.ok()) return in.error();
  return opened;
}

Result<Rows> read_rows(ByteView body) {
  cbor::Reader in(body);
  Rows rows;
  for (cbor::MapReader map(in, "reply"); auto key = map.next();) {
    if (*key == "more") {
      rows.more = in.boolean();
    } else if (*key == "bytes") {
      rows.bytes = in.integer();
    } else if (!read_field(in, *key, rows.statement)) {
      map.unknown();
    }
  }
  in.expect_end();
  if (!in.ok()) return in.error();
  return rows;
}

Result<std::vector<Statement>> read_batch(ByteView body) {
  cbor::Reader in(body);
  std::vector<Statement> statements;
  for (cbor::MapReader map(in, "reply"); auto key = map.next();) {
    if (*key != "results") {
      map.unknown();
      break;
    }
    auto count = in.array();
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
      auto& statement = statements.emplace_back();
      for (cbor::MapReader fields(in, "result"); auto field = fields.next();)
        if (!read_field(in, *field, statement)) fields.unknown();
    }
  }
  in.expect_end();
  if (!in.ok()) return in.error();
  return statements;
}

Result<std::optional<Uuid>> read_client_hello(ByteView body) {
  cbor::Reader in(body);
  std::optional<Uuid> client;
  std::uint64_t oldest = 0, newest = 0;
  for (cbor::MapReader map(in, "hello"); auto key = map.next();) {
    if (*key == "build") {
      in.text();
    } else if (*key == "client") {
      auto id = in.blob();
      if (id.size() != client.emplace().size()) {
        in.fail("hello: client: expected 16 bytes");
      } else {
        std::ranges::copy(id, client->begin());
      }
    } else if (*key == "protocol") {
      if (in.array() != 2) in.fail("hello: protocol: expected the oldest and the newest version");
      oldest = in.count();
      newest = in.count();
    } else {
      map.unknown();
    }
  }
  if (newest == 0) in.fail("hello: protocol is missing");
  in.expect_end();
  if (!in.ok()) return in.error();
  if (oldest > protocol_version)
    return fail(Code::outdated, "the client speaks a newer protocol than this engine",
                "update the engine");
  if (newest < protocol_version)
    return fail(Code::outdated, "the client speaks an older protocol than this engine",
                "update the client");
  return client;
}

}  // namespace outboard::reply
