#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/bytes.h"
#include "base/cbor.h"

namespace outboard::cbor {
namespace {

Bytes from_hex(std::string_view hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(
        static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return bytes;
}

// Whether `read` finds no fault in the bytes and takes all of them.
template <class Read>
bool reads(std::string_view hex, Read read) {
  auto bytes = from_hex(hex);
  Reader in(bytes);
  read(in);
  return in.ok() && in.at_end();
}

bool skips(std::string_view hex) {
  return reads(hex, [](Reader& in) { in.skip(); });
}

template <class Read>
std::string complaint(const Bytes& bytes, Read read) {
  Reader in(bytes);
  read(in);
  return in.ok() ? "none" : in.error().message;
}

// That many arrays of one item inside each other, around `innermost`.
Bytes nested(std::size_t arrays, std::initializer_list<std::uint8_t> innermost) {
  Bytes bytes(arrays, 0x81);
  bytes.insert(bytes.end(), innermost);
  return bytes;
}

TEST(CborReaderTest, integers_of_64_bits_are_read) {
  const std::pair<const char*, std::int64_t> edges[] = {
      {"00", 0},
      {"17", 23},
      {"1818", 24},
      {"20", -1},
      {"1b7fffffffffffffff", std::numeric_limits<std::int64_t>::max()},
      {"3b7fffffffffffffff", std::numeric_limits<std::int64_t>::min()},
      {"1b0000000000000001", 1},  // longer than it needs to be
      {"190001", 1}};
  for (auto& [hex, value] : edges)
    EXPECT_TRUE(reads(hex, [&](Reader& in) { EXPECT_EQ(in.integer(), value); })) << hex;
}

TEST(CborReaderTest, integers_beyond_64_bits_are_refused) {
  for (auto hex :
       {"1b8000000000000000", "1bffffffffffffffff", "3b8000000000000000", "3bffffffffffffffff"}) {
    EXPECT_FALSE(reads(hex, [](Reader& in) { EXPECT_EQ(in.integer(), 0); })) << hex;
    EXPECT_FALSE(reads(hex, [](Reader& in) { in.value(); })) << hex;
    EXPECT_FALSE(reads(hex, [](Reader& in) { EXPECT_EQ(in.real(), 0); })) << hex;
  }
  EXPECT_TRUE(
      reads("1bffffffffffffffff", [](Reader& in) { EXPECT_EQ(in.count(), ~std::uint64_t{0}); }));
}

TEST(CborReaderTest, a_count_is_not_negative) {
  EXPECT_FALSE(reads("20", [](Reader& in) { EXPECT_EQ(in.count(), 0u); }));
}

TEST(CborReaderTest, a_real_may_be_an_integer_but_not_the_other_way_round) {
  EXPECT_TRUE(reads("1903e8", [](Reader& in) { EXPECT_EQ(in.real(), 1000.0); }));
  EXPECT_TRUE(reads("29", [](Reader& in) { EXPECT_EQ(in.real(), -10.0); }));
  EXPECT_TRUE(reads("fa47c35000", [](Reader& in) { EXPECT_EQ(in.real(), 100'000.0); }));
  EXPECT_FALSE(reads("f93c00", [](Reader& in) { EXPECT_EQ(in.integer(), 0); }));
}

TEST(CborReaderTest, text_and_bytes_are_views) {
  Bytes bytes = from_hex("62c3bc43010203");
  Reader in(bytes);
  EXPECT_EQ(in.text(), "\xC3\xBC");
  auto blob = in.blob();
  EXPECT_EQ(blob.data(), bytes.data() + 4);
  EXPECT_EQ(blob.size(), 3u);
  EXPECT_TRUE(in.ok() && in.at_end());
}

TEST(CborReaderTest, texts_that_are_not_utf8_are_refused) {
  for (auto hex : {"61ff", "61c3", "62c080", "63eda080", "64f4908080"})
    EXPECT_FALSE(reads(hex, [](Reader& in) { EXPECT_EQ(in.text(), ""); })) << hex;
}

TEST(CborReaderTest, each_reader_refuses_other_types) {
  const char* items[] = {"01", "20", "4101", "6161", "80", "a0", "f4", "f6", "f93c00"};
  auto accepted = [&](auto read) {
    std::string all;
    for (auto hex : items) all += reads(hex, read) ? '1' : '0';
    return all;
  };
  EXPECT_EQ(accepted([](Reader& in) { in.integer(); }), "110000000");
  EXPECT_EQ(accepted([](Reader& in) { in.count(); }), "100000000");
  EXPECT_EQ(accepted([](Reader& in) { in.real(); }), "110000001");
  EXPECT_EQ(accepted([](Reader& in) { in.blob(); }), "001000000");
  EXPECT_EQ(accepted([](Reader& in) { in.text(); }), "000100000");
  EXPECT_EQ(accepted([](Reader& in) { in.array(); }), "000010000");
  EXPECT_EQ(accepted([](Reader& in) { in.map(); }), "000001000");
  EXPECT_EQ(accepted([](Reader& in) { in.boolean(); }), "000000100");
  EXPECT_EQ(accepted([](Reader& in) { in.value(); }), "111100011");
  EXPECT_EQ(accepted([](Reader& in) { in.skip(); }), "111111111");
}

TEST(CborReaderTest, peek_tells_what_comes_without_taking_it) {
  const std::pair<const char*, Type> types[] = {
      {"", Type::end},        {"17", Type::integer},  {"20", Type::integer},
      {"40", Type::blob},     {"60", Type::text},     {"80", Type::array},
      {"a0", Type::map},      {"f4", Type::boolean},  {"f5", Type::boolean},
      {"f6", Type::null},     {"f90000", Type::real}, {"fa00000000", Type::real},
      {"fb", Type::real},     {"c0", Type::broken},   {"f7", Type::broken},
      {"f818", Type::broken}, {"e0", Type::broken},   {"ff", Type::broken}};
  for (auto& [hex, type] : types) {
    auto bytes = from_hex(hex);
    Reader in(bytes);
    EXPECT_EQ(in.peek(), type) << hex;
    EXPECT_EQ(in.rest().size(), bytes.size());
  }
}

TEST(CborReaderTest, what_messages_do_not_need_is_refused) {
  const char* unused[] = {
      "5f4101ff",   "7f6161ff", "9f01ff",
      "bf616101ff", "ff",                              // of indefinite length, and its end
      "c074",       "d81800",   "dbffffffffffffffff",  // tags
      "f7",         "f0",       "f820",
      "e0",  // undefined and simple values
      "1c",         "3d",       "5e",
      "fc",  // reserved
  };
  for (auto hex : unused) {
    EXPECT_FALSE(skips(hex)) << hex;
    EXPECT_FALSE(reads(hex, [](Reader& in) { in.value(); })) << hex;
    EXPECT_FALSE(skips(std::string("81") + hex)) << hex;
  }
}

TEST(CborReaderTest, L7_a_length_beyond_the_end_is_refused_and_allocates_nothing) {
  for (auto hex : {"5bffffffffffffffff", "7bffffffffffffffff", "5a7fffffff00", "420a", "6161"})
    EXPECT_EQ(skips(hex), std::string_view(hex) == "6161") << hex;
  for (auto hex : {"9bffffffffffffffff", "bbffffffffffffffff", "bb8000000000000000", "9a0000000200",
                   "a100", "8200"}) {
    EXPECT_FALSE(skips(hex)) << hex;
    EXPECT_FALSE(reads(hex, [](Reader& in) {
      if (in.peek() == Type::array) {
        in.array();
        in.skip(), in.skip();
      } else {
        EXPECT_EQ(in.map(), 0u);
      }
    })) << hex;
  }
}

TEST(CborReaderTest, a_container_holds_as_many_items_as_there_are_bytes_at_most) {
  EXPECT_FALSE(reads("820100", [](Reader& in) { EXPECT_EQ(in.array(), 2u); }));  // not at its end
  EXPECT_FALSE(reads("8201", [](Reader& in) { EXPECT_EQ(in.array(), 0u); }));
  EXPECT_FALSE(reads("a10101", [](Reader& in) { EXPECT_EQ(in.map(), 1u); }));
  EXPECT_FALSE(reads("a101", [](Reader& in) { EXPECT_EQ(in.map(), 0u); }));
}

TEST(CborReaderTest, L7_containers_nest_to_the_limit_and_no_deeper) {
  constexpr auto deepest = limits::cbor_depth_max;
  auto skip = [](Reader& in) { in.skip(); };
  EXPECT_EQ(complaint(nested(deepest, {0x01}), skip), "none");
  EXPECT_EQ(complaint(nested(deepest - 1, {0x80}), skip), "none");
  EXPECT_EQ(complaint(nested(deepest - 1, {0xa1, 0x01, 0x02}), skip), "none");
  auto too_deep = "arrays and maps are nested too deep";
  EXPECT_EQ(complaint(nested(deepest, {0x80}), skip), too_deep);
  EXPECT_EQ(complaint(nested(deepest, {0xa0}), skip), too_deep);
  EXPECT_EQ(complaint(nested(deepest + 1, {0x01}), skip), too_deep);
  EXPECT_EQ(complaint(nested(1'000'000, {0x01}), skip), too_deep);
}

TEST(CborReaderTest, skip_takes_one_item_whole) {
  auto bytes = from_hex("83018202a16161f6f5f90000");
  Reader in(bytes);
  EXPECT_EQ(to_hex(in.skip()), "83018202a16161f6f5");
  EXPECT_EQ(in.real(), 0);
  EXPECT_TRUE(in.at_end());
}

TEST(CborReaderTest, an_item_cut_off_at_any_byte_is_refused) {
  auto whole = from_hex(
      "8a1bffffffffffffff7f3903e8fb3ff199999999999afa47c35000f93c0062c3bc43010203"
      "a2616101626263820102f5f6");
  ASSERT_TRUE(skips(to_hex(whole)));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    Reader in(cut);
    EXPECT_TRUE(in.skip().empty());
    EXPECT_FALSE(in.ok()) << size;
  }
}

TEST(CborReaderTest, the_first_fault_sticks) {
  auto bytes = from_hex("01616103");
  Reader in(bytes);
  EXPECT_EQ(in.text(), "");
  auto first = in.error();
  EXPECT_EQ(first.message, "expected text");
  EXPECT_EQ(first.code, Code::bad_request);
  EXPECT_EQ(in.peek(), Type::broken);
  EXPECT_EQ(in.integer(), 0);
  EXPECT_EQ(in.count(), 0u);
  EXPECT_EQ(in.real(), 0);
  EXPECT_FALSE(in.boolean());
  EXPECT_EQ(in.text(), "");
  EXPECT_EQ(in.blob().size(), 0u);
  EXPECT_EQ(in.value().kind, Kind::null);
  EXPECT_EQ(in.array(), 0u);
  EXPECT_EQ(in.map(), 0u);
  EXPECT_EQ(in.skip().size(), 0u);
  in.fail("another");
  EXPECT_EQ(in.error(), first);
  EXPECT_TRUE(in.at_end());
}

TEST(CborReaderTest, what_follows_the_last_item_can_be_refused) {
  auto bytes = from_hex("0102");
  Reader in(bytes);
  in.integer();
  in.expect_end();
  EXPECT_FALSE(in.ok());
}

class CborMapTest : public testing::Test {
 protected:
  // The keys of a map whose items are integers; "?" is unknown.
  static std::string keys(std::string_view hex) {
    auto bytes = from_hex(hex);
    Reader in(bytes);
    std::string all;
    for (MapReader map(in, "it"); auto key = map.next();) {
      if (*key == "?") {
        map.unknown();
      } else {
        all += *key;
        in.integer();
      }
    }
    return in.ok() ? all : in.error().message;
  }
};

TEST_F(CborMapTest, keys_come_in_any_order) {
  EXPECT_EQ(keys("a3616201616102626363"
                 "03"),
            "bacc");
  EXPECT_EQ(keys("a0"), "");
}

TEST_F(CborMapTest, a_key_that_comes_twice_is_refused) {
  EXPECT_EQ(keys("a3616101616202616103"), "it: the key 'a' comes twice");
}

TEST_F(CborMapTest, an_unknown_key_is_named) {
  EXPECT_EQ(keys("a2616101613f02"), "it: unknown key '?'");
}

TEST_F(CborMapTest, keys_are_texts) { EXPECT_EQ(keys("a10102"), "expected text"); }

TEST_F(CborMapTest, L7_there_are_at_most_32_keys) {
  std::string hex;
  for (int i = 0; i < 32; ++i)
    hex += "61" + to_hex(Bytes{static_cast<std::uint8_t>('A' + i)}) + "00";
  EXPECT_EQ(keys("b820" + hex).size(), 32u);
  EXPECT_EQ(keys("b821" + hex + "613000"), "it: too many keys");
}

TEST_F(CborMapTest, a_long_key_is_cut_in_the_error) {
  Bytes bytes;
  Writer out(bytes);
  out.map(1);
  std::string key = std::string(39, 'k');
  for (int i = 0; i < 100'000; ++i) key += "\xC3\xBC";
  out.text(key);
  out.null();
  auto message = complaint(bytes, [](Reader& in) {
    MapReader map(in, "it");
    map.next();
    map.unknown();
  });
  EXPECT_EQ(message, "it: unknown key '" + std::string(39, 'k') + "'");
}

}  // namespace
}  // namespace outboard::cbor
