#include "journal/record_format.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/limits.h"

namespace outboard::journal {
namespace {

constexpr TableId notes{7}, tags{300};
constexpr ColumnId title{1}, body{2}, votes{1000};

Intent every_kind() {
  return {{5, 9},
          {{.row = {notes, {1}},
            .verb = Verb::insert,
            .columns = {{title, "Sea"}, {body, nullptr}},
            .counters = {{votes, 2, -3}}},
           {.row = {notes, {2}},
            .verb = Verb::insert,
            .moved_from = Bytes{9},
            .columns = {{body, 1.5}}},
           {.row = {notes, {3}}, .verb = Verb::update, .columns = {{title, Bytes{0xff}}}},
           {.row = {notes, {4}}, .verb = Verb::remove, .covers = Stamp{5, 9}},
           {.row = {tags, {1}}, .verb = Verb::remove, .covers = Stamp{4, 8}}}};
}

LocalEffect some_effect() {
  return {{{notes, {1}}, {}}, {{notes, {3}}, {{title, "Sea"}, {body, 7}}}, {{tags, {1}}, {}}};
}

Code code_of(const auto& result) { return result ? Code::internal : result.error().code; }

Bytes bytes(std::initializer_list<int> list) { return {list.begin(), list.end()}; }

TEST(RecordFormatTest, J4_intents_are_pinned) {
  EXPECT_EQ(to_hex(*encode(every_kind())),
            "83"  // intent
            "01"
            "820509"  // version, stamp
            "82"      // two tables
            "8307"
            "83"
            "01"
            "02"
            "1903e8"  // table, columns
            "84"      // four rows
            "8401"
            "4101"
            "a2"
            "00"
            "63536561"
            "01"
            "f6"
            "a1"
            "02"
            "8202"
            "22"
            "8501"
            "4102"
            "a1"
            "01"
            "f93e00"
            "a0"
            "4109"
            "8302"
            "4103"
            "a1"
            "00"
            "41ff"
            "8203"
            "4104"
            "8319012c"
            "80"
            "81"
            "8303"
            "4101"
            "820408");
  EXPECT_EQ(to_hex(sha256(*encode(every_kind()))),
            "103ea169caecd229ae2b3aa3debd1e8f30e0ba4106e2bb91a3c23f357b1dc121");
}

TEST(RecordFormatTest, J3_effects_are_pinned) {
  EXPECT_EQ(to_hex(*encode(some_effect())),
            "82"
            "01"
            "82"
            "8307"
            "82"
            "01"
            "02"
            "82"
            "82"
            "4101"
            "a0"
            "82"
            "4103"
            "a2"
            "00"
            "63536561"
            "01"
            "07"
            "8319012c"
            "80"
            "81"
            "82"
            "4101"
            "a0");
}

TEST(RecordFormatTest, what_was_written_is_read) {
  EXPECT_EQ(*decode_intent(*encode(every_kind())), every_kind());
  EXPECT_EQ(*decode_effect(*encode(some_effect())), some_effect());
  Intent nothing{.stamp = {1, 1}};
  EXPECT_EQ(*decode_intent(*encode(nothing)), nothing);
}

TEST(RecordFormatTest, a_text_that_is_not_utf8_stays_what_it_is) {
  Intent intent{{1, 1}, {{.row = {notes, {1}}, .columns = {{title, std::string("\xff\0x", 3)}}}}};
  EXPECT_EQ(*decode_intent(*encode(intent)), intent);
}

TEST(RecordFormatTest, J4_one_intent_has_one_encoding) {
  auto good = *encode(every_kind());
  ASSERT_TRUE(decode_intent(good));
  auto refused = [](std::initializer_list<int> list) {
    return code_of(decode_intent(bytes(list)));
  };
  EXPECT_EQ(refused({0x83, 1, 0x82, 0x18, 5, 9, 0x80}), Code::bad_request);  // 5 in two bytes
  EXPECT_EQ(refused({0x83, 1, 0x82, 5, 9, 0x81, 0x83, 7, 0x80, 0x80}), Code::bad_request);
  EXPECT_EQ(refused({0x83, 1, 0x82, 5, 9, 0x81, 0x83, 7, 0x81, 1, 0x81, 0x82, 3, 0x41, 1}),
            Code::bad_request);  // a column that no row writes
  EXPECT_EQ(refused({0x83, 1, 0x82, 5, 9, 0x81, 0x83, 7, 0x80, 0x81, 0x83, 3, 0x41, 1, 0x82, 5, 9}),
            Code::bad_request);  // covers itself, and says so
  EXPECT_EQ(refused({0x83, 1, 0x82, 5,    9,    0x82, 0x83, 7, 0x80, 0x81, 0x82, 3, 0x41, 1,  //
                     0x83, 7, 0x80, 0x81, 0x82, 3,    0x41, 2}),
            Code::bad_request);  // a table twice
}

TEST(RecordFormatTest, L10_what_makes_no_sense_is_refused) {
  auto refused = [](std::initializer_list<int> list) {
    return code_of(decode_intent(bytes(list)));
  };
  EXPECT_EQ(refused({}), Code::bad_request);
  EXPECT_EQ(refused({0x83, 2, 0x82, 5, 9, 0x80}), Code::outdated);
  EXPECT_EQ(refused({0x83, 1, 0x82, 0, 9, 0x80}), Code::bad_request);  // stamp zero
  EXPECT_EQ(refused({0x83, 1, 0x82, 5, 9, 0x80, 0}), Code::bad_request);
  EXPECT_EQ(refused({0x83, 1, 0x82, 5, 9, 0x81, 0x83, 7, 0x81, 1, 0x81, 0x83, 2, 0x41, 1,  //
                     0xa1, 1, 0}),
            Code::bad_request);  // column number 1 of one
  EXPECT_EQ(refused({0x83, 1, 0x82, 5,    9, 0x81, 0x83, 7, 0x81, 1, 0x81, 0x83, 2, 0x41, 1,  //
                     0xa1, 0, 0xf9, 0x7e, 0}),
            Code::bad_request);                                               // not a number
  EXPECT_EQ(code_of(decode_effect(bytes({0x82, 1, 0x81, 0x83, 7, 0x80, 0x82,  //
                                         0x82, 0x41, 1, 0xa0, 0x82, 0x41, 1, 0xa0}))),
            Code::bad_request);  // a row twice
}

TEST(RecordFormatTest, L10_no_beginning_and_no_changed_byte_of_a_record_does_harm) {
  auto good = *encode(every_kind());
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(decode_intent(ByteView(good).first(size))) << size;
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      auto changed = good;
      changed[at] = static_cast<std::uint8_t>(byte);
      auto read = decode_intent(changed);
      if (!read) continue;
      EXPECT_EQ(*encode(*read), changed);
    }
  }
}

TEST(RecordFormatTest, L7_a_record_has_as_many_rows_and_values_as_the_limits_say) {
  Intent intent{.stamp = {1, 1}};
  auto row = [](std::size_t i) {
    Bytes key(4);
    for (std::size_t at = 0; at < 4; ++at) key[at] = static_cast<std::uint8_t>(i >> (24 - 8 * at));
    return RowChange{.row = {notes, key}, .verb = Verb::remove, .covers = Stamp{1, 1}};
  };
  for (std::size_t i = 0; i < limits::transaction_rows_max; ++i) intent.rows.push_back(row(i));
  auto most = encode(intent);
  ASSERT_TRUE(most);
  EXPECT_TRUE(decode_intent(*most));
  intent.rows.push_back(row(limits::transaction_rows_max));
  EXPECT_EQ(code_of(encode(intent)), Code::too_large);

  intent.rows.resize(limits::transaction_cells_max / 1'000);
  for (auto& change : intent.rows) {
    change = {.row = change.row, .verb = Verb::update};
    for (std::uint64_t i = 0; i < 1'000; ++i) change.columns.push_back({ColumnId{i}, 1});
  }
  EXPECT_TRUE(decode_intent(*encode(intent)));
  intent.rows.back().columns.push_back({ColumnId{1'000}, 1});
  EXPECT_EQ(code_of(encode(intent)), Code::too_large);
}

TEST(RecordFormatTest, L7_a_record_has_as_many_bytes_as_the_limit_says) {
  auto of_size = [](std::size_t bytes) {
    return Intent{{1, 1}, {{.row = {notes, {1}}, .columns = {{title, Bytes(bytes)}}}}};
  };
  auto beside =
      encode(of_size(limits::record_bytes_max / 2))->size() - limits::record_bytes_max / 2;
  EXPECT_TRUE(decode_intent(*encode(of_size(limits::record_bytes_max - beside))));
  EXPECT_EQ(code_of(encode(of_size(limits::record_bytes_max - beside + 1))), Code::too_large);
  EXPECT_EQ(code_of(decode_intent(Bytes(limits::record_bytes_max + 1))), Code::too_large);
}

}  // namespace
}  // namespace outboard::journal
