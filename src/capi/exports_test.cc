// The C interface, as a program uses it.

#include <outboard/outboard.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

extern "C" int outboard_c_program(char* answer, size_t room);

namespace outboard {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string hello = R"([0, 1, {}, {"protocol": [1, 1]}])";
const std::string open_memory = R"([1, 2, {}, "open", {"storage": "memory"}])";
std::string exec(int id, const std::string& sql) {
  return "[1, " + std::to_string(id) + R"(, {}, "exec", {"sql": ")" + sql + "\"}]";
}

const std::string endless = exec(
    9, "with recursive i(v) as (select 1 union all select v + 1 from i) select count(*) from i");

int send(outboard_engine* engine, const std::string& json) {
  outboard_message* frames = nullptr;
  EXPECT_EQ(outboard_from_json(json.data(), json.size(), &frames), OUTBOARD_OK) << json;
  int status = outboard_send(engine, frames->data, frames->bytes);
  outboard_free(frames);
  return status;
}

std::string next(outboard_engine* engine, int timeout_ms = 10'000) {
  outboard_message* message = nullptr;
  if (int status = outboard_next(engine, timeout_ms, &message); status != OUTBOARD_OK)
    return std::to_string(status);
  outboard_message* json = nullptr;
  EXPECT_EQ(outboard_to_json(message->data, message->bytes, &json), OUTBOARD_OK);
  std::string text(reinterpret_cast<const char*>(json->data), json->bytes);
  outboard_free(message);
  outboard_free(json);
  return text;
}

std::string ask(outboard_engine* engine, const std::string& json) {
  EXPECT_EQ(send(engine, json), OUTBOARD_OK);
  return next(engine);
}

class CInterface : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(engine, nullptr);
    ask(engine, hello);
    ASSERT_THAT(ask(engine, open_memory), StartsWith("[[2,2,"));
  }
  void TearDown() override { outboard_close(engine); }
  outboard_engine* engine = outboard_open();
};

TEST(CProgram, OfPedanticC99AsksAndIsAnswered) {
  char answer[512];
  EXPECT_EQ(outboard_c_program(answer, sizeof answer), OUTBOARD_OK);
  EXPECT_THAT(answer, StartsWith("[[2,3,{"));
  EXPECT_THAT(answer, HasSubstr(R"("columns":["seven"])"));
  EXPECT_THAT(answer, HasSubstr(",[[[7]]]]]"));
}

TEST(CConfig, OpensAnEngineAndItsDatabase) {
  auto open = [](const std::string& json, std::string& answer) {
    outboard_engine* engine = nullptr;
    outboard_message* message = nullptr;
    int status = outboard_open_config(json.data(), json.size(), &engine, &message);
    answer.assign(reinterpret_cast<const char*>(message->data), message->bytes);
    outboard_free(message);
    EXPECT_EQ(status == OUTBOARD_OK, engine != nullptr);
    return engine;
  };
  std::string answer;
  auto* engine = open(R"({"path": "x", "storage": "memory"})", answer);
  EXPECT_THAT(answer, HasSubstr(R"("storage":"memory")"));
  EXPECT_THAT(ask(engine, exec(3, "select 7")), HasSubstr("[[[7]]]"));
  EXPECT_EQ(outboard_close(engine), OUTBOARD_OK);

  EXPECT_EQ(open(R"({"storage": "disk", "x": 1})", answer), nullptr);
  EXPECT_THAT(answer, HasSubstr("path: it is missing\nstorage: \"disk\""));
  EXPECT_EQ(open(R"({"path": "x", "host": "inline"})", answer), nullptr);
  EXPECT_THAT(answer, HasSubstr("no \"inline\""));
  EXPECT_EQ(open(R"({"path": "/nowhere/x.db"})", answer), nullptr);
  EXPECT_THAT(answer, HasSubstr("/nowhere/x.db"));
  EXPECT_EQ(outboard_open_config(nullptr, 0, nullptr, nullptr), OUTBOARD_BAD_REQUEST);

  engine = open(R"({"path": "x", "storage": "memory", "host": "process"})", answer);
  EXPECT_THAT(answer, HasSubstr(R"("storage":"memory")"));
  EXPECT_THAT(ask(engine, exec(3, "select 7")), HasSubstr("[[[7]]]"));
  EXPECT_EQ(outboard_close(engine), OUTBOARD_OK);
}

TEST(CConfig, L8_AProcessThatIsLostEndsInWorkerLost) {
  std::string config = R"({"path": "x", "storage": "memory", "host": "process",
      "process": {"silence_max_ms": 400, "stall_max_ms": 100}})";
  outboard_engine* engine = nullptr;
  outboard_message* opened = nullptr;
  ASSERT_EQ(outboard_open_config(config.data(), config.size(), &engine, &opened), OUTBOARD_OK);
  outboard_free(opened);
  // Stuck in one step, it is ended.
  auto lost =
      ask(engine,
          exec(3, "select instr(zeroblob(20000000), cast(zeroblob(1000000) || x'01' as blob))"));
  EXPECT_THAT(lost, HasSubstr("at one step for 100 ms"));
  outboard_message* none = nullptr;
  EXPECT_EQ(outboard_next(engine, 0, &none), OUTBOARD_WORKER_LOST);
  EXPECT_EQ(outboard_close(engine), OUTBOARD_OK);
}

TEST_F(CInterface, H3_CarriesTheBytesOfTheProtocolBothWays) {
  EXPECT_THAT(ask(engine, exec(3, "create table t(v)")), HasSubstr("\"changes\":0"));
  EXPECT_THAT(ask(engine, R"~([1, 4, {}, "many", {"sql": "insert into t values (?)",
                               "sets": [[1], ["two"], [{"hex": "03"}], [null]]}])~"),
              HasSubstr("\"changes\":4"));
  EXPECT_THAT(ask(engine, exec(5, "select v from t")),
              HasSubstr(R"([[[1],["two"],[{"hex":"03"}],[null]]])"));
  EXPECT_THAT(ask(engine, exec(6, "select nothing")),
              testing::AllOf(StartsWith("[[3,6,"), HasSubstr(R"("code":"bad_request")")));
}

TEST_F(CInterface, L10_AnswersNullAndGarbageWithErrors) {
  outboard_message* message = nullptr;
  auto* never = reinterpret_cast<outboard_engine*>(std::uintptr_t{1} << 40);
  for (auto* nobody : {static_cast<outboard_engine*>(nullptr), never}) {
    EXPECT_EQ(outboard_send(nobody, "x", 1), OUTBOARD_BAD_REQUEST);
    EXPECT_EQ(outboard_next(nobody, 0, &message), OUTBOARD_BAD_REQUEST);
    EXPECT_EQ(outboard_wake_fd(nobody), -OUTBOARD_BAD_REQUEST);
    EXPECT_EQ(outboard_on_ready(nobody, nullptr, nullptr), OUTBOARD_BAD_REQUEST);
    EXPECT_EQ(outboard_close(nobody), OUTBOARD_BAD_REQUEST);
  }
  EXPECT_EQ(outboard_send(engine, nullptr, 8), OUTBOARD_BAD_REQUEST);
  EXPECT_EQ(outboard_next(engine, 0, nullptr), OUTBOARD_BAD_REQUEST);
  EXPECT_EQ(outboard_from_json(nullptr, 1, &message), OUTBOARD_BAD_REQUEST);
  EXPECT_EQ(outboard_from_json("[]", 2, nullptr), OUTBOARD_BAD_REQUEST);
  EXPECT_EQ(outboard_to_json(nullptr, 1, &message), OUTBOARD_BAD_REQUEST);
  EXPECT_EQ(outboard_to_json("x", 1, nullptr), OUTBOARD_BAD_REQUEST);
  outboard_free(nullptr);

  EXPECT_EQ(outboard_from_json("nonsense", 8, &message), OUTBOARD_BAD_REQUEST);
  EXPECT_THAT(reinterpret_cast<const char*>(message->data), HasSubstr("this is not JSON"));
  outboard_free(message);

  std::string garbage("\x10\0\0\0\x01\0\0\0garbage!", 16);
  EXPECT_EQ(outboard_send(engine, garbage.data(), garbage.size()), OUTBOARD_OK);
  EXPECT_THAT(next(engine), StartsWith("[[3,0,"));
  EXPECT_EQ(outboard_send(engine, garbage.data(), 5), OUTBOARD_OK);
  EXPECT_THAT(next(engine), StartsWith("[[3,0,"));
  EXPECT_THAT(ask(engine, R"([8, 7, {}])"), StartsWith("[[8,7,"));
}

TEST_F(CInterface, L7_RefusesAMessageBeyondTheLimit) {
  std::vector<std::uint8_t> large((128u << 20) + 8);
  EXPECT_EQ(outboard_send(engine, large.data(), large.size()), OUTBOARD_TOO_LARGE);
}

TEST_F(CInterface, NextWaitsAsLongAsItIsTold) {
  EXPECT_EQ(next(engine, 0), std::to_string(OUTBOARD_TIMEOUT));
  EXPECT_EQ(next(engine, 20), std::to_string(OUTBOARD_TIMEOUT));
}

TEST_F(CInterface, H9_ACancelFrameStopsARunningStatement) {
  send(engine, endless);
  EXPECT_EQ(next(engine, 20), std::to_string(OUTBOARD_TIMEOUT));
  EXPECT_THAT(ask(engine, "[6, 9, {}]"), HasSubstr("\"cancelled\""));
}

TEST_F(CInterface, TheDescriptorIsReadableWhileThereIsSomething) {
  int descriptor = outboard_wake_fd(engine);
  ASSERT_GE(descriptor, 0);
  EXPECT_EQ(outboard_wake_fd(engine), descriptor);
  EXPECT_EQ(next(engine, 0), std::to_string(OUTBOARD_TIMEOUT));  // puts out its first light
  pollfd readable = {descriptor, POLLIN, 0};
  EXPECT_EQ(::poll(&readable, 1, 0), 0);
  for (int round = 0; round < 100; ++round) {
    send(engine, "[[8, 11, {}], [8, 12, {}]]");
    send(engine, "[8, 13, {}]");
    std::string came;
    while (came.find("[8,13,") == std::string::npos) {
      ASSERT_EQ(::poll(&readable, 1, 10'000), 1);
      came += next(engine, 0);
    }
    EXPECT_THAT(came, HasSubstr("[8,12,"));
  }
}

TEST_F(CInterface, OnReadyCallsUntilItIsTakenBack) {
  std::atomic<int> calls{0};
  struct Context {
    std::atomic<int>& calls;
    outboard_engine* engine;
    int inside = 0;
  } context{calls, engine};
  auto call = [](void* given) {
    auto& told = *static_cast<Context*>(given);
    told.inside = outboard_close(told.engine) + outboard_on_ready(told.engine, nullptr, nullptr);
    ++told.calls;
    told.calls.notify_all();
  };
  EXPECT_EQ(outboard_on_ready(engine, call, &context), OUTBOARD_OK);
  EXPECT_EQ(calls, 1);  // at once
  EXPECT_EQ(context.inside, 2 * OUTBOARD_BAD_REQUEST);
  send(engine, "[8, 5, {}]");
  calls.wait(1);
  EXPECT_THAT(next(engine, 0), StartsWith("[[8,5,"));
  EXPECT_EQ(outboard_on_ready(engine, nullptr, nullptr), OUTBOARD_OK);
  int before = calls;
  ask(engine, "[8, 6, {}]");
  EXPECT_EQ(calls, before);
}

TEST_F(CInterface, SeveralThreadsShareWhatComes) {
  std::atomic<int> taken{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      outboard_message* message = nullptr;
      while (outboard_next(engine, -1, &message) == OUTBOARD_OK) {
        outboard_message* json = nullptr;
        outboard_to_json(message->data, message->bytes, &json);
        std::string text(reinterpret_cast<const char*>(json->data));
        for (std::size_t at = 0; (at = text.find("[8,", at)) != std::string::npos; ++at) ++taken;
        taken.notify_all();
        outboard_free(json);
        outboard_free(message);
      }
    });
  for (int id = 1; id <= 300; ++id) send(engine, "[8, " + std::to_string(id) + ", {}]");
  for (int so_far = taken; so_far < 300; so_far = taken) taken.wait(so_far);
  EXPECT_EQ(outboard_close(engine), OUTBOARD_OK);  // ends their waiting
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(taken, 300);
  EXPECT_EQ(outboard_close(engine), OUTBOARD_BAD_REQUEST);
  EXPECT_EQ(send(engine, "[8, 1, {}]"), OUTBOARD_BAD_REQUEST);
}

TEST_F(CInterface, ClosingTakesBackWhatNeverEnds) {
  send(engine, endless);
  EXPECT_EQ(outboard_close(engine), OUTBOARD_OK);
}

TEST_F(CInterface, AMessageOutlivesItsEngine) {
  send(engine, "[8, 5, {}]");
  outboard_message* message = nullptr;
  ASSERT_EQ(outboard_next(engine, 10'000, &message), OUTBOARD_OK);
  outboard_close(engine);
  outboard_message* json = nullptr;
  EXPECT_EQ(outboard_to_json(message->data, message->bytes, &json), OUTBOARD_OK);
  outboard_free(message);
  outboard_free(json);
}

TEST(CInterfaceAlone, AnEngineMayBeClosedAtOnce) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(outboard_close(outboard_open()), OUTBOARD_OK);
  EXPECT_THAT(outboard_version(), testing::MatchesRegex("[0-9.]+"));
}

}  // namespace
}  // namespace outboard
