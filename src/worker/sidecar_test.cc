// A sidecar, at the other end of a real socket (rules H20, L10).

#include "worker/sidecar.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <future>

#include "base/bytes.h"
#include "protocol/request.h"
#include "worker/child_process.h"
#include "worker/message_socket.h"

namespace outboard {
namespace {

using namespace std::chrono_literals;

struct Sidecars : testing::Test {
  Sidecars() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    ours = Descriptor(ends[0]);
    ended = std::async(std::launch::async, [theirs = Descriptor(ends[1])]() mutable {
      return run_sidecar(theirs.get(), {.beat = 60s, .stall_max = 60s});
    });
    EXPECT_EQ(next()->kind, MessageKind::ready);
  }

  void send(ByteView raw) {
    EXPECT_EQ(::send(ours.get(), raw.data(), raw.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(raw.size()));
  }

  // Nothing: it has closed.
  std::optional<SocketMessage> next() {
    for (;;) {
      auto message = reader.next();
      if (!message) return std::nullopt;
      if (*message) return std::move(**message);
      auto open = reader.read_from(ours.get());
      if (!open || !*open) return std::nullopt;
    }
  }

  Descriptor ours;
  MessageReader reader;
  std::future<int> ended;
};

TEST_F(Sidecars, H20_EndsWhenItsClientIsGone) {
  ours.close();
  EXPECT_EQ(ended.get(), 0);
}

TEST_F(Sidecars, L10_HalfAMessageAndThenNothingIsAnEndLikeAnyOther) {
  send(Bytes{200, 0, 0, 0, 0, 0});
  ours.close();
  EXPECT_EQ(ended.get(), 0);
}

TEST_F(Sidecars, L7_AMessageBeyondTheLimitEndsIt) {
  send(Bytes{255, 255, 255, 255, 0, 0, 0, 0});
  EXPECT_EQ(next()->kind, MessageKind::failed);
  EXPECT_FALSE(next().has_value());
  EXPECT_EQ(ended.get(), 1);
}

TEST_F(Sidecars, L10_HalfAFrameIsToldAndItGoesOn) {
  Bytes half{24, 0, 0, 0, 1, 0, 0, 0};
  EXPECT_TRUE(write_message(ours.get(), MessageKind::protocol, half));
  auto told = next();
  ASSERT_TRUE(told.has_value());
  EXPECT_NE(text_of(told->body).find("bad_request"), std::string_view::npos);
  Bytes hello;
  request::write_hello(hello, 1);
  EXPECT_TRUE(write_message(ours.get(), MessageKind::protocol, hello));
  EXPECT_TRUE(next().has_value());
  ours.close();
  EXPECT_EQ(ended.get(), 0);
}

}  // namespace
}  // namespace outboard
