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
};

enum class Storage { file, memory };

// What an acknowledged write survives.
enum class Durability {
  process,  // the end of the process, however sudden
  power,    // a power cut too: one flush of the log before a turn's answers leave
};

struct Options {
  Host host = Host::thread;
  Storage storage = Storage::file;
  Durability durability = Durability::process;
  // How long open() waits for the engine.
  std::chrono::milliseconds open_timeout{10'000};
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
