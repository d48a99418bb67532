#include "sync/outbox.h"

#include <gtest/gtest.h>

namespace outboard::sync {
namespace {

// Numbers all that may be numbered, from `seq` on; returns their ids.
std::vector<std::uint64_t> numbered(Outbox& outbox, std::uint64_t& seq,
                                    const std::string& subject = "ann") {
  std::vector<std::uint64_t> ids;
  while (auto* item = outbox.next(subject)) {
    ids.push_back(item->id);
    outbox.number(item->id, ++seq);
  }
  return ids;
}

using Ids = std::vector<std::uint64_t>;

TEST(OutboxTest, Y4_all_flow_in_order_while_nothing_is_refused) {
  Outbox outbox;
  std::uint64_t seq = 0;
  for (std::uint64_t id : {1, 2, 3}) outbox.add({.id = id, .subject = "ann", .rows = {7}});
  EXPECT_EQ(numbered(outbox, seq), (Ids{1, 2, 3}));
  EXPECT_TRUE(outbox.stored(1));
  EXPECT_FALSE(outbox.stored(1));  // a verdict that is repeated
  EXPECT_EQ(outbox.items().size(), 2u);
}

TEST(OutboxTest, Y4_what_depends_on_a_refused_one_waits_and_all_else_flows) {
  Outbox outbox;
  std::uint64_t seq = 0;
  outbox.add({.id = 1, .subject = "ann", .rows = {1}});
  numbered(outbox, seq);
  EXPECT_TRUE(outbox.park(1, Reason::denied));
  outbox.add({.id = 2, .subject = "ann", .rows = {2}});
  outbox.add({.id = 3, .subject = "ann", .rows = {1, 3}});  // the same row
  outbox.add({.id = 4, .subject = "ann", .rows = {3, 4}});  // a row of what waits
  outbox.add({.id = 5, .subject = "ann", .rows = {5}});
  EXPECT_EQ(numbered(outbox, seq), (Ids{2, 5}));
}

TEST(OutboxTest, Y4_a_retry_says_again_what_depends_on_it_and_was_refused_in_order) {
  Outbox outbox;
  std::uint64_t seq = 0;
  outbox.add({.id = 1, .subject = "ann", .rows = {1}});
  outbox.add({.id = 2, .subject = "ann", .rows = {1, 2}});  // was on its way already
  outbox.add({.id = 3, .subject = "ann", .rows = {9}});
  numbered(outbox, seq);
  outbox.park(1, Reason::denied);
  outbox.park(2, Reason::denied);
  outbox.park(3, Reason::denied);
  outbox.add({.id = 4, .subject = "ann", .rows = {2}});
  EXPECT_EQ(numbered(outbox, seq), Ids{});
  EXPECT_EQ(outbox.retry(1), (Ids{1, 2}));
  EXPECT_EQ(numbered(outbox, seq), (Ids{1, 2, 4}));
  EXPECT_EQ(seq, 6u);  // under new numbers
}

TEST(OutboxTest, a_discarded_one_holds_nothing_back) {
  Outbox outbox;
  std::uint64_t seq = 0;
  outbox.add({.id = 1, .subject = "ann", .rows = {1}});
  numbered(outbox, seq);
  EXPECT_FALSE(outbox.discard(1));  // it may still be stored
  outbox.park(1, Reason::too_large);
  outbox.add({.id = 2, .subject = "ann", .rows = {1}});
  EXPECT_TRUE(outbox.discard(1));
  EXPECT_FALSE(outbox.park(1, Reason::too_large));  // its verdict, once more
  EXPECT_EQ(numbered(outbox, seq), (Ids{2}));
}

TEST(OutboxTest, Y9_what_another_subject_wrote_waits_for_that_subject) {
  Outbox outbox;
  std::uint64_t seq = 0;
  outbox.add({.id = 1, .subject = "ann", .rows = {1}});
  outbox.add({.id = 2, .subject = "bob", .rows = {2}});
  outbox.add({.id = 3, .subject = "bob", .rows = {1}});
  EXPECT_EQ(numbered(outbox, seq, "bob"), (Ids{2}));
  EXPECT_EQ(numbered(outbox, seq, "ann"), (Ids{1}));
  EXPECT_EQ(numbered(outbox, seq, "bob"), (Ids{3}));
}

}  // namespace
}  // namespace outboard::sync
