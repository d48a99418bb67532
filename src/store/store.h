// Store: one file with a writer and as many readers as are needed (rule H5).
//
// The writer's connection sees its own open transaction; readers see what was committed when their
// statement, or their BEGIN, began, and neither waits for the other. Lives on the engine's thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <outboard/options.hpp>

#include "store/connection.h"
#include "store/outcome_table.h"
#include "store/place.h"

namespace outboard {

class Store;

// A reader's connection on loan.
class ReaderLease {
 public:
  ReaderLease() = default;
  ReaderLease(ReaderLease&& other) noexcept { *this = std::move(other); }
  ReaderLease& operator=(ReaderLease&& other) noexcept;
  ~ReaderLease() { give_back(); }

  explicit operator bool() const { return connection_ != nullptr; }
  Connection* operator->() const { return connection_.get(); }
  Connection& operator*() const { return *connection_; }

 private:
  friend class Store;
  void give_back();

  std::unique_ptr<Connection> connection_;
  Store* store_ = nullptr;
};

class Store {
 public:
  struct Options {
    std::string path;
    Storage storage = Storage::file;
    Durability durability = Durability::process;
    // What the application adds; null: nothing. Outlives the store.
    const ApplicationFunctions* functions = nullptr;
  };

  // Opens it, and makes it if there is none. Every failure has a code: busy, corrupt, denied,
  // not_found, unavailable.
  static Result<std::unique_ptr<Store>> open(const Options& options, Platform& platform,
                                             const ClaimPlace& claim = claim_place);
  ~Store();

  Connection& writer() { return *writer_; }
  OutcomeTable& outcomes() { return *outcomes_; }

  // Fails with `busy` while limits::readers_max are out.
  Result<ReaderLease> reader();

  // Makes what was committed durable against a power cut (rule H11).
  Result<void> flush();

  // Null where it is not saved as a whole.
  SaveTarget* save_target() { return place_->save_target(); }

  Interrupt& interrupt() { return shared_.interrupt; }
  std::uint64_t commits() const { return shared_.commits; }
  void count_commit() { ++shared_.commits; }
  bool has_temporary() const { return !shared_.ahead.temp_names.empty(); }
  std::size_t readers_out() const { return readers_out_; }
  const Info& info() const { return info_; }

 private:
  friend class ReaderLease;

  Store(std::unique_ptr<Place> place, Platform& platform, const ApplicationFunctions* functions)
      : place_(std::move(place)), shared_(platform, functions) {}

  std::unique_ptr<Place> place_;
  Connection::Shared shared_;
  std::unique_ptr<Connection> writer_;
  std::unique_ptr<OutcomeTable> outcomes_;
  std::vector<std::unique_ptr<Connection>> idle_readers_;  // the next to be lent is the last
  std::size_t readers_out_ = 0;
  Info info_;
};

}  // namespace outboard
