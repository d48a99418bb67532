// Every bound of the servers, by name (law L7).
#pragma once

#include <cstddef>
#include <cstdint>

namespace outboard::limits {

inline constexpr std::size_t http_head_bytes_max = 16u << 10;   // beyond: 431
inline constexpr std::size_t http_target_bytes_max = 8u << 10;  // beyond: 414
inline constexpr std::uint64_t http_body_bytes_max = 0;         // beyond: 413
inline constexpr std::size_t http_connections_max = 512;        // beyond: 503
inline constexpr std::size_t http_refusals_max = 64;            // being told 503 at a time
inline constexpr std::size_t http_chunk_bytes = 64u << 10;      // of a file, in memory at a time
inline constexpr std::size_t http_linger_bytes_max = 1u << 20;  // read and dropped before closing

inline constexpr std::int64_t http_head_timeout_ms =
    10'000;  // from a head's first byte to its last
inline constexpr std::int64_t http_idle_timeout_ms = 30'000;  // without a byte in either direction
inline constexpr std::int64_t http_linger_timeout_ms = 2'000;
inline constexpr std::int64_t http_stop_timeout_ms = 5'000;
inline constexpr std::int64_t http_accept_pause_ms = 100;  // when no socket is to be had

// WebSocket connections.
inline constexpr std::size_t socket_message_bytes_max = 129u << 20;  // beyond: closed with 1009
inline constexpr std::size_t socket_queued_bytes_max = 64u
                                                       << 20;  // not read by the client: dropped
inline constexpr std::size_t socket_connections_max = 256;     // beyond: 503
inline constexpr std::int64_t socket_greeting_timeout_ms = 10'000;  // head and handshake
inline constexpr std::int64_t socket_idle_timeout_ms = 20'000;      // without a pong: dropped
inline constexpr std::int64_t socket_beat_ms = 2'500;  // a sign of life for those who see no pings
inline constexpr std::int64_t socket_stop_timeout_ms = 5'000;

}  // namespace outboard::limits
