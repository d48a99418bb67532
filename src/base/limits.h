// Every bound of the engine, by name (law L7). Each has a test at the limit and a clear error
// beyond.
#pragma once

#include <cstddef>
#include <cstdint>

namespace outboard::limits {

// Messages.
inline constexpr std::size_t frame_bytes_max = 128u << 20;  // one frame, tail included
inline constexpr std::size_t cbor_depth_max = 16;           // arrays and maps inside each other
inline constexpr std::size_t sql_bytes_max = 16u << 20;     // the text of one script
inline constexpr std::size_t column_names_bytes_max = 1u << 20;  // of one result, together
inline constexpr std::size_t error_text_bytes_max = 16u << 10;   // of a message or a hint: then cut

// Results.
inline constexpr std::size_t batch_bytes = 1u << 20;       // a batch closes once it has passed this
inline constexpr std::size_t value_bytes_max = 64u << 20;  // one text, blob or stored row
inline constexpr std::size_t reply_bytes_max = 16u << 20;  // all batches of one `batch` reply
inline constexpr std::size_t import_bytes_max = 512u << 20;
inline constexpr std::uint64_t memory_database_bytes_max = 1u << 30;  // its log included
inline constexpr std::uint64_t autosave_bytes_max = 256u << 20;       // the same, saved as a whole
inline constexpr std::uint32_t credit_max = 64;  // chunks that a client may ask for ahead

// Work.
inline constexpr std::size_t queued_requests_max = 10'000;  // waiting requests of one client
inline constexpr std::size_t queued_bytes_max = 64u << 20;  // and their bytes
inline constexpr std::size_t output_bytes_max = 16u
                                                << 20;  // not taken: then a client is not served
inline constexpr std::size_t batch_statements_max = 10'000;
inline constexpr std::size_t sessions_max = 1'000;  // of one client
inline constexpr std::size_t streams_max = 8;       // read at their readers' pace, at once
inline constexpr std::size_t results_max = 4;       // others of several pieces: the rest wait
inline constexpr std::size_t readers_max = streams_max + results_max + 1;  // one only tries
inline constexpr std::size_t transaction_depth_max = 32;
inline constexpr std::size_t statements_cached = 128;           // of one connection
inline constexpr std::size_t cached_sql_bytes_max = 16u << 10;  // of one that is kept

// What an application adds to its engine.
inline constexpr std::size_t functions_max = 500;
inline constexpr int function_arguments_max = 100;
inline constexpr std::size_t function_name_bytes_max = 64;
inline constexpr std::size_t function_depth_max = 8;  // by what they read
inline constexpr std::size_t application_config_bytes_max = 1u << 20;

// Outcomes of numbered requests, as they are kept in the file.
inline constexpr std::uint64_t outcomes_kept = 10'000;     // of one client, the newest
inline constexpr std::uint64_t outcome_clients_max = 256;  // those that wrote last
inline constexpr std::size_t kept_answer_bytes_max = 512;  // of one answer: else it is not kept
inline constexpr std::size_t unanswered_requests_max = 10'000;  // that one `open` may ask about

// The journal.
inline constexpr std::size_t row_columns_max = 2'000;  // of a tracked table; SQLite's own limit
inline constexpr std::size_t transaction_rows_max = 250'000;     // of tracked tables, in one commit
inline constexpr std::size_t transaction_cells_max = 2'500'000;  // their values that changed
inline constexpr std::size_t record_bytes_max = 32u << 20;       // of it: intent, or effect
inline constexpr std::size_t capture_bytes_max = 256u << 20;     // in memory, until it commits
inline constexpr std::size_t unfolded_rows_max = 1'000;      // whose stamps are not yet in place
inline constexpr std::size_t unfolded_bytes_max = 1u << 20;  // of their records
inline constexpr std::size_t state_piece_bytes = 1u
                                                 << 20;  // a piece closes once it has passed this
inline constexpr std::size_t state_piece_bytes_max = 128u << 20;  // with the row that closes it

// Links to an engine in another process.
inline constexpr std::size_t link_queued_bytes_max = 64u << 20;  // sent, and not taken yet
inline constexpr std::size_t link_message_bytes_max = 512u << 20;
inline constexpr std::size_t resend_bytes_max = 1u << 20;       // of one request, until its answer
inline constexpr std::size_t resend_bytes_sum_max = 32u << 20;  // of all

// Time.
inline constexpr std::int64_t quantum_us = 4'000;           // one client's turn
inline constexpr std::int64_t transaction_idle_ms = 5'000;  // then it is rolled back
inline constexpr std::int64_t autosave_delay_us = 250'000;  // from a change to its save
inline constexpr std::int64_t autosave_delay_factor = 4;    // at least, times the last save's time
inline constexpr std::int64_t autosave_failed_delay_us = 5'000'000;
inline constexpr std::int64_t stream_idle_ms = 30'000;  // a reader that asks for nothing
inline constexpr std::int64_t serve_settle_timeout_ms =
    5'000;  // a server that ends: for what was asked

// Clocks.
inline constexpr std::int64_t clock_drift_max_ms = 5 * 60'000;  // how far ahead a stamp may be
inline constexpr std::uint64_t stamp_time_max = std::uint64_t{1}
                                                << 62;  // leaves room for later ones

}  // namespace outboard::limits
