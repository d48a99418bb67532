// The module's functions: what the glue in the worker calls. One engine, a client for each page
// that uses it, no threads.
//
// A message comes in a buffer of outboard_alloc(), which outboard_send() takes over. What is to be
// posted to a client comes out of outboard_next(), in a buffer that is good until the next call.

#include <cstdlib>
#include <vector>

#include "engine/engine.h"
#include "engine/function_read.h"

#define OUTBOARD_IMPORT(name) __attribute__((import_module("outboard"), import_name(name)))
#define OUTBOARD_EXPORT(name) __attribute__((export_name(#name))) name

extern "C" {
OUTBOARD_IMPORT("wall_ms") double outboard_wall_ms();
OUTBOARD_IMPORT("monotonic_us") double outboard_monotonic_us();
OUTBOARD_IMPORT("random") void outboard_random(void* to, int bytes);
OUTBOARD_IMPORT("is_cancelled") int outboard_is_cancelled(int client, double id);
OUTBOARD_IMPORT("call_function")
std::uint8_t* outboard_call_function(int function, int step, int group, const void* values,
                                     int bytes);
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
  // What the glue is asked to do with a function of the application.
  enum class Step : int { call = 0, begin = 1, step = 2, finish = 3, drop = 4 };

  Module() {
    engine.set_cancelled([](ClientId client, std::uint64_t id) {
      return outboard_is_cancelled(static_cast<int>(client), static_cast<double>(id)) != 0;
    });
  }

  WorkerPlatform platform;
  Engine engine{platform};
  Bytes output;

  // Those that run just now, inside each other, and what the last read of one came to.
  std::vector<const FunctionCall*> calls;
  Bytes read_output;
  int last_group = 0;
};

using Step = Module::Step;

// What the glue gave: four bytes that tell how long it is, and one CBOR item: a value, or a map
// that tells what went wrong.
Result<Value> read_answer(ByteView answer) {
  cbor::Reader in(answer);
  if (in.peek() != cbor::Type::map) {
    auto value = in.value();
    in.expect_end();
    if (!in.ok()) return in.error();
    return value.to_value();
  }
  return read_error(answer);
}

// Calls the glue, which never throws through here.
Result<Value> ask_glue(Module& module, int function, Step step, int group,
                       const FunctionCall* call) {
  Bytes values;
  cbor::Writer out(values);
  out.array(call ? call->size() : 0);
  for (std::size_t i = 0; call && i < call->size(); ++i) out.value(call->value(i));
  if (call) module.calls.push_back(call);
  auto* given = outboard_call_function(function, static_cast<int>(step), group, values.data(),
                                       static_cast<int>(values.size()));
  if (call) module.calls.pop_back();
  if (!given) return fail(Code::too_large, "there is no memory left", "do less at once");
  auto result = read_answer({given + 4, load_le<std::uint32_t>(given)});
  std::free(given);
  return result;
}

// A group of rows, whose state the glue keeps.
class GlueGroup : public Aggregation {
 public:
  GlueGroup(Module& module, int function, int group)
      : module_(module), function_(function), group_(group) {}
  ~GlueGroup() override { (void)ask_glue(module_, function_, Step::drop, group_, nullptr); }

  Result<void> step(const FunctionCall& call) override {
    (void)TRY(ask_glue(module_, function_, Step::step, group_, &call));
    return {};
  }
  Result<Value> finish(const FunctionCall& call) override {
    return ask_glue(module_, function_, Step::finish, group_, &call);
  }

 private:
  Module& module_;
  int function_, group_;
};

Result<Ran> read_for(Module& module, ByteView statement) {
  if (module.calls.empty())
    return fail(Code::bad_request, "only a function that SQL is calling can read",
                "read inside of it, before it returns");
  auto what = TRY(request::read(statement));
  auto* exec = std::get_if<request::Exec>(&what);
  if (!exec) return fail(Code::bad_request, "a function can read, and do nothing else", "");
  return read_inside(*module.calls.back(), exec->sql, exec->params);
}

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

// Adds a function of the application, by which number the glue knows it. Bits of `traits`:
// 1 deterministic, 2 for the schema, 4 an aggregate. Null, or an error frame of why not.
const std::uint8_t* OUTBOARD_EXPORT(outboard_add_function)(Module* module, int number,
                                                           std::uint8_t* name, int bytes,
                                                           int arguments, int traits) {
  ApplicationFunction function{.name = std::string(name, name + bytes),
                               .arguments = arguments,
                               .is_deterministic = (traits & 1) != 0,
                               .is_in_schema = (traits & 2) != 0};
  std::free(name);
  if (traits & 4) {
    function.begin = [module, number]() -> Result<std::unique_ptr<Aggregation>> {
      int group = ++module->last_group;
      (void)TRY(ask_glue(*module, number, Step::begin, group, nullptr));
      return std::unique_ptr<Aggregation>(new GlueGroup(*module, number, group));
    };
  } else {
    function.call = [module, number](const FunctionCall& call) {
      return ask_glue(*module, number, Step::call, 0, &call);
    };
  }
  auto added = module->engine.functions().add(std::move(function));
  if (added) return nullptr;
  module->read_output.clear();
  write_error_frame(module->read_output, 0, {}, added.error());
  return module->read_output.data();
}

// What a function reads: the body of an `exec` request, in a buffer that this takes over. Gives a
// frame, of a reply or an error, that is good until the next call.
const std::uint8_t* OUTBOARD_EXPORT(outboard_read)(Module* module, std::uint8_t* body, int bytes) {
  auto ran = read_for(*module, {body, static_cast<std::size_t>(bytes)});
  std::free(body);
  auto& out = module->read_output;
  out.clear();
  if (!ran) {
    write_error_frame(out, 0, {}, ran.error());
    return out.data();
  }
  FrameWriter frame(out);
  cbor::Writer writer(out);
  begin_envelope(writer, FrameKind::reply, 0, {}, 1);
  reply::write_rows(writer, ran->statement, false);
  frame.end_head();
  append(out, ran->rows.bytes());
  frame.finish();
  return out.data();
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
