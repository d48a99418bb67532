#include "capi/json_form.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "protocol/batch.h"
#include "protocol/frame.h"

namespace outboard::json_form {

namespace {

using nlohmann::json;

constexpr std::string_view hex_digits = "0123456789abcdef";

Error wrong(std::string what) {
  return fail(Code::bad_request, std::move(what), "docs/guide-c.md shows the JSON form");
}

// ---- JSON to CBOR ----

// {"hex": …} and {"real": …}: the one key and its text.
const std::string* tagged(const json& item, const char* key) {
  if (!item.is_object() || item.size() != 1) return nullptr;
  auto entry = item.find(key);
  return entry == item.end() ? nullptr : entry->get_ptr<const std::string*>();
}

Result<void> write(cbor::Writer& out, const json& item, std::size_t depth);

Result<void> write_entries(cbor::Writer& out, const json& map, std::size_t depth) {
  std::vector<std::pair<std::string_view, const json*>> entries;
  for (auto& [key, item] : map.items()) entries.emplace_back(key, &item);
  std::ranges::sort(entries, [](auto& left, auto& right) {
    if (left.first.size() != right.first.size()) return left.first.size() < right.first.size();
    return left.first < right.first;
  });
  out.map(entries.size());
  for (auto& [key, at] : entries) {
    auto& item = *at;
    out.text(key);
    if (key == "sets" && item.is_array()) {
      Bytes sets;
      cbor::Writer inside(sets);
      for (auto& set : item) TRY(write(inside, set, depth + 1));
      out.blob(sets);
    } else if (key == "params" && item.is_object()) {
      TRY(write_entries(out, item, depth + 1));  // names, whatever they are
    } else {
      TRY(write(out, item, depth + 1));
    }
  }
  return {};
}

Result<void> write(cbor::Writer& out, const json& item, std::size_t depth) {
  if (depth > limits::cbor_depth_max)
    return wrong("JSON: more than " + std::to_string(limits::cbor_depth_max) + " levels");
  switch (item.type()) {
    case json::value_t::null: out.null(); return {};
    case json::value_t::boolean: out.boolean(item.get<bool>()); return {};
    case json::value_t::number_unsigned: out.count(item.get<std::uint64_t>()); return {};
    case json::value_t::number_integer: out.integer(item.get<std::int64_t>()); return {};
    case json::value_t::number_float: out.real(item.get<double>()); return {};
    case json::value_t::string: out.text(item.get_ref<const std::string&>()); return {};
    case json::value_t::array:
      out.array(item.size());
      for (auto& each : item) TRY(write(out, each, depth + 1));
      return {};
    default: break;
  }
  if (auto* hex = tagged(item, "hex")) {
    auto bytes = bytes_of_hex(*hex);
    if (!bytes) return wrong("JSON: \"hex\" wants pairs of the digits 0 to 9 and a to f");
    out.blob(*bytes);
    return {};
  }
  if (auto* real = tagged(item, "real")) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (*real != "inf" && *real != "-inf") return wrong("JSON: \"real\" is \"inf\" or \"-inf\"");
    out.real(*real == "inf" ? infinity : -infinity);
    return {};
  }
  return write_entries(out, item, depth);
}

// ---- CBOR to JSON ----

// Well-formed CBOR is no deeper than cbor_depth_max: the reader sees to that.
void append_item(std::string& out, cbor::Reader& in) {
  switch (in.peek()) {
    case cbor::Type::boolean: out += in.boolean() ? "true" : "false"; return;
    case cbor::Type::array: {
      out += '[';
      auto items = in.array();
      for (std::size_t i = 0; i < items && in.ok(); ++i) {
        if (i > 0) out += ',';
        append_item(out, in);
      }
      out += ']';
      return;
    }
    case cbor::Type::map: {
      out += '{';
      auto pairs = in.map();
      for (std::size_t i = 0; i < pairs && in.ok(); ++i) {
        if (i > 0) out += ',';
        append_text(out, in.text());
        out += ':';
        append_item(out, in);
      }
      out += '}';
      return;
    }
    default: append_value(out, in.value());
  }
}

Result<void> append_batches(std::string& out, ByteView tail) {
  out += ",[";
  for (bool first = true; !tail.empty(); first = false) {
    auto batch = TRY(BatchView::read(tail));
    tail = tail.subspan(batch.bytes());
    out += first ? "[" : ",[";
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      out += row == 0 ? "[" : ",[";
      for (std::size_t column = 0; column < batch.columns(); ++column) {
        if (column > 0) out += ',';
        append_value(out, batch.cell(row, column));
      }
      out += ']';
    }
    out += ']';
  }
  out += ']';
  return {};
}

}  // namespace

std::optional<Bytes> bytes_of_hex(std::string_view hex) {
  auto digit = [](char c) {
    auto at = hex_digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
  };
  if (hex.size() % 2 != 0) return std::nullopt;
  Bytes bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    int high = digit(hex[i]), low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return bytes;
}

void append_text(std::string& json, std::string_view text) {
  std::string mended;
  if (!is_utf8(text)) text = mended = well_formed(text);
  json += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') {
      json += {'\\', c};
    } else if (c == '\n') {
      json += "\\n";
    } else if (c == '\t') {
      json += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      json += "\\u00";
      json += {hex_digits[static_cast<std::size_t>(c) >> 4], hex_digits[c & 15]};
    } else {
      json += c;
    }
  }
  json += '"';
}

void append_value(std::string& json, const ValueView& value) {
  switch (value.kind) {
    case Kind::null: json += "null"; return;
    case Kind::integer: json += std::to_string(value.integer); return;
    case Kind::real: {
      if (std::isinf(value.real)) {
        json += value.real > 0 ? R"({"real":"inf"})" : R"({"real":"-inf"})";
        return;
      }
      std::array<char, 32> digits;
      auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value.real).ptr;
      std::string_view shown(digits.data(), static_cast<std::size_t>(end - digits.data()));
      json += shown;
      if (shown.find_first_of(".e") == std::string_view::npos) json += ".0";  // still a real
      return;
    }
    case Kind::text:
      append_text(json, {reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()});
      return;
    case Kind::blob: json += R"({"hex":")" + to_hex(value.bytes) + "\"}"; return;
  }
}

Result<Bytes> to_frames(std::string_view text) {
  auto parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded()) return wrong("this is not JSON, or a number in it has no place");
  if (!parsed.is_array() || parsed.empty()) return wrong("JSON: an envelope is an array");
  Bytes frames;
  auto add = [&](const json& envelope) -> Result<void> {
    if (!envelope.is_array()) return wrong("JSON: an envelope is an array");
    FrameWriter frame(frames);
    cbor::Writer out(frame.out());
    TRY(write(out, envelope, 1));
    frame.end_head();
    frame.finish();
    return {};
  };
  if (parsed.front().is_array()) {
    for (auto& envelope : parsed) TRY(add(envelope));
  } else {
    TRY(add(parsed));
  }
  if (frames.size() > limits::frame_bytes_max)
    return fail(Code::too_large, "more than 128 MiB", "send sets or files in chunks");
  return frames;
}

Result<std::string> from_frames(ByteView frames) {
  std::string out = "[";
  FrameReader reader(frames);
  for (;;) {
    auto frame = TRY(reader.next());
    if (!frame) break;
    if (out.size() > 1) out += ',';
    cbor::Reader head(frame->head);
    if (head.peek() != cbor::Type::array) return wrong("an envelope is an array");
    append_item(out, head);
    head.expect_end();
    if (!head.ok()) return head.error();
    if (frame->tail.empty()) continue;
    out.pop_back();  // the envelope's bracket
    TRY(append_batches(out, frame->tail));
    out += ']';
  }
  return out + "]";
}

}  // namespace outboard::json_form
