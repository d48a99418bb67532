#include "sync/transaction.h"

#include <gtest/gtest.h>

#include "base/cbor.h"
#include "sync/golden_testing.h"
#include "sync/limits.h"

namespace outboard::sync {
namespace {

using trial::counting_up;

Header header_of(std::uint64_t seq = 7) {
  return {.space = "notes",
          .replica = ReplicaId{5},
          .seq = seq,
          .stamp = {.time = 99, .replica = 5},
          .seen = 40,
          .parts = {{}}};
}

const Bytes body = counting_up(20, 100);

std::optional<Code> refusal(ByteView frozen) {
  auto read = thaw(frozen);
  return read.ok() ? std::nullopt : std::optional(read.error().code);
}

TEST(TransactionTest, comes_back_as_it_was_frozen) {
  Header header = header_of();
  header.parts = {{.topic = "work"}, {.key_id = "key-1", .algorithm = 1}};
  Bytes second = counting_up(3, 0), parts[] = {body, second};
  auto frozen = freeze(header, parts);
  auto read = thaw(frozen);
  ASSERT_TRUE(read.ok()) << to_string(read.error());
  header.parts[0].bytes = body.size(), header.parts[0].hash = sha256(body);
  header.parts[1].bytes = second.size(), header.parts[1].hash = sha256(second);
  EXPECT_EQ(read->header, header);
  EXPECT_EQ(to_hex(read->parts[0]), to_hex(body));
  EXPECT_EQ(to_hex(read->parts[1]), to_hex(second));
}

TEST(TransactionTest, a_header_is_the_same_bytes_for_another_encoder) {
  auto golden = trial::golden()["header"];
  ASSERT_FALSE(golden.empty());
  // Its hashes are those of no bytes that anybody knows; so it is only taken apart.
  EXPECT_EQ(refusal(golden), Code::bad_request);
  Header header = {.space = "notes",
                   .replica = ReplicaId{0x0102030405060708},
                   .seq = 7,
                   .stamp = {.time = 0x1011121314151617, .replica = 0x0102030405060708},
                   .seen = 40,
                   .parts = {{}, {.topic = "work", .key_id = "key-1", .algorithm = 1}}};
  Bytes parts[] = {counting_up(3, 0), {}};
  auto frozen = to_hex(freeze(header, parts)), expected = to_hex(golden);
  auto put = [&](const char* hash, const Digest& instead) {
    auto at = expected.find(hash);
    ASSERT_NE(at, std::string::npos);
    expected.replace(at, 64, to_hex(instead));
  };
  put("4041424344", sha256(parts[0]));
  put("6061626364", sha256(parts[1]));
  EXPECT_EQ(frozen, expected + to_hex(parts[0]));
}

TEST(TransactionTest, cut_or_changed_anywhere_it_is_refused_or_has_another_digest) {
  Bytes parts[] = {body};
  const auto frozen = freeze(header_of(), parts);
  for (std::size_t size = 0; size < frozen.size(); ++size)
    EXPECT_TRUE(refusal(ByteView(frozen).first(size))) << size;
  for (std::size_t at = 0; at < frozen.size(); ++at) {
    Bytes changed = frozen;
    changed[at] ^= 1;
    EXPECT_TRUE(refusal(changed) || digest_of(changed) != digest_of(frozen)) << at;
  }
  Bytes longer = frozen;
  longer.push_back(0);
  EXPECT_TRUE(refusal(longer));
}

TEST(TransactionTest, Y6_a_stamp_that_names_another_replica_is_refused) {
  Bytes parts[] = {body};
  auto header = header_of();
  header.stamp.replica = 6;
  EXPECT_EQ(refusal(freeze(header, parts)), Code::bad_request);
  EXPECT_TRUE(refusal(freeze(header_of(0), parts)));
}

TEST(TransactionTest, F25_a_newer_version_is_told_apart_from_nonsense) {
  Bytes parts[] = {body};
  auto header = header_of();
  header.version = 2;
  EXPECT_EQ(refusal(freeze(header, parts)), Code::outdated);
  header.version = 0;
  EXPECT_EQ(refusal(freeze(header, parts)), Code::bad_request);
}

TEST(TransactionTest, L7_is_at_most_4_MiB) {
  auto header = header_of();
  Bytes none[] = {Bytes(100'000)};  // its length is written as that of the large one
  auto head_bytes = freeze(header, none).size() - 100'000;
  Bytes parts[] = {Bytes(limits::transaction_bytes_max - head_bytes)};
  EXPECT_FALSE(refusal(freeze(header, parts)));
  parts[0].push_back(0);
  EXPECT_EQ(refusal(freeze(header, parts)), Code::too_large);
}

TEST(TransactionTest, its_digest_is_of_the_header_and_of_anything_there_is_one) {
  Bytes parts[] = {body};
  auto frozen = freeze(header_of(), parts);
  EXPECT_EQ(digest_of(frozen), sha256(ByteView(frozen).first(frozen.size() - body.size())));
  EXPECT_EQ(digest_of(trial::from_hex("ff00")), sha256(trial::from_hex("ff00")));
  EXPECT_EQ(digest_of({}), sha256({}));
}

TEST(ChainTest, Y2_differs_once_anything_in_the_log_does) {
  auto start = chain_start(counting_up<16>(1));
  Digest one = counting_up<32>(1), two = counting_up<32>(2);
  EntryFacts facts{.position = 1, .accepted_ms = 5, .subject = "ann"};
  auto chain = chain_after(start, facts, one);
  EXPECT_EQ(chain, chain_after(start, facts, one));
  EXPECT_NE(chain, chain_after(start, facts, two));
  EXPECT_NE(chain, chain_after(start, {2, 5, "ann"}, one));
  EXPECT_NE(chain, chain_after(start, {1, 6, "ann"}, one));
  EXPECT_NE(chain, chain_after(start, {1, 5, "bob"}, one));
  EXPECT_NE(chain, chain_after(chain_start(counting_up<16>(2)), facts, one));
}

}  // namespace
}  // namespace outboard::sync
