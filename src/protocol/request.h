// Requests: what a client may ask (docs/protocol.md, "Operations").
//
// Read requests are views into the frame they came in, and are only good as long as it is.
// Parameters stay encoded until they are bound: `many` with 100,000 sets allocates nothing for
// them.
#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include <outboard/options.hpp>
#include <outboard/sets.hpp>
#include <outboard/sql.hpp>

#include "base/uuid.h"
#include "protocol/envelope.h"

namespace outboard::request {

struct Open {
  std::string_view path;
  std::string_view name;
  Storage storage = Storage::file;
  Durability durability = Durability::process;
  std::vector<std::uint64_t> unanswered = {};  // numbers of requests: what became of them?
  std::string_view config = {};                // the application's, for its set-up
};

struct Exec {
  std::string_view sql;
  ByteView params;  // one CBOR item, an array or a map; empty: none
};

struct Many {
  std::string_view sql;
  ByteView sets;  // one behind the other, an array each
  bool more = false;
};

struct Batch {
  std::vector<Exec> statements;
  bool atomic = false;
};

struct Stream {
  std::string_view sql;
  ByteView params;
  std::uint64_t chunk_rows = 0;  // 0: as many as fit
};

struct Begin {};
struct Commit {};
struct Rollback {};
struct Export {};
struct Flush {};
struct Close {};

struct Import {
  ByteView data;
  bool more = false;
};

using Any = std::variant<Open, Exec, Many, Batch, Stream, Begin, Commit, Rollback, Export, Import,
                         Flush, Close>;

// The body of a request frame.
Result<Any> read(ByteView body);

// The body of a chunk frame that a client sends after Many or Import.
struct Chunk {
  ByteView sets;
  ByteView data;
  bool more = false;
};
Result<Chunk> read_chunk(ByteView body);

// The body of a credit frame.
Result<std::uint64_t> read_credit(ByteView body);

// Whole frames, for clients.
void write_hello(Bytes& message, std::uint64_t id, const std::optional<Uuid>& client = {});
void write_open(Bytes& message, std::uint64_t id, const Head& head, const Open& open);
void write_exec(Bytes& message, std::uint64_t id, const Head& head, const Sql& sql);
void write_many(Bytes& message, std::uint64_t id, const Head& head, std::string_view sql,
                const Sets& sets, bool more);
void write_many_chunk(Bytes& message, std::uint64_t id, const Sets& sets, bool more);
void write_batch(Bytes& message, std::uint64_t id, const Head& head,
                 const std::vector<Sql>& statements, bool atomic);
void write_stream(Bytes& message, std::uint64_t id, const Head& head, const Sql& sql,
                  std::uint64_t chunk_rows);
void write_import(Bytes& message, std::uint64_t id, const Head& head, ByteView data, bool more);
void write_import_chunk(Bytes& message, std::uint64_t id, ByteView data, bool more);

// The parameters of a statement as one item, an array or a map.
void write_params(cbor::Writer& out, const Params& params);

// begin, commit, rollback, export, flush, close.
void write_plain(Bytes& message, std::uint64_t id, const Head& head, std::string_view operation);

}  // namespace outboard::request
