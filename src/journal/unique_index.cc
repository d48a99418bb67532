#include "journal/unique_index.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/bytes.h"
#include "base/sha256.h"
#include "journal/cells.h"

namespace outboard::journal {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  return out;
}

bool is_word(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) || letter == '_' || letter == '$' ||
         static_cast<unsigned char>(letter) >= 0x80;
}

std::string_view trimmed(std::string_view text) {
  auto is_space = [](char letter) { return std::isspace(static_cast<unsigned char>(letter)); };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// The end of the token that begins at `at`: a quoted name or text, a comment, a word, or a sign.
std::size_t end_of_token(std::string_view sql, std::size_t at) {
  auto behind = [&](std::string_view end, std::size_t from) {
    auto found = sql.find(end, from);
    return found == std::string_view::npos ? sql.size() : found + end.size();
  };
  char first = sql[at];
  if (first == '\'' || first == '"' || first == '`') return behind({&first, 1}, at + 1);
  if (first == '[') return behind("]", at + 1);
  if (sql.substr(at, 2) == "--") return behind("\n", at + 2);
  if (sql.substr(at, 2) == "/*") return behind("*/", at + 2);
  if (!is_word(first)) return at + 1;
  while (at < sql.size() && is_word(sql[at])) ++at;
  return at;
}

bool is_comment(std::string_view token) {
  return token.starts_with("--") || token.starts_with("/*");
}

// Without an ASC or DESC at its end.
std::string without_order(std::string_view term) {
  term = trimmed(term);
  auto at = term.size();
  while (at > 0 && is_word(term[at - 1])) --at;
  auto word = lower(term.substr(at));
  if (at > 0 && (word == "asc" || word == "desc")) term = trimmed(term.substr(0, at));
  return std::string(term);
}

Result<Collation> collation_of(const std::string& table, std::string_view name) {
  auto known = lower(name);
  if (known == "binary") return Collation::binary;
  if (known == "nocase") return Collation::nocase;
  if (known == "rtrim") return Collation::rtrim;
  return fail(Code::bad_request,
              "the table " + table + " cannot be tracked: it has a UNIQUE by the collation " +
                  std::string(name),
              "replicas may have another one of that name: use BINARY, NOCASE or RTRIM");
}

std::uint32_t id_of(const UniqueIndex& index) {
  std::string text = index.condition;
  for (const auto& term : index.terms)
    text += '\n' + std::to_string(static_cast<int>(term.collation)) + term.sql;
  return load_le<std::uint32_t>(sha256(bytes_of(text)).data());
}

}  // namespace

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (char letter : name) out += letter == '"' ? std::string("\"\"") : std::string(1, letter);
  return out + '"';
}

IndexText index_text(std::string_view sql) {
  IndexText text;
  std::string term;
  int depth = 0;
  for (std::size_t at = 0; at < sql.size();) {
    auto end = end_of_token(sql, at);
    auto token = sql.substr(at, end - at);
    at = end;
    if (is_comment(token)) token = " ";
    if (token == ")" && --depth == 0) {
      text.terms.push_back(without_order(term));
      auto rest = trimmed(sql.substr(at));
      while (is_comment(rest)) rest = trimmed(rest.substr(end_of_token(rest, 0)));
      if (lower(rest.substr(0, 5)) == "where") text.condition = trimmed(rest.substr(5));
      return text;
    }
    if (token == "," && depth == 1) {
      text.terms.push_back(without_order(term));
      term.clear();
    } else if (depth > 0) {
      term += token;
    }
    if (token == "(") ++depth;
  }
  return text;
}

Result<std::vector<UniqueIndex>> unique_indexes(Connection& writer, const std::string& table) {
  auto rows = TRY(writer.prepare_own(
      "select i.seq, c.name, c.coll, s.sql from pragma_index_list(?1) i, "
      "pragma_index_xinfo(i.name) c left join main.sqlite_schema s on s.name = i.name "
      "and s.type = 'index' where i.\"unique\" and i.origin <> 'pk' and c.key "
      "order by i.seq, c.seqno"));
  bind_text(*rows, 1, table);
  std::vector<UniqueIndex> indexes;
  std::int64_t number = -1;
  IndexText text;
  while (TRY(rows->step())) {
    if (rows->integer(0) != number) {
      number = rows->integer(0);
      text = index_text(rows->text(3));
      indexes.push_back({.condition = text.condition});
    }
    auto& terms = indexes.back().terms;
    bool is_column = rows->kind(1) != Kind::null;
    std::string name(rows->text(1));
    if (!is_column && terms.size() >= text.terms.size())
      return fail(Code::internal, "an index of " + table + " cannot be understood",
                  "define it in another way");
    terms.push_back({.sql = is_column ? quoted(name) : text.terms[terms.size()],
                     .column = is_column ? name : "",
                     .collation = TRY(collation_of(table, rows->text(2)))});
  }
  for (auto& index : indexes) index.id = id_of(index);
  return indexes;
}

// NOCASE looks at what is before the first zero byte, and then at the length.
Value canonical(const Value& value, Collation collation) {
  if (value.kind() == Kind::real) {
    constexpr double end = 9223372036854775808.0;
    double number = value.real();
    if (std::trunc(number) != number || number < -end || number >= end) return value;
    return static_cast<std::int64_t>(number);
  }
  if (value.kind() != Kind::text || collation == Collation::binary) return value;
  std::string text(value.text());
  if (collation == Collation::rtrim) {
    while (!text.empty() && text.back() == ' ') text.pop_back();
    return text;
  }
  auto seen = std::min(text.find('\0'), text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool is_upper = text[i] >= 'A' && text[i] <= 'Z';
    text[i] = i >= seen ? '\0' : static_cast<char>(is_upper ? text[i] + ('a' - 'A') : text[i]);
  }
  return text;
}

}  // namespace outboard::journal
