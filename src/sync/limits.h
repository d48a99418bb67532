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

// A replica's side of the dialogue.
inline constexpr std::size_t window_bytes = 1u << 20;       // of entries ahead of ACK
inline constexpr std::int64_t connect_timeout_ms = 10'000;  // and as long again for WELCOME
inline constexpr std::int64_t ping_after_ms = 20'000;       // of silence
inline constexpr std::int64_t silence_max_ms = 45'000;      // then the other side is gone
inline constexpr std::int64_t verdict_timeout_ms = 60'000;  // while nothing is paused
inline constexpr std::int64_t ack_delay_ms = 200;
inline constexpr std::int64_t reconnect_first_ms = 1'000;  // then twice as long each time, up to:
inline constexpr std::int64_t reconnect_max_ms = 60'000;
inline constexpr std::int64_t refused_retry_ms = 10 * 60'000;  // after a refused token

// The hub's side.
inline constexpr std::int64_t hello_timeout_ms = 5'000;
inline constexpr std::int64_t probe_timeout_ms = 5'000;      // of the other instance of a replica
inline constexpr std::int64_t progress_timeout_ms = 60'000;  // of who takes nothing in
inline constexpr std::int64_t auth_due_ms = 60'000;          // before a token expires
inline constexpr std::int64_t log_retry_ms = 1'000;
inline constexpr std::size_t connections_of_subject_max = 100;  // in one shard
inline constexpr std::size_t connections_max = 20'000;          // in one shard
inline constexpr std::size_t pushed_bytes_max = 1u << 20;       // of one replica, without verdict
inline constexpr std::size_t group_entries_max = 1'000;         // of one commit
inline constexpr std::size_t group_bytes_max = 4u << 20;        // likewise, or one transaction
inline constexpr std::size_t ring_entries_max = 1'024;          // of one space
inline constexpr std::size_t ring_bytes_max = 8u << 20;         // likewise, or one entry
inline constexpr std::size_t window_bytes_max = 4u << 20;       // whatever a replica asks for
inline constexpr std::size_t unacked_entries_max = 4'096;       // of one connection
inline constexpr std::uint64_t messages_burst_max = 20;         // of one connection
inline constexpr std::uint64_t messages_per_second = 10;

}  // namespace outboard::limits
