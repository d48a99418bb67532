// The functions of outboard.h. What the standard library throws inside ends here.

#include <exception>
#include <new>
#include <system_error>

#include "capi/configured.h"
#include "capi/engine_handle.h"
#include "capi/json_form.h"

namespace {

using namespace outboard;
using capi::OwnedMessage;

// Of the process, and left to it at its end: an engine that is still open then is not waited for.
capi::EngineHandles& handles() {
  static auto& all = *new capi::EngineHandles;
  return all;
}

template <class Work>
int guard(Work work) noexcept {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return OUTBOARD_TOO_LARGE;
  } catch (...) {
    return OUTBOARD_INTERNAL;
  }
}

template <class Work>
int with(const outboard_engine* engine, Work work) noexcept {
  return guard([&] {
    auto handle = handles().find(engine);
    return handle ? work(*handle) : OUTBOARD_BAD_REQUEST;
  });
}

ByteView view(const void* bytes, std::size_t size) {
  return {static_cast<const std::uint8_t*>(bytes), size};
}

// The result, or the sentence that says why there is none.
template <class Converted>
int hand_out(Result<Converted> converted, outboard_message** message) {
  if (converted) {
    *message = new OwnedMessage(std::move(*converted));
    return OUTBOARD_OK;
  }
  *message = new OwnedMessage(to_string(converted.error()));
  return static_cast<int>(converted.error().code);
}

}  // namespace

extern "C" {

const char* outboard_version(void) { return OUTBOARD_BUILD; }

outboard_engine* outboard_open(void) {
  outboard_engine* engine = nullptr;
  (void)guard([&] {
    auto started = capi::EngineHandle::start();
    if (started) engine = handles().add(std::move(*started));
    return OUTBOARD_OK;
  });
  return engine;
}

int outboard_open_config(const char* json, size_t bytes, outboard_engine** engine,
                         outboard_message** answer) {
  if (engine) *engine = nullptr;
  if (answer) *answer = nullptr;
  if (!json || !engine || !answer) return OUTBOARD_BAD_REQUEST;
  return guard([&] {
    auto opened = capi::open_configured({json, bytes});
    if (!opened) return hand_out<std::string>(opened.error(), answer);
    int status = hand_out<std::string>(std::move(opened->answers), answer);
    *engine = handles().add(std::move(opened->engine));
    return status;
  });
}

int outboard_send(outboard_engine* engine, const void* message, size_t bytes) {
  if (!message) return OUTBOARD_BAD_REQUEST;
  return with(engine,
              [&](capi::EngineHandle& handle) { return handle.send(view(message, bytes)); });
}

int outboard_next(outboard_engine* engine, int timeout_ms, outboard_message** message) {
  if (!message) return OUTBOARD_BAD_REQUEST;
  *message = nullptr;
  return with(engine, [&](capi::EngineHandle& handle) {
    std::unique_ptr<OwnedMessage> next;
    int status = handle.next(timeout_ms, next);
    *message = next.release();
    return status;
  });
}

void outboard_free(outboard_message* message) { delete static_cast<OwnedMessage*>(message); }

int outboard_wake_fd(outboard_engine* engine) {
  int descriptor = -1;
  int status = with(engine, [&](capi::EngineHandle& handle) {
    descriptor = handle.bell().descriptor();
    return descriptor < 0 ? OUTBOARD_UNAVAILABLE : OUTBOARD_OK;
  });
  return status == OUTBOARD_OK ? descriptor : -status;
}

int outboard_on_ready(outboard_engine* engine, void (*call)(void* context), void* context) {
  return with(engine, [&](capi::EngineHandle& handle) {
    if (handle.bell().is_ringing_here()) return OUTBOARD_BAD_REQUEST;
    handle.bell().set(call, context);
    return OUTBOARD_OK;
  });
}

int outboard_close(outboard_engine* engine) {
  return guard([&] {
    auto open = handles().find(engine);
    if (!open || open->bell().is_ringing_here()) return OUTBOARD_BAD_REQUEST;
    auto handle = handles().remove(engine);
    if (!handle) return OUTBOARD_BAD_REQUEST;  // another thread was faster
    handle->close();
    return OUTBOARD_OK;
  });
}

int outboard_from_json(const char* json, size_t bytes, outboard_message** frames) {
  if (frames) *frames = nullptr;
  if (!json || !frames) return OUTBOARD_BAD_REQUEST;
  return guard([&] { return hand_out(json_form::to_frames({json, bytes}), frames); });
}

int outboard_to_json(const void* frames, size_t bytes, outboard_message** json) {
  if (json) *json = nullptr;
  if (!frames || !json) return OUTBOARD_BAD_REQUEST;
  return guard([&] { return hand_out(json_form::from_frames(view(frames, bytes)), json); });
}
}
