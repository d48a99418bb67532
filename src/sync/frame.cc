#include "sync/frame.h"

#include "base/assert.h"
#include "base/utf8.h"
#include "sync/fields.h"

namespace outboard::sync {

// ---- The fields of each, once for both directions ----

template <class Visitor, Is<Checkpoint> T>
void fields(Visitor& visit, T& checkpoint) {
  visit(0, checkpoint.position);
  visit(1, checkpoint.chain);
}

template <class Visitor, Is<Hello> T>
void fields(Visitor& visit, T& hello) {
  visit(0, hello.protocol_min);
  visit(1, hello.protocol_max);
  visit(2, hello.features);
  visit(3, hello.space, limits::space_name_bytes_max);
  visit(4, hello.replica);
  visit(5, hello.instance);
  visit(6, hello.token, limits::token_bytes_max);
  visit(7, hello.epoch);
  visit(8, hello.checkpoints, limits::checkpoints_max);
  visit(9, hello.acked_seq);
  visit(10, hello.sent_digests, limits::unanswered_pushes_max);
  visit(11, hello.window);
  visit(12, hello.schema_version);
  visit(13, hello.schema_hash);
}

template <class Visitor, Is<Welcome> T>
void fields(Visitor& visit, T& welcome) {
  visit(0, welcome.protocol);
  visit(1, welcome.epoch);
  visit(2, welcome.head);
  visit(3, welcome.mode, static_cast<std::uint64_t>(Mode::repair));
  visit(4, welcome.from_position);
  visit(5, welcome.acked_seq);
  visit(6, welcome.match_seq);
  visit(7, welcome.server_ms);
  visit(8, welcome.body_version);
  visit(9, welcome.rights);
  visit(10, welcome.expires_in_ms);
  visit(11, welcome.transaction_bytes_max);
  visit(12, welcome.push_bytes_max);
}

template <class Visitor, Is<Auth> T>
void fields(Visitor& visit, T& auth) {
  visit(0, auth.token, limits::token_bytes_max);
}

template <class Visitor, Is<AuthDue> T>
void fields(Visitor& visit, T& due) {
  visit(0, due.in_ms);
}

template <class Visitor, Is<Push> T>
void fields(Visitor& visit, T& push) {
  visit(0, push.seq);
  visit(1, push.digest);
  visit(2, push.chunk, limits::transaction_chunks_max);
  visit(3, push.chunks, limits::transaction_chunks_max);
  visit(4, push.rejected, reason_max);
}

template <class Visitor, Is<Verdict> T>
void fields(Visitor& visit, T& verdict) {
  visit(0, verdict.seq);
  visit(1, verdict.position);
  visit(2, verdict.reason, reason_max);
  visit(3, verdict.hint, limits::sentence_bytes_max);
}

template <class Visitor, Is<EntryChunk> T>
void fields(Visitor& visit, T& entry) {
  visit(0, entry.position);
  visit(1, entry.accepted_ms);
  visit(2, entry.subject, limits::subject_bytes_max);
  visit(3, entry.chain);
  visit(4, entry.chunk, limits::transaction_chunks_max);
  visit(5, entry.chunks, limits::transaction_chunks_max);
}

template <class Visitor, Is<Live> T>
void fields(Visitor& visit, T& live) {
  visit(0, live.position);
}

template <class Visitor, Is<Ack> T>
void fields(Visitor& visit, T& ack) {
  visit(0, ack.position);
  visit(1, ack.window);
  visit(2, ack.acked_seq);
}

template <class Visitor, Is<Message> T>
void fields(Visitor& visit, T& message) {
  visit(0, message.key, limits::message_key_bytes_max);
  visit(1, message.sender);
}

template <class Visitor, Is<Ping> T>
void fields(Visitor& visit, T& ping) {
  visit(0, ping.n);
}

template <class Visitor, Is<Pong> T>
void fields(Visitor& visit, T& pong) {
  visit(0, pong.n);
}

template <class Visitor, Is<Pause> T>
void fields(Visitor& visit, T& pause) {
  visit(0, pause.reason, reason_max);
  visit(1, pause.retry_after_ms);
}

template <class Visitor, Is<Resume> T>
void fields(Visitor&, T&) {}

template <class Visitor, Is<Drain> T>
void fields(Visitor& visit, T& drain) {
  visit(0, drain.reconnect_after_ms);
}

template <class Visitor, Is<ErrorFrame> T>
void fields(Visitor& visit, T& error) {
  visit(0, error.reason, reason_max);
  visit(1, error.message, limits::sentence_bytes_max);
  visit(2, error.hint, limits::sentence_bytes_max);
  visit(3, error.fatal);
  visit(4, error.retry_after_ms);
  visit(5, error.match_seq);
}

// ---- Reading ----

namespace {

template <class T>
concept HasBytes = requires(T frame) { frame.bytes; };

template <class T>
concept IsChunked = requires(T frame) { frame.chunks; };

// What the types of the fields do not say.
void check(cbor::Reader& in, const Hello& hello) {
  if (hello.protocol_min > hello.protocol_max) in.fail("a range of protocols that is empty");
  if (hello.space.empty()) in.fail("a space without a name");
}
void check(cbor::Reader& in, const Welcome& welcome) {
  if (static_cast<std::uint64_t>(welcome.mode) % 2 == 0) in.fail("an unknown mode");
}
void check(cbor::Reader& in, const Verdict& verdict) {
  if (verdict.position.has_value() == verdict.reason.has_value())
    in.fail("a verdict is either a position or a reason");
}
void check(cbor::Reader& in, const Message& message) {
  if (message.bytes.size() > limits::message_bytes_max)
    in.fail("a message is longer than 4 KiB", Code::too_large);
}
template <class T>
void check(cbor::Reader& in, const T& frame) {
  if constexpr (IsChunked<T>) {
    if (frame.chunk >= frame.chunks) in.fail("a chunk beyond the last");
    if (frame.bytes.size() > limits::chunk_bytes_max)
      in.fail("a chunk is longer than its limit", Code::too_large);
  }
}

template <class T>
Result<Frame> read_as(cbor::Reader& in, std::size_t items) {
  T frame;
  read_fields(in, frame);
  if (items != (HasBytes<T> ? 3 : 2)) in.fail("a frame with too many or too few items");
  if constexpr (HasBytes<T>) frame.bytes = in.blob();
  if (in.ok()) check(in, frame);
  in.expect_end();
  if (!in.ok()) return in.error();
  return Frame(std::move(frame));
}

// The index of the variant's alternative that has this type.
template <std::size_t index = 0>
Result<Frame> read_of_type(std::uint64_t type, cbor::Reader& in, std::size_t items) {
  if constexpr (index < std::variant_size_v<Frame>) {
    using T = std::variant_alternative_t<index, Frame>;
    if (static_cast<std::uint64_t>(T::type) == type) return read_as<T>(in, items);
    return read_of_type<index + 1>(type, in, items);
  } else {
    return fail(Code::outdated, "an unknown type of frame: " + std::to_string(type),
                "the other side speaks a newer version");
  }
}

std::string sentence(std::string_view text) {
  auto whole = well_formed(first_of_utf8(text, limits::sentence_bytes_max));
  return std::string(first_of_utf8(whole, limits::sentence_bytes_max));
}

}  // namespace

Result<Frame> read_frame(ByteView bytes) {
  if (bytes.size() > limits::sync_frame_bytes_max)
    return fail(Code::too_large, "a frame is longer than 256 KiB", "send it in chunks");
  cbor::Reader in(bytes);
  auto items = in.array();
  auto type = in.count();
  if (!in.ok()) return in.error();
  return read_of_type(type, in, items);
}

Bytes write_frame(const Frame& frame) {
  Bytes bytes;
  cbor::Writer out(bytes);
  std::visit(
      [&]<class T>(const T& one) {
        out.array(HasBytes<T> ? 3 : 2);
        out.count(static_cast<std::uint64_t>(T::type));
        if constexpr (std::same_as<T, ErrorFrame>) {
          ErrorFrame cut = one;
          cut.message = sentence(one.message);
          cut.hint = sentence(one.hint);
          write_fields(out, cut);
        } else if constexpr (std::same_as<T, Verdict>) {
          Verdict cut = one;
          if (one.hint) cut.hint = sentence(*one.hint);
          write_fields(out, cut);
        } else {
          write_fields(out, one);
        }
        if constexpr (HasBytes<T>) out.blob(one.bytes);
      },
      frame);
  OB_ASSERT(bytes.size() <= limits::sync_frame_bytes_max);
  return bytes;
}

// ---- For people ----

namespace {

std::string chunk_of(std::uint64_t number, std::uint64_t chunk, std::uint64_t chunks,
                     ByteView bytes) {
  return std::to_string(number) + " " + std::to_string(chunk + 1) + "/" + std::to_string(chunks) +
         " (" + std::to_string(bytes.size()) + " bytes)";
}

struct Describer {
  std::string operator()(const Hello& hello) const {
    std::string at =
        hello.checkpoints.empty() ? "0" : std::to_string(hello.checkpoints.front().position);
    return "HELLO at " + at + " acked " + std::to_string(hello.acked_seq) + " sent " +
           std::to_string(hello.sent_digests.size());
  }
  std::string operator()(const Welcome& welcome) const {
    return std::string("WELCOME ") + (welcome.mode == Mode::repair ? "repair" : "catchup") +
           " from " + std::to_string(welcome.from_position) + " head " +
           std::to_string(welcome.head.position) + " acked " + std::to_string(welcome.acked_seq) +
           " match " + std::to_string(welcome.match_seq);
  }
  std::string operator()(const Auth&) const { return "AUTH"; }
  std::string operator()(const AuthDue& due) const {
    return "AUTH_DUE in " + std::to_string(due.in_ms);
  }
  std::string operator()(const Push& push) const {
    return "PUSH " + chunk_of(push.seq, push.chunk, push.chunks, push.bytes) +
           (push.rejected ? " was " + std::string(name_of(*push.rejected)) : "");
  }
  std::string operator()(const Verdict& verdict) const {
    return "VERDICT " + std::to_string(verdict.seq) +
           (verdict.position ? " at " + std::to_string(*verdict.position)
                             : " " + std::string(name_of(*verdict.reason)));
  }
  std::string operator()(const EntryChunk& entry) const {
    return "ENTRY " + chunk_of(entry.position, entry.chunk, entry.chunks, entry.bytes);
  }
  std::string operator()(const Live& live) const {
    return "LIVE at " + std::to_string(live.position);
  }
  std::string operator()(const Ack& ack) const {
    return "ACK " + std::to_string(ack.position) + " acked " + std::to_string(ack.acked_seq);
  }
  std::string operator()(const Message& message) const { return "MSG " + message.key; }
  std::string operator()(const Ping& ping) const { return "PING " + std::to_string(ping.n); }
  std::string operator()(const Pong& pong) const { return "PONG " + std::to_string(pong.n); }
  std::string operator()(const Pause& pause) const {
    return "PAUSE " + std::string(name_of(pause.reason));
  }
  std::string operator()(const Resume&) const { return "RESUME"; }
  std::string operator()(const Drain& drain) const {
    return "DRAIN " + std::to_string(drain.reconnect_after_ms);
  }
  std::string operator()(const ErrorFrame& error) const {
    return "ERR " + std::string(name_of(error.reason)) + ": " + error.message;
  }
};

}  // namespace

std::string describe(const Frame& frame) { return std::visit(Describer(), frame); }

}  // namespace outboard::sync
