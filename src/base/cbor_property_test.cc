// Random items, random damage: what is written comes back, and nothing that comes in does harm. Run
// it under the address sanitizer.
#include <gtest/gtest.h>

#include <random>

#include "base/bytes.h"
#include "base/cbor.h"

namespace outboard::cbor {
namespace {

class Random {
 public:
  explicit Random(unsigned seed) : generator_(seed) {}

  std::uint64_t bits() { return generator_() >> generator_() % 64; }
  std::size_t below(std::size_t bound) { return generator_() % bound; }

  Bytes bytes() {
    Bytes bytes(below(40));
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(generator_());
    return bytes;
  }

  std::string text() {
    static constexpr std::string_view letters[] = {"a", "\xC3\xA9", "\xE6\x97\xA5",
                                                   "\xF0\x9F\x99\x82", std::string_view("\0", 1)};
    std::string text;
    for (auto left = below(30); left > 0; --left) text += letters[below(5)];
    return text;
  }

  Value value() {
    switch (below(5)) {
      case 0: return {};
      case 1:
        return below(2) ? static_cast<std::int64_t>(bits()) : ~static_cast<std::int64_t>(bits());
      case 2: return static_cast<double>(static_cast<std::int64_t>(bits())) / 1024;
      case 3: return text();
      default: return bytes();
    }
  }

 private:
  std::mt19937_64 generator_;
};

// An item of any type, at most `depth` containers deep.
void write_item(Writer& out, Random& random, std::size_t depth) {
  switch (random.below(depth > 0 ? 5 : 3)) {
    case 0: return out.boolean(random.below(2) == 1);
    case 3: {
      auto items = random.below(5);
      out.array(items);
      for (; items > 0; --items) write_item(out, random, depth - 1);
      return;
    }
    case 4: {
      auto pairs = random.below(4);
      out.map(pairs);
      for (; pairs > 0; --pairs) {
        out.text(random.text());
        write_item(out, random, depth - 1);
      }
      return;
    }
    default: return out.value(random.value());
  }
}

// Reads an item of any type and writes it again.
void copy_item(Reader& in, Writer& out) {
  switch (in.peek()) {
    case Type::boolean: return out.boolean(in.boolean());
    case Type::array: {
      auto items = in.array();
      out.array(items);
      for (std::size_t i = 0; i < items && in.ok(); ++i) copy_item(in, out);
      return;
    }
    case Type::map: {
      auto pairs = in.map();
      out.map(pairs);
      for (std::size_t i = 0; i < 2 * pairs && in.ok(); ++i) copy_item(in, out);
      return;
    }
    default: return out.value(in.value());
  }
}

TEST(CborPropertyTest, what_is_written_reads_back_and_writes_the_same) {
  for (unsigned seed = 0; seed < 3'000; ++seed) {
    Random random(seed);
    Bytes bytes, again;
    Writer writer(bytes);
    write_item(writer, random, 6);
    Reader in(bytes);
    Writer rewriter(again);
    copy_item(in, rewriter);
    ASSERT_TRUE(in.ok() && in.at_end()) << "seed " << seed;
    ASSERT_EQ(to_hex(again), to_hex(bytes)) << "seed " << seed;
    Reader skipper(bytes);
    ASSERT_EQ(skipper.skip().size(), bytes.size()) << "seed " << seed;
  }
}

TEST(CborPropertyTest, values_come_back_as_they_were) {
  for (unsigned seed = 0; seed < 3'000; ++seed) {
    Random random(seed);
    auto value = random.value();
    Bytes bytes;
    Writer(bytes).value(value);
    ASSERT_EQ(Reader(bytes).value().to_value(), value) << "seed " << seed;
  }
}

TEST(CborPropertyTest, L10_damaged_bytes_end_in_a_fault_or_an_item_within_them) {
  for (unsigned seed = 0; seed < 20'000; ++seed) {
    Random random(seed);
    Bytes bytes;
    Writer writer(bytes);
    write_item(writer, random, 4);
    for (auto damages = 1 + random.below(4); damages > 0; --damages)
      bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.bits());
    if (random.below(3) == 0) bytes.resize(random.below(bytes.size() + 1));

    Bytes own(bytes.begin(), bytes.end());  // of exact size: a read beyond it is noticed
    own.shrink_to_fit();
    Reader skipper(own);
    auto item = skipper.skip();
    ASSERT_LE(item.size(), own.size());
    Reader in(own);
    Bytes copied;
    Writer writer_again(copied);
    copy_item(in, writer_again);
    // Whoever reads an item is at least as strict as who skips it.
    ASSERT_LE(in.ok(), skipper.ok()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace outboard::cbor
