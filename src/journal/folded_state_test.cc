#include "journal/folded_state.h"

#include "base/limits.h"
#include "journal/journal_testing.h"

namespace outboard::journal::trial {
namespace {

constexpr const char* schema =
    "create table t(id text primary key not null, a unique, b); select outboard_track('t')";

class FoldedStateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::uint8_t burnt[3];
    for (auto* each : {&two, &three, &three}) each->platform.random(burnt);
    for (auto* each : {&one, &two, &three}) ASSERT_EQ(each->run(schema), "ok");
  }

  struct State {
    std::vector<Bytes> pieces;
    Digest digest;
  };
  static State state_of(JournalTrial& of) {
    State state;
    EXPECT_EQ(of.run("begin"), "ok");
    EXPECT_TRUE(of.journal->fold().ok());
    auto world = of.journal->merger().world();
    StateReader reader(of.journal->merger().merged(), world);
    for (auto piece = *reader.next(); piece; piece = *reader.next()) state.pieces.push_back(*piece);
    state.digest = reader.digest();
    EXPECT_EQ(of.run("commit"), "ok");
    return state;
  }

  static void give(JournalTrial& from, JournalTrial& to) {
    for (const auto& record : from.records()) {
      auto body = encode(record.intent);
      ASSERT_TRUE(to.journal->apply(*body).ok());
    }
  }

  JournalTrial one{"one"}, two{"two"}, three{"three"};
};

TEST_F(FoldedStateTest, a_state_is_as_good_as_the_transactions_that_it_comes_of) {
  one.run("insert into t values ('1', 'same', 1), ('2', 2, 2); delete from t where id = '2'");
  two.run(
      "insert into t values ('3', 'same', x'00'), ('4', 4, char(255, 0)); update t set b = 1.5");
  give(two, one);
  give(one, one);
  give(one, two);
  auto state = state_of(one);
  EXPECT_EQ(state.digest, state_of(two).digest);
  for (const auto& piece : state.pieces) ASSERT_TRUE(three.journal->merge_state(piece).ok());
  EXPECT_EQ(state_of(three).digest, state.digest);
  EXPECT_EQ(three.ask("select * from t order by id"), one.ask("select * from t order by id"));
  three.run("delete from t where a = 'same'");
  EXPECT_EQ(three.ask("select count(*) from t"), "2");  // who had waited for the key is there
}

TEST_F(FoldedStateTest, what_is_pending_is_not_in_a_state_and_stays_pending) {
  one.run("insert into t values ('1', 1, 1)");
  EXPECT_TRUE(state_of(one).pieces.empty());
  give(one, one);
  auto state = state_of(one);
  give(one, three);
  three.run("update t set b = 'mine'");
  for (int times = 0; times < 2; ++times) {
    for (const auto& piece : state.pieces) ASSERT_TRUE(three.journal->merge_state(piece).ok());
  }
  EXPECT_EQ(three.ask("select b from t"), "mine");
  EXPECT_EQ(state_of(three).digest, state.digest);
}

TEST_F(FoldedStateTest, J14_what_is_written_after_a_state_was_taken_in_is_later) {
  for (int i = 0; i < 500; ++i) (void)one.platform.wall_ms();  // ahead
  one.run("insert into t values ('1', 1, 1)");
  give(one, one);
  for (const auto& piece : state_of(one).pieces)
    ASSERT_TRUE(three.journal->merge_state(piece).ok());
  three.journal.reset();
  three.journal = std::move(*Journal::open(three.writer(), three.platform));
  three.run("update t set a = 2");
  EXPECT_GT(three.records().back().intent.stamp, one.records().back().intent.stamp);
  give(three, one);
  EXPECT_EQ(one.ask("select a from t"), "2");
}

TEST_F(FoldedStateTest, a_large_state_comes_in_pieces) {
  one.run(
      "with recursive n(i) as (select 1 union all select i + 1 from n where i < 60) "
      "insert into t select i, i, zeroblob(100000) from n");
  give(one, one);
  auto state = state_of(one);
  EXPECT_GT(state.pieces.size(), 3u);
  for (const auto& piece : state.pieces) {
    EXPECT_LT(piece.size(), limits::state_piece_bytes + 110'000);
    ASSERT_TRUE(three.journal->merge_state(piece).ok());
  }
  EXPECT_EQ(state_of(three).digest, state.digest);
}

TEST_F(FoldedStateTest, what_no_replica_writes_is_refused) {
  one.run("insert into t values ('1', 1, 1), ('2', 2, 2); delete from t where id = '2'");
  give(one, one);
  auto piece = state_of(one).pieces.at(0);
  ASSERT_TRUE(decode_state(piece).ok());
  for (std::size_t size = 0; size < piece.size(); ++size)
    EXPECT_FALSE(decode_state(ByteView(piece).first(size)).ok());
  std::size_t refused = 0;
  for (std::size_t at = 0; at < piece.size(); ++at) {
    auto changed = piece;
    changed[at] ^= 0x41;
    refused += !decode_state(changed).ok();
    auto merged = three.journal->merge_state(changed);  // the rest is some state: no harm done
    EXPECT_FALSE(three.writer().in_transaction());
  }
  EXPECT_GT(refused, piece.size() / 4);
  EXPECT_EQ(three.run("insert into t values ('9', 'nine', 9)"), "ok");
}

}  // namespace
}  // namespace outboard::journal::trial
