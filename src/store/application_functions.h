// ApplicationFunctions: the SQL functions that an application adds, kept by name and number of
// arguments, and put onto every connection of its database as that is opened.
//
// On the engine's thread; outlives the database's connections. What is called must not throw.
#pragma once

#include <sqlite3.h>

#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/cbor.h"
#include "base/result.h"

namespace outboard {

class Connection;
struct ApplicationFunction;

// A function that is being called, and with what. Views are good until it returns.
class FunctionCall {
 public:
  FunctionCall(const ApplicationFunction& what, Connection& where, std::span<sqlite3_value*> values)
      : function(what), connection(where), values_(values) {}

  const ApplicationFunction& function;
  Connection& connection;  // on which the statement runs that calls it

  std::size_t size() const { return values_.size(); }
  // REQUIRES: index < size().
  ValueView value(std::size_t index) const;

 private:
  std::span<sqlite3_value*> values_;
};

// An aggregate function at work on one group of rows.
class Aggregation {
 public:
  virtual ~Aggregation() = default;
  virtual Result<void> step(const FunctionCall& call) = 0;
  // Once, last.
  virtual Result<Value> finish(const FunctionCall& call) = 0;
};

struct ApplicationFunction {
  static constexpr int any_number = -1;

  std::string name;
  int arguments = any_number;
  bool is_deterministic = false;  // the same arguments always give the same result
  bool is_in_schema = false;      // indexes, CHECKs, triggers and views may call it
  // One of them: what gives its result, or what begins with a group.
  std::function<Result<Value>(const FunctionCall&)> call = {};
  std::function<Result<std::unique_ptr<Aggregation>>()> begin = {};
};

class ApplicationFunctions {
 public:
  // Keeps one more, for connections that are opened from now on. Fails with bad_request if its name
  // or its number of arguments cannot be, or it is there already; with too_large if there are too
  // many.
  Result<void> add(ApplicationFunction function);

  // REQUIRES: no connection has them.
  void clear() { all_.clear(); }

  // The first connection also looks whether a name is taken by SQLite: then this is bad_request.
  enum class Names { looked_at, known_to_be_free };
  Result<void> put_on(Connection& connection, Names names) const;

  // Told when one begins to run, and null when none does any more. May be empty.
  void set_watch(std::function<void(const ApplicationFunction*)> watch) {
    watch_ = std::move(watch);
  }

 private:
  friend class FunctionDoor;

  std::vector<std::unique_ptr<ApplicationFunction>> all_;
  std::function<void(const ApplicationFunction*)> watch_;
  // Those that run just now, inside each other. Not a property of what is kept.
  mutable std::vector<const ApplicationFunction*> running_;
};

}  // namespace outboard
