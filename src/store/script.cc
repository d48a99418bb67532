#include "store/script.h"

#include <algorithm>
#include <cctype>

namespace outboard {

std::string_view skip_blank(std::string_view sql) {
  for (;;) {
    auto start = sql.find_first_not_of(" \t\r\n\f;");
    if (start == std::string_view::npos) return {};
    sql.remove_prefix(start);
    std::size_t comment_end;
    if (sql.starts_with("--")) {
      comment_end = sql.find('\n');
    } else if (sql.starts_with("/*")) {
      comment_end = sql.find("*/", 2);
      if (comment_end != std::string_view::npos) comment_end += 1;
    } else {
      return sql;
    }
    if (comment_end == std::string_view::npos) return {};
    sql.remove_prefix(comment_end + 1);
  }
}

bool begins_like_reading(std::string_view sql) {
  sql = skip_blank(sql);
  for (std::string_view word : {"select", "with", "values", "explain"}) {
    auto head = sql.substr(0, word.size());
    if (std::ranges::equal(head, word, {}, [](unsigned char c) { return std::tolower(c); }))
      return true;
  }
  return false;
}

}  // namespace outboard
