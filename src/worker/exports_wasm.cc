// The module's functions: what the glue in the worker calls. One engine, a client for each page
// that uses it, no threads.
//
// A message comes in a buffer of outboard_alloc(), which outboard_send() takes over. What is to be
// posted to a client comes out of outboard_next(), in a buffer that is good until the next call.

#include <cstdlib>

#include "engine/engine.h"

#define OUTBOARD_IMPORT(name) __attribute__((import_module("outboard"), import_name(name)))
#define OUTBOARD_EXPORT(name) __attribute__((export_name(#name))) name

extern "C" {
OUTBOARD_IMPORT("wall_ms") double outboard_wall_ms();
OUTBOARD_IMPORT("monotonic_us") double outboard_monotonic_us();
OUTBOARD_IMPORT("random") void outboard_random(void* to, int bytes);
OUTBOARD_IMPORT("is_cancelled") int outboard_is_cancelled(int client, double id);
}

namespace {

using namespace outboard;

class WorkerPlatform : public Platform {
 public:
  std::int64_t wall_ms() override { return static_cast<std::int64_t>(outboard_wall_ms()); }
  std::int64_t monotonic_us() override {
    return static_cast<std::int64_t>(outboard_monotonic_us());
  }
  void random(std::span<std::uint8_t> out) override {
    outboard_random(out.data(), static_cast<int>(out.size()));
  }
};

struct Module {
  Module() {
    engine.set_cancelled([](ClientId client, std::uint64_t id) {
      return outboard_is_cancelled(static_cast<int>(client), static_cast<double>(id)) != 0;
    });
  }

  WorkerPlatform platform;
  Engine engine{platform};
  Bytes output;
};

}  // namespace

extern "C" {

const char* OUTBOARD_EXPORT(outboard_version)() { return OUTBOARD_BUILD; }

void* OUTBOARD_EXPORT(outboard_alloc)(int bytes) {
  return std::malloc(static_cast<std::size_t>(bytes));
}

void OUTBOARD_EXPORT(outboard_free)(void* buffer) { std::free(buffer); }

Module* OUTBOARD_EXPORT(outboard_open)() { return new Module; }

void OUTBOARD_EXPORT(outboard_close)(Module* module) { delete module; }

int OUTBOARD_EXPORT(outboard_connect)(Module* module) {
  return static_cast<int>(module->engine.connect());
}

void OUTBOARD_EXPORT(outboard_disconnect)(Module* module, int client) {
  module->engine.disconnect(static_cast<ClientId>(client));
}

void OUTBOARD_EXPORT(outboard_send)(Module* module, int client, std::uint8_t* message, int bytes) {
  module->engine.receive(static_cast<ClientId>(client), Bytes(message, message + bytes));
  std::free(message);
}

int OUTBOARD_EXPORT(outboard_run)(Module* module) { return module->engine.run(); }

int OUTBOARD_EXPORT(outboard_is_quiet)(Module* module) { return module->engine.is_quiet(); }

int OUTBOARD_EXPORT(outboard_next)(Module* module, int client) {
  module->output = module->engine.take_output(static_cast<ClientId>(client));
  return static_cast<int>(module->output.size());
}

const std::uint8_t* OUTBOARD_EXPORT(outboard_next_data)(Module* module) {
  return module->output.data();
}

double OUTBOARD_EXPORT(outboard_wake_ms)(Module* module) {
  auto wake_at_us = module->engine.wake_at_us();
  if (!wake_at_us) return -1;
  auto left_us = static_cast<double>(*wake_at_us) - outboard_monotonic_us();
  return left_us > 0 ? left_us / 1'000 + 1 : 0;
}
}
