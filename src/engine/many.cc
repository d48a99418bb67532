#include "engine/many.h"

namespace outboard {

namespace {
constexpr int sets_between_clock_reads = 32;
}

Many::Many(Core& core, Writer& writer, Job job, Source source)
    : Task(std::move(job)), core_(core), writer_(writer), source_(std::move(source)) {
  auto& many = std::get<request::Many>(job_.what);
  slices_.push_back({job_.message, many.sets});
  waiting_bytes_ = many.sets.size();
  more_slices_ = many.more;
}

Result<std::unique_ptr<Many>> Many::start(Core& core, Writer& writer, Job job, Source source) {
  auto task = std::make_unique<Many>(core, writer, std::move(job), std::move(source));
  if (task->writes()) {
    TRY(writer.enter(task->job_));
    task->inside_ = true;
  } else {
    TRY(task->connection().run("begin"));
  }
  return task;
}

Many::~Many() {
  if (inside_) writer_.undo(job_, fail(Code::cancelled, "the client is gone"));
}

bool Many::is_ready() const {
  if (!writes() && credit_ == 0) return false;
  return on_row_ || !slices_.empty() || !more_slices_;
}

void Many::add_chunk(SharedMessage message, const request::Chunk& chunk) {
  more_slices_ = chunk.more;
  slices_.push_back({std::move(message), chunk.sets});
  waiting_bytes_ += chunk.sets.size();
}

bool Many::work(std::int64_t until_us) {
  for (int countdown = sets_between_clock_reads;; --countdown) {
    auto progress = advance();
    if (!progress) {
      auto error = core_.store->interrupt().explain(progress.error());
      if (in_set_) error.message = "set " + std::to_string(set_) + ": " + error.message;
      stop(error);
      return true;
    }
    if (*progress == Progress::finished) return true;
    if (*progress == Progress::waits) return false;
    if (countdown > 0) continue;
    if (core_.now_us() >= until_us) return false;
    countdown = sets_between_clock_reads;
  }
}

Result<Many::Progress> Many::advance() {
  if (!writes() && credit_ == 0) return Progress::waits;
  if (on_row_) {
    TRY(read_rows());
    return Progress::goes_on;
  }
  if (TRY(next_set())) {
    TRY(read_rows());
    return Progress::goes_on;
  }
  if (more_slices_) return Progress::waits;
  TRY(finish());
  return Progress::finished;
}

// Binds the next set and takes the first step. False: there is none yet.
Result<bool> Many::next_set() {
  while (!sets_ || sets_->at_end()) {
    if (sets_) finish_slice();
    if (slices_.empty()) return false;
    sets_.emplace(slices_.front().sets);
  }
  in_set_ = true;
  auto& statement = *source_.statement;
  if (writes()) changes_before_ = connection().total_changes();
  TRY(statement.bind_array(*sets_));
  on_row_ = TRY(statement.step());
  if (!has_columns_ && statement.has_columns()) {
    has_columns_ = true;
    columns_ = TRY(names_of_columns(statement));
    batch_.start(1 + columns_.size());
  }
  return true;
}

// Whoever sends sets in pieces is told of each that is done: so much more may be on its way.
void Many::finish_slice() {
  sets_.reset();
  waiting_bytes_ -= slices_.front().sets.size();
  slices_.pop_front();
  if (more_slices_) write_credit_frame(core_.output(job_.client), job_.id, 1);
}

// Takes the rows of the current set, as far as there is room for them.
Result<void> Many::read_rows() {
  auto& statement = *source_.statement;
  while (on_row_) {
    batch_.integer(0, set_);
    TRY(append_row(statement, batch_, 1));
    on_row_ = TRY(statement.step());
    if (is_full(batch_, {})) {
      TRY(batch_is_full());
      if (!writes() && credit_ == 0) break;
    }
  }
  if (on_row_) return {};
  // SQLite counts at the end of a statement, behind the rows that it returns.
  if (writes() && connection().total_changes() != changes_before_)
    changes_ += connection().changes();
  statement.rewind();
  in_set_ = false;
  ++set_;
  return {};
}

Result<void> Many::batch_is_full() {
  if (writes()) return collected_.take(batch_, 1 + columns_.size());
  send_batch(true);
  return {};
}

void Many::send_batch(bool more) {
  reply::Statement statement{.changes = changes_,
                             .last_insert_rowid = connection().last_insert_rowid(),
                             .has_columns = has_columns_,
                             .columns = columns_};
  core_.frame(
      job_.client, job_.id, replied_ ? FrameKind::chunk : FrameKind::reply,
      [&](cbor::Writer& out) {
        if (replied_) {
          reply::write_chunk(out, more);
        } else {
          reply::write_rows(out, statement, more);
        }
      },
      [&](Bytes& out) {
        append(out, collected_.bytes());
        if (has_columns_ && (batch_.rows() > 0 || collected_.bytes().empty())) batch_.finish(out);
      });
  replied_ = true;
  if (credit_ > 0) --credit_;
  if (has_columns_) batch_.start(1 + columns_.size());
}

Result<void> Many::note() {
  Bytes answer;
  cbor::Writer out(answer);
  if (!has_columns_)
    reply::write_rows(
        out, {.changes = changes_, .last_insert_rowid = connection().last_insert_rowid()}, false);
  return core_.note(job_, answer);
}

Result<void> Many::finish() {
  source_.statement = {};
  if (inside_ && job_.n && !writer_.held_by(job_)) TRY(note());
  if (std::exchange(inside_, false)) TRY(writer_.leave(job_));
  send_batch(false);
  return {};
}

void Many::stop(const Error& why) {
  source_.statement = {};
  if (std::exchange(inside_, false)) writer_.undo(job_, why);
  core_.reply_error(job_.client, job_.id, why);
}

}  // namespace outboard
