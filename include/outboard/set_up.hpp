// Set-up: what an application adds to its engine, beside which it then runs.
//
//   auto db = outboard::open("notes.db", {}, [](outboard::SetUp& set_up) -> outboard::Result<void>
//   {
//     set_up.function("initial", {.arguments = 1, .deterministic = true},
//                     [](const outboard::Call& call) -> outboard::Result<outboard::Value> {
//                       return call.text(0).substr(0, 1);
//                     });
//     return {};
//   });
//   db->exec("select initial(title) from note").get();
//
// The set-up and its functions are called on the engine's thread, one at a time, until close() has
// returned. While one runs the engine does nothing else, and nothing can stop it
// (docs/guide-set-up.md).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <outboard/outboard.hpp>

namespace outboard {

class ApplicationFunctions;
class FunctionCall;

// A function that is being called. It, and the texts and blobs that it hands out, are good until
// the function returns.
class Call {
 public:
  std::size_t size() const;

  // REQUIRES: index < size(). Nothing is converted: what is of another kind is 0, 0.0 or "".
  Kind kind(std::size_t index) const;
  bool is_null(std::size_t index) const { return kind(index) == Kind::null; }
  std::int64_t integer(std::size_t index) const;
  double real(std::size_t index) const;
  std::string_view text(std::size_t index) const;
  ByteView blob(std::size_t index) const;
  Value value(std::size_t index) const;

  // Runs a SELECT, up to 16 MiB of rows, and sees what the statement that calls the function sees:
  // its snapshot, or its transaction as far as it has come. Fails with bad_request if the SQL does
  // anything else, or the function is deterministic.
  Result<Rows> read(const Sql& sql) const;

 private:
  friend class SetUp;
  explicit Call(const FunctionCall& call) : call_(call) {}

  const FunctionCall& call_;
};

struct FunctionOptions {
  static constexpr int any_number = -1;

  int arguments = any_number;  // how many it takes, up to 100
  // The same arguments always give the same result: it may be called less often than it says there,
  // and by indexes and generated columns. It may not read.
  bool deterministic = false;
  // Indexes, CHECKs, generated columns, triggers and views may call it. Whoever made the file then
  // may: only for what does no harm, and tells nothing, whatever it is given.
  bool in_schema = false;
};

// Its result, or an error: then the statement fails with that code and hint. What it throws is an
// error too.
using Function = std::function<Result<Value>(const Call&)>;

// An aggregate function at work on one group of rows.
class Aggregate {
 public:
  virtual ~Aggregate() = default;
  virtual Result<void> step(const Call& call) = 0;
  // Once, after the last row; also where there was none.
  virtual Result<Value> finish() = 0;
};

class SetUp {
 public:
  // What open() was told for it: Options::config.
  const std::string& config() const { return config_; }

  // Adds an SQL function. SQL calls it by this name and this number of arguments; one name may have
  // several. If it cannot be added (a name of SQLite's or of Outboard's, 500 functions), open()
  // fails and says so.
  void function(std::string name, FunctionOptions options, Function function);

  // The same, of rows: `begin` makes what works on a group.
  void aggregate(std::string name, FunctionOptions options,
                 std::function<std::unique_ptr<Aggregate>()> begin);

  SetUp(const SetUp&) = delete;
  SetUp& operator=(const SetUp&) = delete;

 private:
  friend class SetUpRun;
  SetUp(ApplicationFunctions& functions, std::string config)
      : functions_(functions), config_(std::move(config)) {}
  void keep(Result<void> added);

  ApplicationFunctions& functions_;
  std::string config_;
  std::optional<Error> problem_;  // the first
};

// Called each time the engine is about to open its file. Its error, or what it throws, is open()'s.
using SetUpFunction = std::function<Result<void>(SetUp&)>;

// As open(path, options), with a set-up. With Host::process a function cannot travel: bad_request,
// and run_if_sidecar() is the way.
Result<Database> open(const std::string& path, const Options& options, SetUpFunction set_up);

// For a program that is to be the process of Host::process, with a set-up of its own: first thing
// in main(). Serves the program that started it, and gives main()'s result; nothing if this is no
// such process. The other program names it in ProcessOptions::program; it may be the same one.
std::optional<int> run_if_sidecar(int argc, char** argv, const SetUpFunction& set_up);

}  // namespace outboard
