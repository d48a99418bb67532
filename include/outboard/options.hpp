// What an application may choose, and what it is told about what it got. Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace outboard {

// Where the engine runs.
enum class Host {
  thread,     // on a thread of its own: calls never wait for work to be done
  on_caller,  // inside the call: for tools and tests ("inline")
  process,    // in a process of its own, which is started again should it be lost
};

enum class Storage {
  file,      // every commit goes to the file
  memory,    // gone with the engine
  autosave,  // in memory, and saved as a whole soon after it changed: Database::flush() tells when
};

// What an acknowledged write survives.
enum class Durability {
  process,  // the end of the process, however sudden
  power,    // a power cut too: one flush of the log before a turn's answers leave
};

// How a process of the engine's own is started and watched.
struct ProcessOptions {
  // The `outboard` command. Empty: beside this library or program, or else on PATH.
  std::string program = {};
  // How long it may take from its start to its first word.
  std::chrono::milliseconds start_timeout{10'000};
  // One that gives no sign of life for so long is ended.
  std::chrono::milliseconds silence_max{5'000};
  // So is one whose engine is stuck in one step for so long. A long statement is many steps.
  std::chrono::milliseconds stall_max{60'000};
  // After so many in a row that were lost before they answered anything, it is given up.
  unsigned restarts_max = 5;

  friend bool operator==(const ProcessOptions&, const ProcessOptions&) = default;
};

class Executor;

struct Options {
  Host host = Host::thread;
  Storage storage = Storage::file;
  Durability durability = Durability::process;
  // A file whose copy a new database begins with, checked and whole; empty: none.
  std::string seed = {};
  // How long open() waits for the engine.
  std::chrono::milliseconds open_timeout{10'000};
  // What the application tells its set-up, wherever that runs (set_up.hpp): up to 1 MiB of text.
  std::string config = {};
  // With Host::process.
  ProcessOptions process = {};
  // Where coroutines go on that await a Future and name no other. Outlives the database.
  Executor* executor = nullptr;

  friend bool operator==(const Options&, const Options&) = default;
};

// For an engine that is served by `outboard serve`.
struct ConnectOptions {
  std::string token;  // that the server was told, or has told
  // With wss://: the authorities to believe, in PEM. Empty: those that the system believes.
  std::string tls_ca_file = {};
  // How long connect() waits for the engine.
  std::chrono::milliseconds open_timeout{10'000};
  // A server that gives no sign of life for so long is lost.
  std::chrono::milliseconds silence_max{10'000};
  // Once it is lost, it is looked for so long before it is given up: it may be started again.
  std::chrono::milliseconds patience{10'000};
  // As that of the Options.
  Executor* executor = nullptr;
};

struct CallOptions {
  // From arrival at the engine to the last row; 0: no limit. A late writing statement is undone.
  std::chrono::milliseconds timeout{0};
};

enum class Atomic { no, yes };

struct StreamOptions {
  std::uint32_t chunk_rows = 1'000;  // a chunk ends after so many rows, or after 1 MiB
};

// What open() found.
struct Info {
  std::string path;
  std::string sqlite;  // its version
  std::string build;   // ours
  Storage storage = Storage::file;
  Durability durability = Durability::process;
  bool created = false;  // there was no such file before
};

}  // namespace outboard
