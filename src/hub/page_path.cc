#include "hub/page_path.h"

namespace outboard::hub {

namespace {
int digit_of(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return -1;
}

Result<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    int high = i + 2 < text.size() ? digit_of(text[i + 1]) : -1;
    int low = i + 2 < text.size() ? digit_of(text[i + 2]) : -1;
    if (high < 0 || low < 0)
      return fail(Code::bad_request, "A % in this address is not followed by two digits.");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

Result<void> check_segment(std::string_view segment) {
  if (segment.empty()) return fail(Code::bad_request, "This address has an empty part.");
  if (segment == "." || segment == "..")
    return fail(Code::bad_request, "This address tries to leave the pages.");
  if (segment.front() == '.') return fail(Code::not_found, "Hidden files are not shown.");
  return {};
}
}  // namespace

Result<std::string> page_path_of(std::string_view target) {
  target = target.substr(0, target.find_first_of("?#"));
  if (!target.starts_with('/')) return fail(Code::bad_request, "An address begins with a slash.");
  std::string path = TRY(percent_decoded(target.substr(1)));
  for (char letter : path)
    if (letter == '\\' || static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f)
      return fail(Code::bad_request, "This address has a character that no page has.");

  for (std::string_view rest = path; !rest.empty();) {
    auto slash = rest.find('/');
    TRY(check_segment(rest.substr(0, slash)));
    rest = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
  }
  return path;
}

}  // namespace outboard::hub
