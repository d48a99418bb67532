#include "cli/text_width.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <algorithm>
#include <clocale>
#include <cstdint>

#include "base/utf8.h"

namespace outboard::cli {

namespace {

struct Character {
  std::string_view bytes;
  char32_t point;
};

// The first character of well-formed UTF-8.
Character first_of(std::string_view text) {
  auto lead = static_cast<unsigned char>(text[0]);
  std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  auto point = static_cast<char32_t>(size == 1 ? lead : lead & (0x7f >> size));
  for (std::size_t i = 1; i < size; ++i)
    point = point << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
  return {text.substr(0, size), point};
}

// The C library's tables, as those of a UTF-8 locale.
int columns_of(char32_t point) {
  static const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (point < 0x7f) return 1;
  auto before = ::uselocale(utf8);
  int columns = ::wcwidth(static_cast<wchar_t>(point));
  ::uselocale(before);
  return std::max(columns, 0);
}

bool is_control(char32_t point) {
  return point < 0x20 || (point >= 0x7f && point < 0xa0) ||  // and what turns the writing direction
         (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

}  // namespace

std::string printable(std::string_view text) {
  bool plain = std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
  if (plain) return std::string(text);
  std::string mended = well_formed(text), shown;
  for (std::string_view rest = mended; !rest.empty();) {
    auto [bytes, point] = first_of(rest);
    rest.remove_prefix(bytes.size());
    if (point == '\n') {
      shown += "↵";
    } else if (point < 0x20) {
      shown += {'\xe2', '\x90', static_cast<char>(0x80 + point)};  // U+2400 and so on
    } else if (is_control(point)) {
      shown += "␡";
    } else {
      shown += bytes;
    }
  }
  return shown;
}

std::size_t width_of(std::string_view printable) {
  std::size_t width = 0;
  for (auto rest = printable; !rest.empty();) {
    auto [bytes, point] = first_of(rest);
    rest.remove_prefix(bytes.size());
    width += static_cast<std::size_t>(columns_of(point));
  }
  return width;
}

std::string cut_to_width(std::string_view printable, std::size_t width) {
  if (width_of(printable) <= width) return std::string(printable);
  if (width == 0) return {};
  std::size_t used = 0, bytes_used = 0;
  while (bytes_used < printable.size()) {
    auto [bytes, point] = first_of(printable.substr(bytes_used));
    auto columns = static_cast<std::size_t>(columns_of(point));
    if (used + columns > width - 1) break;
    used += columns;
    bytes_used += bytes.size();
  }
  return std::string(printable.substr(0, bytes_used)) + "…";
}

std::size_t terminal_width(int descriptor) {
  if (!::isatty(descriptor)) return 0;
  winsize size = {};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace outboard::cli
