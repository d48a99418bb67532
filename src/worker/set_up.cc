#include "worker/set_up.h"

#include <exception>
#include <new>

#include "client/row_blocks.h"
#include "engine/function_read.h"

namespace outboard {

namespace {

// What of the engine itself may be told: a function's word is none of these.
Error as_its_own(Error error) {
  auto is_engines = error.code == Code::worker_lost || error.code == Code::corrupt ||
                    error.code == Code::outdated || error.code == Code::internal;
  if (is_engines) error.code = Code::bad_request;
  error.outcome.reset();
  return error;
}

template <class Work>
auto guard(Work work) -> decltype(work()) {
  try {
    auto result = work();
    if (!result) return as_its_own(result.error());
    return result;
  } catch (const std::bad_alloc&) {
    return fail(Code::too_large, "there is no memory left", "do less at once");
  } catch (const std::exception& exception) {
    return fail(Code::bad_request, std::string("it threw: ") + exception.what(),
                "return an error in place of throwing one");
  } catch (...) {
    return fail(Code::bad_request, "it threw something that is no std::exception",
                "return an error in place of throwing one");
  }
}

ApplicationFunction described(std::string name, const FunctionOptions& options) {
  return {.name = std::move(name),
          .arguments = options.arguments,
          .is_deterministic = options.deterministic,
          .is_in_schema = options.in_schema};
}

Error no_function(const std::string& name) {
  return fail(Code::bad_request, "the function " + name + " has nothing to call",
              "give it a function");
}

}  // namespace

// ---- One call ----

std::size_t Call::size() const { return call_.size(); }
Kind Call::kind(std::size_t index) const { return call_.value(index).kind; }
std::int64_t Call::integer(std::size_t index) const { return call_.value(index).integer; }
double Call::real(std::size_t index) const { return call_.value(index).real; }
Value Call::value(std::size_t index) const { return call_.value(index).to_value(); }

std::string_view Call::text(std::size_t index) const {
  auto value = call_.value(index);
  return value.kind == Kind::text ? text_of(value.bytes) : std::string_view();
}

ByteView Call::blob(std::size_t index) const {
  auto value = call_.value(index);
  return value.kind == Kind::blob ? value.bytes : ByteView();
}

Result<Rows> Call::read(const Sql& sql) const {
  Bytes params;
  if (!sql.params.empty()) {
    cbor::Writer out(params);
    request::write_params(out, sql.params);
  }
  auto ran = TRY(read_inside(call_, sql.text, params));
  auto blocks = std::make_shared<detail::RowBlocks>();
  blocks->statement = std::move(ran.statement);
  auto bytes = std::make_shared<const Bytes>(ran.rows.bytes());
  TRY(blocks->add_all(bytes, *bytes));
  return Rows(std::move(blocks));
}

// ---- The set-up ----

void SetUp::keep(Result<void> added) {
  if (!added && !problem_) problem_ = added.error();
}

void SetUp::function(std::string name, FunctionOptions options, Function function) {
  if (!function) return keep(no_function(name));
  auto kept = described(std::move(name), options);
  kept.call = [function = std::move(function)](const FunctionCall& call) {
    return guard([&] { return function(Call(call)); });
  };
  keep(functions_.add(std::move(kept)));
}

void SetUp::aggregate(std::string name, FunctionOptions options,
                      std::function<std::unique_ptr<Aggregate>()> begin) {
  class AtWork : public Aggregation {
   public:
    explicit AtWork(std::unique_ptr<Aggregate> aggregate) : aggregate_(std::move(aggregate)) {}
    Result<void> step(const FunctionCall& call) override {
      return guard([&] { return aggregate_->step(Call(call)); });
    }
    Result<Value> finish(const FunctionCall&) override {
      return guard([&] { return aggregate_->finish(); });
    }

   private:
    std::unique_ptr<Aggregate> aggregate_;
  };

  if (!begin) return keep(no_function(name));
  auto kept = described(std::move(name), options);
  kept.begin = [begin = std::move(begin)]() -> Result<std::unique_ptr<Aggregation>> {
    return guard([&]() -> Result<std::unique_ptr<Aggregation>> {
      auto aggregate = begin();
      if (!aggregate) return fail(Code::bad_request, "it began with nothing", "make an Aggregate");
      return std::unique_ptr<Aggregation>(new AtWork(std::move(aggregate)));
    });
  };
  keep(functions_.add(std::move(kept)));
}

class SetUpRun {
 public:
  static Result<void> run(const SetUpFunction& set_up, ApplicationFunctions& functions,
                          std::string_view config) {
    SetUp context(functions, std::string(config));
    TRY(set_up(context));
    if (context.problem_) return *context.problem_;
    return {};
  }
};

void give_set_up(Engine& engine, SetUpFunction set_up) {
  if (!set_up) return;
  engine.set_set_up([set_up = std::move(set_up)](ApplicationFunctions& functions,
                                                 std::string_view config) -> Result<void> {
    auto done = guard([&] { return SetUpRun::run(set_up, functions, config); });
    if (done) return done;
    auto error = done.error();
    error.message = "the set-up failed: " + error.message;
    return error;
  });
}

}  // namespace outboard
