#include "base/utf8.h"

#include <gtest/gtest.h>

#include <random>

namespace outboard {
namespace {

// A decoder after the letter of RFC 3629: code point by code point, without a shortcut.
std::optional<std::size_t> reference_length(std::string_view text) {
  std::size_t units = 0;
  for (std::size_t at = 0; at < text.size();) {
    auto lead = static_cast<unsigned char>(text[at]);
    int following = lead < 0x80             ? 0
                    : (lead & 0xE0) == 0xC0 ? 1
                    : (lead & 0xF0) == 0xE0 ? 2
                    : (lead & 0xF8) == 0xF0 ? 3
                                            : -1;
    if (following < 0 || at + static_cast<std::size_t>(following) >= text.size()) return {};
    unsigned point = following == 0 ? lead : lead & (0x3Fu >> following);
    for (int i = 1; i <= following; ++i) {
      auto next = static_cast<unsigned char>(text[at + static_cast<std::size_t>(i)]);
      if ((next & 0xC0) != 0x80) return {};
      point = point << 6 | (next & 0x3F);
    }
    constexpr unsigned least[] = {0, 0x80, 0x800, 0x10000};
    if (point < least[following] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000))
      return {};
    units += point >= 0x10000 ? 2 : 1;
    at += static_cast<std::size_t>(following) + 1;
  }
  return units;
}

void expect_as_reference(const std::string& text) {
  auto expected = reference_length(text);
  ASSERT_EQ(utf16_length(text), expected) << testing::PrintToString(text);
  ASSERT_EQ(is_utf8(text), expected.has_value()) << testing::PrintToString(text);
}

TEST(Utf8Test, one_to_three_bytes_are_judged_as_by_the_reference) {
  std::string text;
  for (unsigned bytes = 0; bytes < 0x1000000; bytes += bytes < 0x30000 ? 1 : 37) {
    text.assign(
        {static_cast<char>(bytes), static_cast<char>(bytes >> 8), static_cast<char>(bytes >> 16)});
    text.resize(1 + bytes % 3);
    expect_as_reference(text);
    if (HasFatalFailure()) return;
  }
}

TEST(Utf8Test, every_pair_of_leading_bytes_is_judged_as_by_the_reference) {
  for (unsigned first = 0x80; first < 0x100; ++first) {
    for (unsigned second = 0; second < 0x100; ++second) {
      for (auto rest : {"", "\x80", "\xBF\x80", "\x80\xBF\x80", "\x80\x7F"}) {
        expect_as_reference(std::string{static_cast<char>(first), static_cast<char>(second)} +
                            rest);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(Utf8Test, random_bytes_and_damaged_texts_are_judged_as_by_the_reference) {
  static constexpr std::string_view letters[] = {"a",
                                                 "\xC3\xA9",
                                                 "\xE6\x97\xA5",
                                                 "\xF0\x9F\x99\x82",
                                                 "\x7F",
                                                 "\xDF\xBF",
                                                 "\xED\x9F\xBF",
                                                 "\xEE\x80\x80",
                                                 "\xF4\x8F\xBF\xBF",
                                                 "\xF0\x90\x80\x80",
                                                 "\xEF\xBF\xBF",
                                                 "plain text of some length"};
  std::mt19937 random(1);
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    for (auto left = random() % 12; left > 0; --left) text += letters[random() % 12];
    if (i % 3 == 0) {
      for (auto& byte : text)
        if (random() % 8 == 0) byte = static_cast<char>(random());
    } else if (i % 3 == 1 && !text.empty()) {
      text.erase(random() % text.size(), 1);
    }
    expect_as_reference(text);
    if (HasFatalFailure()) return;
  }
}

TEST(Utf8Test, is_ascii_looks_at_every_byte) {
  for (std::size_t size = 0; size < 40; ++size) {
    std::string text(size, '\x7F');
    EXPECT_TRUE(is_ascii(text));
    for (std::size_t at = 0; at < size; ++at) {
      auto other = text;
      other[at] = '\x80';
      EXPECT_FALSE(is_ascii(other)) << at << " of " << size;
    }
  }
}

TEST(Utf8Test, well_formed_leaves_good_texts_alone_and_marks_the_bytes_of_others) {
  EXPECT_EQ(well_formed("\xC3\xA9t\xC3\xA9"), "\xC3\xA9t\xC3\xA9");
  EXPECT_EQ(well_formed("\xC3\xA9t\xFF"), "??t?");
}

TEST(Utf8Test, the_beginning_of_a_text_ends_with_a_whole_character) {
  std::string_view text = "a\xC3\xA9\xF0\x9F\x99\x82";
  const std::size_t whole[] = {0, 1, 1, 3, 3, 3, 3, 7, 7};
  for (std::size_t bytes = 0; bytes < 9; ++bytes)
    EXPECT_EQ(first_of_utf8(text, bytes), text.substr(0, whole[bytes])) << bytes;
  EXPECT_EQ(first_of_utf8("\x80\x80\x80", 2), "");
}

}  // namespace
}  // namespace outboard
