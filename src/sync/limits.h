// The bounds of the dialogue between a replica and its hub (rule Y15, law L7). Each has a test.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/limits.h"

namespace outboard::limits {

// Frames.
inline constexpr std::uint64_t wire_integer_max = (std::uint64_t{1} << 53) - 1;
inline constexpr std::size_t sync_frame_bytes_max = 256u << 10;
inline constexpr std::size_t hello_bytes_max = 16u << 10;   // the first frame of a connection
inline constexpr std::size_t frame_keys_max = 64;           // of one map
inline constexpr std::size_t chunk_bytes_max = 240u << 10;  // of a transaction, in one frame
inline constexpr std::size_t space_name_bytes_max = 200;
inline constexpr std::size_t subject_bytes_max = 200;
inline constexpr std::size_t token_bytes_max = 4u << 10;
inline constexpr std::size_t sentence_bytes_max = 1u << 10;  // a message or a hint
inline constexpr std::size_t message_key_bytes_max = 100;
inline constexpr std::size_t message_bytes_max = 4u << 10;  // of an application's own message
inline constexpr std::size_t checkpoints_max = 32;
inline constexpr std::size_t unanswered_pushes_max = 256;

// Transactions.
inline constexpr std::size_t header_bytes_max = 16u << 10;
inline constexpr std::size_t transaction_bytes_max =
    record_bytes_max + header_bytes_max;  // frozen: what commits can be pushed (J6)
inline constexpr std::size_t transaction_chunks_max =
    (transaction_bytes_max + chunk_bytes_max - 1) / chunk_bytes_max;
inline constexpr std::size_t parts_max = 64;
inline constexpr std::size_t topic_bytes_max = 100;

}  // namespace outboard::limits
