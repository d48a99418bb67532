// Config: all that open() is told, as one value, and its two other forms: JSON for files that
// people write, CBOR for programs. docs/config.md tells the keys.
//
//   auto config = outboard::config_from_json(R"({"path": "notes.db", "host": "process"})");
//   if (!config) return report(config.error());       // all that is wrong with it, a line each
//   auto db = outboard::open(*config);
#pragma once

#include <string>
#include <string_view>

#include <outboard/outboard.hpp>

namespace outboard {

struct Config {
  std::string path;  // with Storage::memory just a name
  Options options = {};

  friend bool operator==(const Config&, const Config&) = default;
};

// What is not given stays at its default. Fail with bad_request: the message has a line for each
// thing that is wrong, led by its path: "process.restarts_max: a whole number is wanted, not a
// text".
Result<Config> config_from_json(std::string_view json);
Result<Config> config_from_cbor(ByteView cbor);

// All of it, defaults too. They give the same config when they are read again.
std::string to_json(const Config& config);
Bytes to_cbor(const Config& config);

// As open(config.path, config.options).
Result<Database> open(const Config& config);

}  // namespace outboard
