#include "protocol/envelope.h"

#include <array>

#include "base/utf8.h"

namespace outboard {

namespace {

void read_head(cbor::Reader& in, Head& head) {
  for (cbor::MapReader map(in, "head"); auto key = map.next();) {
    if (*key == "session") {
      head.session = in.count();
    } else if (*key == "timeout_ms") {
      head.timeout_ms = in.count();
    } else if (*key == "n") {
      head.n = in.count();
    } else if (*key == "epoch") {
      head.epoch = in.count();
    } else if (*key == "commit") {
      head.commit = in.count();
    } else {
      map.unknown();
    }
  }
}

void write_head(cbor::Writer& out, const Head& head) {
  struct Field {
    const char* key;
    std::uint64_t value;
  };
  const Field fields[] = {{"n", head.n},
                          {"epoch", head.epoch},
                          {"commit", head.commit},
                          {"session", head.session},
                          {"timeout_ms", head.timeout_ms}};
  std::size_t present = 0;
  for (auto& field : fields) present += field.value != 0;
  out.map(present);
  for (auto& field : fields) {
    if (field.value == 0) continue;
    out.text(field.key);
    out.count(field.value);
  }
}

// Items of an envelope of each kind, in the order of the enum.
constexpr std::array<std::size_t, 9> items_of_kind = {4, 5, 4, 4, 4, 4, 3, 5, 3};

// An error may quote what came in, of whatever size and encoding.
std::string speakable(std::string_view text) {
  return well_formed(first_of_utf8(text, limits::error_text_bytes_max));
}

}  // namespace

Result<Envelope> read_envelope(ByteView head, std::uint64_t& id) {
  cbor::Reader in(head);
  Envelope envelope;
  auto items = in.array();
  auto kind = in.count();
  envelope.id = id = in.count();
  read_head(in, envelope.head);
  if (!in.ok()) return in.error();
  if (kind >= items_of_kind.size())
    return fail(Code::bad_request, "unknown kind of frame", "send what docs/protocol.md describes");
  envelope.kind = static_cast<FrameKind>(kind);
  envelope.body = in.rest();
  if (items != items_of_kind[kind] || (items == 3) != envelope.body.empty())
    return fail(Code::bad_request, "an envelope with too many or too few items",
                "send what docs/protocol.md describes");
  return envelope;
}

void begin_envelope(cbor::Writer& out, FrameKind kind, std::uint64_t id, const Head& head,
                    std::size_t items) {
  out.array(3 + items);
  out.count(static_cast<std::uint64_t>(kind));
  out.count(id);
  write_head(out, head);
}

void write_bare_frame(Bytes& message, FrameKind kind, std::uint64_t id, const Head& head) {
  FrameWriter frame(message);
  cbor::Writer out(message);
  begin_envelope(out, kind, id, head, 0);
  frame.end_head();
  frame.finish();
}

void write_credit_frame(Bytes& message, std::uint64_t id, std::uint64_t chunks) {
  FrameWriter frame(message);
  cbor::Writer out(message);
  begin_envelope(out, FrameKind::credit, id, {}, 1);
  out.count(chunks);
  frame.end_head();
  frame.finish();
}

void write_error_frame(Bytes& message, std::uint64_t id, const Head& head, const Error& error) {
  FrameWriter frame(message);
  cbor::Writer out(message);
  begin_envelope(out, FrameKind::error, id, head, 1);
  out.map(2 + (error.hint.empty() ? 0 : 1) + (error.outcome ? 1 : 0));
  out.text("code");
  out.text(name_of(error.code));
  if (!error.hint.empty()) {
    out.text("hint");
    out.text(speakable(error.hint));
  }
  out.text("message");
  out.text(speakable(error.message));
  if (error.outcome) {
    out.text("outcome");
    out.text(name_of(*error.outcome));
  }
  frame.end_head();
  frame.finish();
}

Error read_error(ByteView body) {
  cbor::Reader in(body);
  Error error;
  for (cbor::MapReader map(in, "error"); auto key = map.next();) {
    if (*key == "code") {
      error.code = code_of(in.text()).value_or(Code::internal);
    } else if (*key == "hint") {
      error.hint = in.text();
    } else if (*key == "message") {
      error.message = in.text();
    } else if (*key == "outcome") {
      error.outcome = outcome_of(in.text()).value_or(Outcome::unknown);
    } else {
      map.unknown();
    }
  }
  in.expect_end();
  return in.ok() ? error : in.error();
}

}  // namespace outboard
