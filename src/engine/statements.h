// Statements: exec, stream and batch: which connection they run on, and running them.
//
// Outside of a transaction what only reads goes to a reader's connection and never waits.
// Everything else goes to the writer's, when it is the job's turn.
#pragma once

#include <functional>

#include "engine/cursor.h"
#include "engine/task.h"
#include "engine/writer.h"

namespace outboard {

class Statements {
 public:
  Statements(Core& core, Writer& writer, Tasks& tasks)
      : core_(core), writer_(writer), tasks_(tasks) {}

  Served exec(const Job& job, const request::Exec& exec);
  Served stream(const Job& job, const request::Stream& stream);
  Served batch(const Job& job, const request::Batch& batch);

  // A reader's connection on which `sql` is prepared, if it is one statement that only reads and
  // all that it reads is there to be seen outside of a transaction. Nothing: it belongs to the
  // writer.
  struct OnReader {
    ReaderLease reader;
    StatementLease statement;
  };
  Result<std::optional<OnReader>> try_reader(std::string_view sql);

 private:
  struct Query {
    std::string_view sql;
    ByteView params;
    BatchLimit limit;
  };

  std::optional<Served> read_outside(const Job& job, const Query& query);
  Served on_writer(const Job& job, const Query& query);
  void end_lost(const Job& job, std::string_view sql);
  Result<Ran> run_script(const Job& job, const request::Exec& exec, Writer::Effect& effect);
  // Notes the outcome of a job: asked before a statement that commits is run, with null, and when
  // all but its commit is done. What SQL asks of changes() behind it is not to see the note.
  using Note = std::function<Result<void>(const Ran* ran)>;
  Result<Ran> run_one(const Job& job, Statement& statement, const BatchLimit& limit,
                      Writer::Effect& effect, const Note& note);
  Result<Ran> run_noted(const Job& job, Statement& statement, const BatchLimit& limit,
                        const Note& note);
  Result<Ran> run_or_undo(Statement& statement, const BatchLimit& limit);
  Result<std::vector<Ran>> run_batch(const Job& job, const request::Batch& batch,
                                     Writer::Effect& effect);
  std::optional<Result<std::vector<Ran>>> batch_on_reader(const request::Batch& batch);
  Served start_cursor(Job job, Cursor::Source source, ByteView params);
  template <class Outcome>
  Served answer(const Job& job, const Writer::Effect& effect, const Outcome& ran);
  void reply(const Job& job, const Ran& ran);
  void reply(const Job& job, const std::vector<Ran>& all);
  void refuse(const Job& job, const Error& error);

  Core& core_;
  Writer& writer_;
  Tasks& tasks_;
};

}  // namespace outboard
