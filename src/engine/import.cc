#include "engine/import.h"

#include "base/bytes.h"
#include "store/snapshot.h"

namespace outboard {

namespace {
Bytes empty_answer() {
  Bytes answer;
  cbor::Writer(answer).map(0);
  return answer;
}
}  // namespace

Import::Import(Core& core, Writer& writer, Job job)
    : Task(std::move(job)), core_(core), writer_(writer) {
  auto& first = std::get<request::Import>(job_.what);
  add(first.data, first.more);
  job_.message.reset();
}

void Import::add(ByteView data, bool more) {
  more_ = more;
  if (more) write_credit_frame(core_.output(job_.client), job_.id, 1);
  too_large_ = too_large_ || file_.size() + data.size() > limits::import_bytes_max;
  if (too_large_) {
    file_ = {};
  } else {
    append(file_, data);
  }
}

void Import::add_chunk(SharedMessage, const request::Chunk& chunk) { add(chunk.data, chunk.more); }

bool Import::work(std::int64_t) {
  Result<void> done;
  if (too_large_) {
    done = fail(Code::too_large, "a file to import may have up to 512 MiB",
                "import the rows in parts");
  } else if (job_.session != 0) {
    done = fail(Code::bad_request, "import is not for use inside a transaction", "end it first");
  } else {
    std::optional<Outcomes::Entry> note;
    if (job_.n) note = core_.outcomes.entry(job_.client, job_.n, empty_answer());
    done = restore_snapshot(*core_.store, std::move(file_), core_.platform, note);
    if (done) core_.outcomes.attach(core_.store.get());
    if (done) done = core_.journal->replaced();
  }
  if (done) {
    core_.reply(job_.client, job_.id, [](cbor::Writer& out) { out.map(0); });
  } else {
    stop(done.error());
  }
  return true;
}

}  // namespace outboard
