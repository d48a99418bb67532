#include "sync/transaction.h"

#include "base/assert.h"
#include "sync/fields.h"

namespace outboard::sync {

template <class Visitor, Is<Part> T>
void fields(Visitor& visit, T& part) {
  visit(0, part.topic, limits::topic_bytes_max);
  visit(1, part.key_id, limits::topic_bytes_max);
  visit(2, part.algorithm);
  visit(3, part.bytes, limits::transaction_bytes_max);
  visit(4, part.hash);
}

// 8 is kept for a signature.
template <class Visitor, Is<Header> T>
void fields(Visitor& visit, T& header) {
  visit(0, header.version);
  visit(1, header.space, limits::space_name_bytes_max);
  visit(2, header.replica);
  visit(3, header.seq);
  visit(4, header.stamp);
  visit(5, header.seen);
  visit(6, header.kind, static_cast<std::uint64_t>(TransactionKind::control));
  visit(7, header.parts, limits::parts_max);
}

Bytes freeze(Header header, std::span<const Bytes> parts) {
  OB_ASSERT(header.parts.size() == parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    header.parts[i].bytes = parts[i].size();
    header.parts[i].hash = sha256(parts[i]);
  }
  Bytes frozen;
  cbor::Writer out(frozen);
  write_fields(out, header);
  OB_ASSERT(frozen.size() <= limits::header_bytes_max);
  for (auto& part : parts) append(frozen, part);
  return frozen;
}

namespace {

// The header's version, whatever else it holds: key 0 of a map, which comes first.
std::uint64_t version_of(ByteView header) {
  cbor::Reader in(header);
  if (in.map() == 0 || in.count() != 0) return 0;
  auto version = in.count();
  return in.ok() ? version : 0;
}

Error bad(const char* what) {
  return fail(Code::bad_request, std::string("a transaction's envelope: ") + what,
              "send what docs/sync-protocol.md describes");
}

}  // namespace

Result<Transaction> thaw(ByteView frozen) {
  if (frozen.size() > limits::transaction_bytes_max)
    return fail(Code::too_large, "a transaction is longer than 32 MiB", "write in smaller batches");
  cbor::Reader split(frozen);
  auto header = split.skip();
  if (!split.ok()) return split.error();
  if (header.size() > limits::header_bytes_max)
    return fail(Code::too_large, "a transaction's header is longer than 16 KiB", "use fewer parts");
  if (version_of(header) > header_version)
    return fail(Code::outdated, "a transaction of a newer version", "install the newer version");

  Transaction transaction;
  cbor::Reader in(header);
  read_fields(in, transaction.header);
  if (!in.ok()) return in.error();
  auto& read = transaction.header;
  if (read.version != header_version) return bad("there is no version 0");
  if (read.seq == 0) return bad("numbers start with 1");
  if (read.space.empty()) return bad("a space without a name");
  if (static_cast<std::uint64_t>(read.kind) == 0) return bad("an unknown kind");
  if (read.stamp.replica != static_cast<std::uint64_t>(read.replica))
    return bad("its stamp names another replica");

  ByteView rest = split.rest();
  for (auto& part : read.parts) {
    if (part.bytes > rest.size()) return bad("a part is shorter than it says");
    auto bytes = rest.first(static_cast<std::size_t>(part.bytes));
    if (sha256(bytes) != part.hash) return bad("a part does not have its hash");
    transaction.parts.push_back(bytes);
    rest = rest.subspan(bytes.size());
  }
  if (!rest.empty()) return bad("something follows the last part");
  return transaction;
}

Digest digest_of(ByteView frozen) {
  cbor::Reader split(frozen);
  auto header = split.skip();
  return sha256(split.ok() ? header : frozen);
}

Digest chain_start(const Epoch& epoch) { return sha256(epoch); }

Digest chain_after(const Digest& chain, const EntryFacts& facts, const Digest& digest) {
  Bytes said;
  cbor::Writer out(said);
  out.array(5);
  out.blob(chain);
  out.count(facts.position);
  out.count(facts.accepted_ms);
  out.text(facts.subject);
  out.blob(digest);
  return sha256(said);
}

}  // namespace outboard::sync
