// Outboard's C++ interface. Start here.
//
//   auto db = outboard::open("notes.db");                     // an engine on a thread of its own
//   if (!db) return report(db.error());
//   db->exec("create table note(id blob primary key, title text)").get();
//   db->exec({"insert into note values (uuid7(), ?)", {"Sea"}}).get();
//   for (auto row : *db->exec("select title from note").get()) puts(row.text(0).data());
//
// A call encodes a request, hands it to the engine and returns; the Future brings the answer
// (future.hpp: waited for, awaited in a coroutine, or handed to a callback). A
// Database may be used from several threads; a Transaction, a Stream and a Future from one at a
// time. Everything here may outlive the Database: calls then end in `worker_lost`.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <outboard/error.hpp>
#include <outboard/future.hpp>
#include <outboard/options.hpp>
#include <outboard/result.hpp>
#include <outboard/rows.hpp>
#include <outboard/sets.hpp>
#include <outboard/sql.hpp>
#include <outboard/value.hpp>

namespace outboard {

namespace detail {
class Call;
class Connection;
class StreamState;
}  // namespace detail

// The rows of a large result, piece by piece. The engine reads on only as they are taken. Dropping
// it ends the reading.
class Stream {
 public:
  explicit Stream(std::shared_ptr<detail::StreamState> state);
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;
  ~Stream();

  // The next rows, or nothing after the last. One at a time.
  Future<std::optional<Rows>> next();

 private:
  std::shared_ptr<detail::StreamState> state_;
};

// What one can ask of a database as a whole and within a transaction alike.
class Session {
 public:
  // A statement, or a script of several without parameters. Gives the rows of the last one that has
  // any.
  Future<Rows> exec(Sql sql, CallOptions options = {});

  // One statement with many sets of parameters, all or nothing. The rows of all sets in order.
  Future<Rows> many(std::string sql, const std::vector<std::vector<Value>>& sets,
                    CallOptions options = {});

  // The same, with sets that are made on the way: `fill` adds one or more of them each time it is
  // called, and says false when there are no more. The engine works on the first while the next are
  // made; the call returns when the last is on its way.
  Future<Rows> many(std::string sql, const std::function<bool(Sets&)>& fill,
                    CallOptions options = {});

  // Statements in order. Without Atomic::yes those before a failing one stay done.
  Future<std::vector<Rows>> batch(std::vector<Sql> statements, Atomic atomic = Atomic::no,
                                  CallOptions options = {});

  // A single reading statement, read at the caller's pace: what was committed when it began.
  Future<Stream> stream(Sql sql, StreamOptions options = {});

 protected:
  Session(std::shared_ptr<detail::Connection> connection, std::uint64_t session)
      : connection_(std::move(connection)), session_(session) {}

  // Of a transaction that is over, or about to be.
  bool has_ended() const;

  std::shared_ptr<detail::Connection> connection_;
  std::uint64_t session_;
  bool ended_ = false;                    // a transaction's: every call fails
  std::shared_ptr<detail::Call> ending_;  // the last commit, which may be refused
};

// An open transaction. Rolled back when dropped before commit(), which waits for nothing.
class Transaction : public Session {
 public:
  Transaction(std::shared_ptr<detail::Connection> connection, std::uint64_t session);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  // A transaction inside this one: end it before this one is used again.
  Future<Transaction> begin();

  // End it: every further call on this object fails with bad_request. Only where a commit was
  // refused the transaction goes on: it can be rolled back.
  Future<void> commit();
  Future<void> rollback();
};

class Database : public Session {
 public:
  Database(std::shared_ptr<detail::Connection> connection, Info info);
  Database(Database&&) noexcept = default;
  Database& operator=(Database&&) noexcept;
  ~Database();  // close()

  const Info& info() const { return info_; }

  // Waits for its turn among the writers.
  Future<Transaction> begin();

  // Runs `work` in a transaction: commits if it succeeds, rolls back and returns the error if not.
  // Waits for it, as export_to(), import_from() and close() do: not for callbacks.
  Result<void> transaction(const std::function<Result<void>(Transaction&)>& work);

  // Writes a copy as one snapshot; a file that is there already is replaced in one step.
  Result<void> export_to(const std::string& path);

  // Replaces everything by what is in that file, or changes nothing.
  Result<void> import_from(const std::string& path);

  // Waits until all that is committed by now survives a power cut. With Storage::autosave: until it
  // is saved; fails as the save did, and the next one tries again.
  Future<void> flush();

  // A round trip that does nothing else.
  Future<void> ping();

  // Waits until the engine has closed its file. Further calls end in `worker_lost`.
  Result<void> close();

 private:
  Info info_;
};

// Opens the database in that file, and makes it if there is none. With Storage::memory the path is
// just a name.
Result<Database> open(const std::string& path, const Options& options = {});

}  // namespace outboard
