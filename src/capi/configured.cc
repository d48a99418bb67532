#include "capi/configured.h"

#include <algorithm>

#include <outboard/config.hpp>

#include "base/bytes.h"
#include "capi/json_form.h"
#include "protocol/reply.h"
#include "protocol/request.h"
#include "worker/seed.h"

namespace outboard::capi {

namespace {

constexpr std::uint64_t hello_id = 1, open_id = 2;

// Is `open` answered in that message? Fails if it failed.
Result<bool> is_opened(ByteView message) {
  FrameReader frames(message);
  for (;;) {
    auto frame = TRY(frames.next());
    if (!frame) return false;
    std::uint64_t id = 0;
    auto envelope = TRY(read_envelope(frame->head, id));
    if (envelope.kind == FrameKind::error) return read_error(envelope.body);
    if (id == open_id) return true;
  }
}

}  // namespace

Result<Configured> open_configured(std::string_view json) {
  auto config = TRY(config_from_json(json));
  auto& options = config.options;
  if (options.host == Host::on_caller)
    return fail(Code::bad_request, "host: through C there is no \"inline\"",
                "\"thread\" and \"process\" there are; leave it out for a thread");
  if (!options.seed.empty()) {
    if (options.storage == Storage::memory)
      return fail(Code::bad_request, "seed: through C it is of no use in memory",
                  "send an `import` instead");
    TRY(put_seed(config.path, options.seed));
  }
  auto engine = TRY(EngineHandle::start(options));
  Bytes greeting;
  request::write_hello(greeting, hello_id);
  request::write_open(greeting, open_id, {},
                      {.path = config.path,
                       .name = {},
                       .storage = options.storage,
                       .durability = options.durability});
  engine->send(greeting);

  auto until = std::chrono::steady_clock::now() + options.open_timeout;
  Bytes answers;
  for (bool opened = false; !opened;) {
    auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    std::unique_ptr<OwnedMessage> message;
    if (engine->next(std::max(0, static_cast<int>(left.count())), message) != OUTBOARD_OK)
      return fail(Code::timeout, "the engine did not open " + config.path + " in time",
                  "check that the storage answers, or allow more time");
    ByteView bytes(message->data, message->bytes);
    opened = TRY(is_opened(bytes));
    append(answers, bytes);
  }
  return Configured{engine, TRY(json_form::from_frames(answers))};
}

}  // namespace outboard::capi
