// A scenario as data: what tests/scenarios/*.test say, before any of it runs. The format is
// described in tests/scenarios/README.md.
//
// Values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <outboard/error.hpp>
#include <outboard/sql.hpp>
#include <outboard/value.hpp>

namespace scenario {

using outboard::Code;
using outboard::Error;
using outboard::Result;
using outboard::Value;

using Cells = std::vector<Value>;

struct Failure {
  Code code = Code::internal;
  std::string text;  // must be in the message or the hint
};

// What stands after `=>`. Only what is named there is compared.
struct Expectation {
  int line = 0;
  std::optional<std::int64_t> changes;
  std::optional<std::int64_t> rowid;
  std::optional<std::int64_t> row_count;
  std::optional<std::int64_t> pieces;
  std::optional<std::vector<Cells>> rows;
  std::optional<Failure> failure;
};

enum class Verb {
  exec,
  rows,
  columns,
  many,
  batch,
  stream,
  read,
  next,
  rest,
  drop,
  begin,
  commit,
  rollback,
  waiting,
  cancel,
  finish,
  reopen,
  open_again,
  sleep,
  export_to,
  import_from,
  file,
  cut,
  overwrite,
};

// An SQL text with its parameters, and what it must come to.
struct Part {
  std::string sql;
  outboard::Params params;
  Expectation expected;
};

struct Block {
  int line = 0;
  Verb verb = Verb::exec;
  std::string started_as;  // of `start NAME:`, else empty
  std::string session;     // empty: the database itself
  std::string name;        // of a read, of a started block, of a file
  std::int64_t number = 0;
  std::int64_t timeout_ms = 0;
  bool is_atomic = false;
  std::vector<Part> parts;  // at least one; several in a batch only
  std::vector<Cells> sets;  // of many
  Value bytes;              // of overwrite

  const Part& part() const { return parts.front(); }
  const Expectation& expected() const { return parts.back().expected; }
};

// What a scenario says about its own run.
struct Scenario {
  std::string path;
  std::string title;
  std::vector<std::string> skipped_on;        // hosts and storages
  std::optional<std::string> must_fail;       // the runner's own tests: it has to find this
  std::optional<std::string> must_not_parse;  // the same, before anything runs
  std::vector<Block> blocks;
};

}  // namespace scenario
