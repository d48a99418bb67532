#include "hub/space/ring.h"

#include <algorithm>

#include "base/assert.h"
#include "sync/frame.h"
#include "sync/limits.h"

namespace outboard::hub {

Sent frames_of(const LogEntry& entry) {
  Sent sent{.position = entry.facts.position, .bytes = entry.frozen.size()};
  ByteView rest = entry.frozen;
  sync::EntryChunk chunk{.position = entry.facts.position,
                         .accepted_ms = entry.facts.accepted_ms,
                         .subject = entry.facts.subject,
                         .chain = entry.chain};
  chunk.chunks = std::max<std::uint64_t>(
      1, (rest.size() + limits::chunk_bytes_max - 1) / limits::chunk_bytes_max);
  for (; chunk.chunk < chunk.chunks; ++chunk.chunk) {
    chunk.bytes = rest.first(std::min(rest.size(), limits::chunk_bytes_max));
    rest = rest.subspan(chunk.bytes.size());
    sent.frames.push_back(std::make_shared<const Bytes>(sync::write_frame(chunk)));
  }
  return sent;
}

void Ring::add(Sent entry) {
  OB_ASSERT(entries_.empty() || entry.position == entries_.back().position + 1);
  bytes_ += entry.bytes;
  entries_.push_back(std::move(entry));
  while (entries_.size() > limits::ring_entries_max ||
         (bytes_ > limits::ring_bytes_max && entries_.size() > 1)) {
    bytes_ -= entries_.front().bytes;
    entries_.pop_front();
  }
}

const Sent* Ring::at(std::uint64_t position) const {
  if (entries_.empty() || position < entries_.front().position) return nullptr;
  auto index = static_cast<std::size_t>(position - entries_.front().position);
  return index < entries_.size() ? &entries_[index] : nullptr;
}

}  // namespace outboard::hub
