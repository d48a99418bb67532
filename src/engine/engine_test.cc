// The engine's door: hello, open, close, frames that make no sense (H1, H10, L10).

#include "engine/engine.h"

#include "engine/engine_testing.h"

namespace outboard {
namespace {

using Start = TestClient::Start;

TEST(EngineDoor, H10_HelloAgreesOnAVersionOrSaysWhoIsOld) {
  EngineTrial trial;
  TestClient a(trial, Start::bare);
  EXPECT_EQ(a.exec("select 1"), "bad_request");
  auto newer = a.hello(protocol_version + 1, protocol_version + 3);
  EXPECT_EQ(newer.brief(), "outdated");
  EXPECT_NE(newer.error->hint, "");
  EXPECT_EQ(a.open(trial.open), "bad_request");
  EXPECT_EQ(a.hello(0, 99).kind, FrameKind::hello);
  EXPECT_EQ(a.open(trial.open), "ok 0");
}

TEST(EngineDoor, RequestsBeforeOpenAndAfterCloseAreRefused) {
  EngineTrial trial;
  TestClient a(trial, Start::greeted);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(a.exec("select 1"), "bad_request");
    EXPECT_EQ(a.batch({"select 1"}), "bad_request");
    EXPECT_EQ(a.many("select ?", {{1}}), "bad_request");
    EXPECT_EQ(a.done(a.ask_stream("select 1", 1)), "bad_request");
    EXPECT_EQ(a.plain("begin", 1), "bad_request");
    EXPECT_EQ(a.plain("commit", 1), "bad_request");
    EXPECT_EQ(a.plain("export", 0), "bad_request");
    EXPECT_EQ(a.import({}), "bad_request");
    EXPECT_EQ(a.open(trial.open), "ok 0");
    EXPECT_EQ(a.open(trial.open), "bad_request");
    EXPECT_EQ(a.exec("select 1"), "1");
    EXPECT_FALSE(trial.engine.is_closed());
    EXPECT_EQ(a.plain("close", 0), "ok 0");
    EXPECT_TRUE(trial.engine.is_closed());
  }
  EXPECT_EQ(a.plain("close", 0), "ok 0");
}

TEST(EngineDoor, AClientThatClosedIsOutWhileOthersGoOn) {
  EngineTrial trial;
  TestClient a(trial), b(trial), c(trial, Start::greeted);
  EXPECT_EQ(c.exec("select 1"), "bad_request");
  EXPECT_EQ(a.exec("create table t(v)"), "ok 0");
  EXPECT_EQ(a.plain("close", 0), "ok 0");
  EXPECT_EQ(a.done(a.ask_stream("select 1", 1)), "bad_request");
  EXPECT_EQ(b.exec("select count(*) from t"), "0");
  EXPECT_EQ(a.open(trial.open), "ok 0");
  auto stream = a.ask_stream(counting(3), 1);
  EXPECT_EQ(b.plain("close", 0), "ok 0");
  EXPECT_FALSE(trial.engine.is_closed());
  a.credit(stream, 9);
  EXPECT_EQ(a.done(stream), "1|2|3");
  a.disconnect();
  EXPECT_TRUE(trial.engine.is_closed());
}

TEST(EngineDoor, L8_CloseEndsEverythingThatIsUnderWay) {
  EngineTrial trial;
  TestClient a(trial), b(trial);
  a.exec("create table t(v)");
  EXPECT_EQ(b.plain("begin", 1), "ok 0");
  std::vector<std::uint64_t> ids{a.ask_stream(counting(100), 1),
                                 a.ask("insert into t values (1)"),
                                 a.ask_plain("begin", {.session = 1}),
                                 a.ask_many("insert into t values (?)", {{1}}, true),
                                 a.ask_many("select ?", {{1}}, true),
                                 a.ask_import(Bytes(100), true),
                                 a.ask_plain("export")};
  trial.run();
  ids.push_back(a.ask("select 1"));
  auto close = a.ask_plain("close");
  ids.push_back(a.ask("select 2"));
  EXPECT_EQ(a.done(close), "ok 0");
  for (auto id : ids) EXPECT_TRUE(a.answer(id).ended) << id << " " << a.brief(id);
  EXPECT_EQ(a.brief(ids[0]), "cancelled");
  EXPECT_EQ(b.exec("insert into t values (2)", {.session = 1}), "ok 1");
  EXPECT_EQ(b.plain("close", 0), "ok 0");
  EXPECT_TRUE(trial.engine.is_closed());
}

TEST(EngineDoor, L8_CloseRollsBackWhatIsOpen) {
  EngineTrial trial;
  TestClient a(trial), b(trial);
  a.exec("create table t(v)");
  a.plain("begin", 1);
  a.exec("insert into t values (1)", {.session = 1});
  auto waiting = b.ask("insert into t values (2)");
  EXPECT_EQ(a.plain("close", 0), "ok 0");
  EXPECT_EQ(b.brief(waiting), "ok 1");
  EXPECT_EQ(b.exec("select v from t"), "2");
}

TEST(EngineDoor, L8_AnEngineGoesWithEverythingInFlight) {
  auto trial = std::make_unique<EngineTrial>();
  TestClient a(*trial);
  a.exec("create table t(v)");
  a.ask_stream(counting(100), 1);
  a.ask_many("insert into t values (?)", {{1}}, true);
  a.ask_plain("begin", {.session = 1});
  trial->run();
  a.ask("select 1");
  a.lose_engine();
  trial.reset();
}

TEST(EngineDoor, L10_WhatIsNoRequestIsAnsweredWithAnErrorUnderItsId) {
  EngineTrial trial;
  TestClient a(trial);
  auto request = [&](auto write_body) {
    return a.send([&](Bytes& message, std::uint64_t id) {
      FrameWriter frame(message);
      cbor::Writer out(message);
      begin_envelope(out, FrameKind::request, id, {}, 2);
      write_body(out);
      frame.end_head();
      frame.finish();
    });
  };
  EXPECT_EQ(a.done(request([](cbor::Writer& out) { out.text("drop"), out.map(0); })),
            "bad_request");
  EXPECT_NE(a.last().message().find("drop"), std::string::npos);
  EXPECT_EQ(a.done(request([](cbor::Writer& out) { out.text("exec"), out.map(0); })),
            "bad_request");
  EXPECT_EQ(a.done(request([](cbor::Writer& out) { out.count(1), out.map(0); })), "bad_request");
  EXPECT_EQ(a.done(request([](cbor::Writer& out) { out.text("exec"), out.text("select 1"); })),
            "bad_request");
  for (auto kind : {FrameKind::reply, FrameKind::error, FrameKind::event})
    EXPECT_EQ(a.done(a.send([&](Bytes& message, std::uint64_t id) {
      write_bare_frame(message, kind, id, {});
    })),
              "bad_request");
  EXPECT_EQ(a.exec("select 1"), "1");
}

TEST(EngineDoor, L10_AMessageWithoutFramesDoesNoHarm) {
  EngineTrial trial;
  TestClient a(trial);
  std::mt19937 random(7);
  for (int i = 0; i < 2'000; ++i) {
    Bytes junk(random() % 64);
    for (auto& byte : junk) byte = static_cast<std::uint8_t>(random());
    if (i % 2 && junk.size() >= 8) {  // lengths that are right at least
      junk.resize(junk.size() / 8 * 8);
      store_le(junk.data(), static_cast<std::uint32_t>(junk.size()));
      store_le(junk.data() + 4, static_cast<std::uint32_t>(junk.size() - 8));
    }
    a.send_raw(std::move(junk));
  }
  trial.run();
  EXPECT_EQ(a.answer(0).brief(), "bad_request");
  EXPECT_EQ(a.exec("select 1"), "1");
}

TEST(EngineDoor, H1_RepliesCarryEpochAndCommitNumber) {
  EngineTrial trial;
  TestClient a(trial), b(trial);
  a.exec("create table t(v)");
  auto before = a.last().head;
  EXPECT_NE(before.epoch, 0u);
  a.exec("insert into t values (1)");
  EXPECT_EQ(a.last().head.commit, before.commit + 1);
  b.exec("select 1");
  EXPECT_EQ(b.last().head, a.last().head);
  EXPECT_EQ(b.exec("nonsense"), "bad_request");
  EXPECT_EQ(b.last().head, a.last().head);
}

TEST(EngineDoor, PingIsAnsweredBeforeAnythingElse) {
  EngineTrial trial;
  TestClient a(trial, Start::bare);
  auto ping = a.send(
      [](Bytes& message, std::uint64_t id) { write_bare_frame(message, FrameKind::ping, id, {}); });
  EXPECT_EQ(a.answer(ping).kind, FrameKind::ping);
}

TEST(EngineDoor, MessagesOfAClientThatIsGoneAreDropped) {
  EngineTrial trial;
  TestClient a(trial), b(trial);
  auto id = a.id();
  a.disconnect();
  Bytes message;
  request::write_exec(message, 1, {}, "select 1");
  trial.engine.receive(id, std::move(message));
  trial.run();
  EXPECT_TRUE(trial.engine.take_output(id).empty());
  EXPECT_EQ(b.exec("select 1"), "1");
}

}  // namespace
}  // namespace outboard
