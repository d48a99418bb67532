#include "protocol/frame.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/limits.h"

namespace outboard {

namespace {
constexpr std::size_t header_bytes = 8;

Error broken(const char* what) {
  return fail(Code::bad_request, std::string("a frame is broken: ") + what,
              "send what docs/protocol.md describes");
}
}  // namespace

Result<std::optional<Frame>> FrameReader::next() {
  if (rest_.empty()) return std::optional<Frame>();
  if (rest_.size() < header_bytes) return broken("its header is cut off");
  std::size_t frame_bytes = load_le<std::uint32_t>(rest_.data());
  std::size_t head_bytes = load_le<std::uint32_t>(rest_.data() + 4);
  if (frame_bytes > limits::frame_bytes_max)
    return fail(Code::too_large, "a frame is larger than 128 MiB", "send less at once");
  if (frame_bytes % 8 != 0) return broken("its length is not a multiple of 8");
  if (frame_bytes > rest_.size()) return broken("it is cut off");
  if (frame_bytes < header_bytes || head_bytes > frame_bytes - header_bytes)
    return broken("its envelope does not fit into it");

  auto tail_at = rounded_up_to_8(header_bytes + head_bytes);
  Frame frame{.head = rest_.subspan(header_bytes, head_bytes),
              .tail = rest_.subspan(tail_at, frame_bytes - tail_at)};
  rest_ = rest_.subspan(frame_bytes);
  return std::optional<Frame>(frame);
}

FrameWriter::FrameWriter(Bytes& message) : message_(message), start_(message.size()) {
  OB_ASSERT(start_ % 8 == 0);
  message_.resize(start_ + header_bytes);
}

void FrameWriter::end_head() {
  auto head_bytes = message_.size() - start_ - header_bytes;
  store_le(message_.data() + start_ + 4, static_cast<std::uint32_t>(head_bytes));
  pad_to_8(message_);
}

void FrameWriter::finish() {
  auto frame_bytes = message_.size() - start_;
  OB_ASSERT(frame_bytes % 8 == 0);
  OB_ASSERT(frame_bytes <= limits::frame_bytes_max);
  store_le(message_.data() + start_, static_cast<std::uint32_t>(frame_bytes));
}

}  // namespace outboard
