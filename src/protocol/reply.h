// Replies: what the engine answers (docs/protocol.md, "Operations").
#pragma once

#include <string>
#include <vector>

#include <outboard/options.hpp>

#include "base/uuid.h"
#include "protocol/envelope.h"

namespace outboard::reply {

// What one statement came back with; its rows are batches in the tail.
struct Statement {
  std::int64_t changes = 0;
  std::int64_t last_insert_rowid = 0;
  bool has_columns = false;
  std::vector<std::string> columns = {};
};

// Reply to exec, many, stream and export, or a later chunk of it (then only `more` counts).
struct Rows {
  Statement statement;
  std::int64_t bytes = 0;  // export: of the whole file
  bool more = false;
};

// What open() found, and what became of the requests that the client asked about, in their order.
struct Opened {
  Info info;
  std::vector<Outcome> outcomes = {};
};

// Each writes the body's map after begin_envelope(…, 1).
void write_open(cbor::Writer& out, const Opened& opened);
void write_rows(cbor::Writer& out, const Statement& statement, bool more);
void write_export(cbor::Writer& out, std::int64_t bytes, bool more);
void write_chunk(cbor::Writer& out, bool more);
void write_batch(cbor::Writer& out, const std::vector<Statement>& statements);
void write_depth(cbor::Writer& out, std::size_t depth);
void write_hello(cbor::Writer& out);

// Each reads a body.
Result<Opened> read_open(ByteView body);
Result<Rows> read_rows(ByteView body);
Result<std::vector<Statement>> read_batch(ByteView body);

// The body of a client's hello: may this engine serve it? Gives what the client calls itself.
Result<std::optional<Uuid>> read_client_hello(ByteView body);

}  // namespace outboard::reply
