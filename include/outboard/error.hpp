// What went wrong, for a program (code), for a person (message) and for whoever mends it (hint).
//
// Values: copyable, comparable, safe to send between threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace outboard {

// The whole list, the same in C++, C and TypeScript. The numbers reach the wire: do not change
// them.
enum class Code : std::uint8_t {
  bad_request = 1,   // the request itself is wrong: SQL, parameters, encoding, order of calls
  not_found = 2,     // something that was named does not exist
  constraint = 3,    // a UNIQUE, NOT NULL, CHECK, FOREIGN KEY or STRICT rule refused the rows
  conflict = 4,      // somebody else's change got there first
  busy = 5,          // held by another process, tab or session, or a queue is full: try again
  timeout = 6,       // the deadline passed; nothing of the statement was kept
  cancelled = 7,     // taken back: by the caller, by an idle limit, by the end of a transaction
  too_large = 8,     // beyond a named limit
  denied = 9,        // not allowed
  unavailable = 10,  // storage, disk space, script or network is not there at present
  worker_lost = 11,  // the engine is gone
  corrupt = 12,      // the file is damaged or is not a database
  outdated = 13,     // the other side speaks a newer version
  internal = 14,     // our own bug: please report it
};

// The name that travels and that people read, e.g. "bad_request".
std::string_view name_of(Code code);

// The code of that name, if there is one.
std::optional<Code> code_of(std::string_view name);

// What became of a write whose answer was lost with its engine.
enum class Outcome : std::uint8_t {
  not_applied = 0,  // nothing of it is there
  applied = 1,      // all of it is there
  unknown = 2,      // nobody can tell any more
};

// The name that travels: "not_applied".
std::string_view name_of(Outcome outcome);

// The outcome of that name, if there is one.
std::optional<Outcome> outcome_of(std::string_view name);

struct Error {
  Code code = Code::internal;
  std::string message;                            // one sentence: what happened
  std::string hint;                               // one sentence: what to do about it; may be empty
  std::optional<Outcome> outcome = std::nullopt;  // with worker_lost, of what writes

  friend bool operator==(const Error&, const Error&) = default;
};

// "constraint: UNIQUE constraint failed: note.id (use another id)": for logs and terminals.
std::string to_string(const Error& error);

}  // namespace outboard
