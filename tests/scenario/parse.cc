#include "parse.h"

#include <algorithm>
#include <array>

#include "literal.h"

namespace scenario {

namespace {

constexpr std::size_t expanded_bytes_max = 32 << 20;
constexpr std::int64_t sets_max = 1'000'000;

Error wrong(std::string message) { return {Code::bad_request, std::move(message), ""}; }

struct Directive {
  std::string_view name;
  Verb verb;
  bool has_sql = false;
  bool has_name = false;    // a word after it
  bool has_number = false;  // a whole number after that
  bool gives_rows = false;  // it may expect rows, changes, a row id
  bool may_start = false;
  bool has_timeout = false;
  bool needs_session = false;
};

constexpr Directive asks(std::string_view name, Verb verb) {
  return {.name = name,
          .verb = verb,
          .has_sql = true,
          .gives_rows = true,
          .may_start = true,
          .has_timeout = true};
}

constexpr Directive ends(std::string_view name, Verb verb) {
  return {.name = name, .verb = verb, .needs_session = true};
}

constexpr std::array directives{
    asks("exec", Verb::exec),
    asks("rows", Verb::rows),
    asks("many", Verb::many),
    asks("batch", Verb::batch),
    Directive{.name = "error", .verb = Verb::exec, .has_sql = true, .has_timeout = true},
    Directive{.name = "columns", .verb = Verb::columns, .has_sql = true, .gives_rows = true},
    Directive{.name = "stream",
              .verb = Verb::stream,
              .has_sql = true,
              .has_number = true,
              .gives_rows = true},
    Directive{
        .name = "read", .verb = Verb::read, .has_sql = true, .has_name = true, .has_number = true},
    Directive{.name = "next", .verb = Verb::next, .has_name = true, .gives_rows = true},
    Directive{.name = "rest", .verb = Verb::rest, .has_name = true, .gives_rows = true},
    Directive{.name = "drop", .verb = Verb::drop, .has_name = true},
    Directive{.name = "begin", .verb = Verb::begin, .may_start = true, .needs_session = true},
    ends("commit", Verb::commit),
    ends("rollback", Verb::rollback),
    Directive{.name = "waiting", .verb = Verb::waiting, .has_name = true},
    Directive{.name = "cancel", .verb = Verb::cancel, .has_name = true},
    Directive{.name = "finish", .verb = Verb::finish, .has_name = true, .gives_rows = true},
    Directive{.name = "reopen", .verb = Verb::reopen},
    Directive{.name = "open", .verb = Verb::open_again, .has_name = true},
    Directive{.name = "sleep", .verb = Verb::sleep, .has_number = true},
    Directive{.name = "export", .verb = Verb::export_to, .has_name = true},
    Directive{.name = "import", .verb = Verb::import_from, .has_name = true, .may_start = true},
    Directive{.name = "file", .verb = Verb::file, .has_sql = true, .has_name = true},
    Directive{.name = "cut", .verb = Verb::cut, .has_name = true, .has_number = true},
    Directive{.name = "overwrite", .verb = Verb::overwrite, .has_name = true, .has_number = true},
};

const Directive* find_directive(std::string_view name) {
  auto found = std::ranges::find(directives, name, &Directive::name);
  return found == directives.end() ? nullptr : &*found;
}

bool is_blank(std::string_view line) { return line.find_first_not_of(' ') == line.npos; }

// `NAME:` at the beginning, followed by a space.
std::string take_prefix(Scanner& scanner) {
  auto before = scanner;
  std::string name(scanner.word());
  if (!name.empty() && scanner.take(": ")) {
    scanner.skip_spaces();
    return name;
  }
  scanner = before;
  return "";
}

Result<Failure> read_failure(Scanner& scanner) {
  std::string name(scanner.word());
  auto code = outboard::code_of(name);
  if (!code) return wrong("no such error code: " + name);
  Failure failure{.code = *code, .text = ""};
  scanner.skip_spaces();
  if (scanner.peek() == '/') failure.text = OUTBOARD_TRY(scanner.quoted_text());
  return failure;
}

// Reads the lines of one block, one after the other.
class BlockReader {
 public:
  Result<void> directive(std::string_view line, int number);
  Result<void> line(std::string_view line, int number);
  Result<Block> finish();

 private:
  enum class In { body, sets, rows };

  Result<void> section(std::string_view line, int number);
  Result<void> indented(std::string_view line);
  Result<void> expectation(Scanner& scanner, int number);
  Result<void> arguments(Scanner& scanner, Part& part);
  Result<void> set_line(std::string_view line);

  const Directive* directive_ = nullptr;
  Block block_;
  In in_ = In::body;
  bool has_body_ = false;
  bool has_sets_ = false;
  bool may_have_rows_ = false;
};

Result<void> BlockReader::directive(std::string_view line, int number) {
  Scanner scanner(line);
  block_.line = number;
  auto& part = block_.parts.emplace_back();
  part.expected.line = number;
  if (scanner.take("start ")) {
    block_.started_as = take_prefix(scanner);
    if (block_.started_as.empty()) return wrong("after start a name and : are expected");
  }
  block_.session = take_prefix(scanner);
  std::string name(scanner.word());
  directive_ = find_directive(name);
  if (!directive_) return wrong("no such directive: " + name);
  if (!block_.started_as.empty() && !directive_->may_start)
    return wrong(name + " cannot be started");
  if (directive_->needs_session && block_.session.empty())
    return wrong(name + " needs a session: a: " + name);
  block_.verb = directive_->verb;
  if (name == "error") part.expected.failure = OUTBOARD_TRY(read_failure(scanner));
  scanner.skip_spaces();
  if (directive_->has_name || (block_.verb == Verb::reopen && !scanner.at_end())) {
    block_.name = scanner.word();
    if (block_.name.empty()) return wrong("a name is expected after " + name);
  }
  if (directive_->has_number) block_.number = OUTBOARD_TRY(scanner.integer());
  if (block_.verb == Verb::open_again && block_.name != "again") return wrong("say: open again");
  if (block_.verb == Verb::batch) {
    scanner.skip_spaces();
    block_.is_atomic = scanner.take("atomic");
  }
  scanner.skip_spaces();
  if (block_.verb == Verb::overwrite) block_.bytes = OUTBOARD_TRY(scanner.literal());
  return arguments(scanner, part);
}

// [timeout MS] [parameters], then the end of the line.
Result<void> BlockReader::arguments(Scanner& scanner, Part& part) {
  scanner.skip_spaces();
  if (scanner.take("timeout ")) {
    if (!directive_->has_timeout) return wrong("this directive has no time limit");
    block_.timeout_ms = OUTBOARD_TRY(scanner.integer());
    scanner.skip_spaces();
  }
  if (scanner.peek() == '[' || scanner.peek() == '{') {
    if (!directive_->has_sql) return wrong("no parameters are expected here");
    part.params = OUTBOARD_TRY(scanner.params());
  }
  if (!scanner.at_end()) return wrong("not understood: " + std::string(scanner.rest()));
  return {};
}

Result<void> BlockReader::line(std::string_view line, int number) {
  return line.starts_with(' ') ? indented(line) : section(line, number);
}

Result<void> BlockReader::section(std::string_view line, int number) {
  Scanner scanner(line);
  if (scanner.take("=>")) {
    may_have_rows_ = true;
    in_ = In::rows;
    return expectation(scanner, number);
  }
  if (block_.verb == Verb::many && scanner.take("sets")) {
    in_ = In::sets;
    has_sets_ = true;
    if (!scanner.at_end()) return wrong("sets stand in the lines below");
    return {};
  }
  if (block_.verb == Verb::batch && scanner.take("then")) {
    if (!has_body_) return wrong("an indented SQL text is missing before this");
    in_ = In::body;
    has_body_ = false;
    may_have_rows_ = false;
    auto& part = block_.parts.emplace_back();
    part.expected.line = number;
    return arguments(scanner, part);
  }
  return wrong("a blank line is missing before: " + std::string(line));
}

// After `=>`: none | error CODE [/text/] | items with commas between them.
Result<void> BlockReader::expectation(Scanner& scanner, int number) {
  auto& expected = block_.parts.back().expected;
  if (!block_.started_as.empty())
    return wrong("what a started block comes to stands with its finish");
  expected.line = number;
  if (scanner.at_end()) return {};
  do {
    auto item = scanner.word();
    if (item == "error") {
      expected.failure = OUTBOARD_TRY(read_failure(scanner));
    } else if (!directive_->gives_rows) {
      return wrong("this directive expects nothing but an error");
    } else if (item == "none") {
      expected.rows.emplace();
    } else {
      auto& slot = item == "changes" ? expected.changes
                   : item == "rowid" ? expected.rowid
                   : item == "rows"  ? expected.row_count
                                     : expected.pieces;
      if (&slot == &expected.pieces && item != "pieces")
        return wrong("no such expectation: " + std::string(item));
      slot = OUTBOARD_TRY(scanner.integer());
    }
    scanner.skip_spaces();
  } while (scanner.take(","));
  if (!scanner.at_end()) return wrong("not understood: " + std::string(scanner.rest()));
  return {};
}

Result<void> BlockReader::indented(std::string_view line) {
  if (in_ == In::sets) return set_line(line);
  auto& part = block_.parts.back();
  if (in_ == In::body) {
    if (!directive_->has_sql) return wrong("nothing is expected below this directive");
    if (has_body_) part.sql += '\n';
    has_body_ = true;
    part.sql += line.substr(std::min<std::size_t>(line.find_first_not_of(' '), 2));
    return {};
  }
  if (!directive_->gives_rows) return wrong("this directive has no rows");
  if (!part.expected.rows) part.expected.rows.emplace();
  part.expected.rows->push_back(OUTBOARD_TRY(Scanner(line).literals('|', '\0')));
  return {};
}

// 1 | 'a', or 1..100 | 'a' for a hundred sets.
Result<void> BlockReader::set_line(std::string_view line) {
  Scanner scanner(line);
  auto dots = line.find("..");
  if (dots == line.npos || line.find_first_not_of(" 0123456789") != dots) {
    block_.sets.push_back(OUTBOARD_TRY(scanner.literals('|', '\0')));
    return {};
  }
  auto first = OUTBOARD_TRY(scanner.integer());
  scanner.take("..");
  auto last = OUTBOARD_TRY(scanner.integer());
  if (last < first || last - first >= sets_max)
    return wrong("a range runs upwards, over a million at most");
  Cells others;
  scanner.skip_spaces();
  if (scanner.take("|")) others = OUTBOARD_TRY(scanner.literals('|', '\0'));
  if (!scanner.at_end()) return wrong("not understood: " + std::string(scanner.rest()));
  for (auto value = first; value <= last; ++value) {
    auto& set = block_.sets.emplace_back(Cells{Value(value)});
    set.insert(set.end(), others.begin(), others.end());
  }
  return {};
}

Result<Block> BlockReader::finish() {
  if (directive_->has_sql && !has_body_) return wrong("an indented text is missing below this");
  if (block_.verb == Verb::many && !has_sets_) return wrong("many needs its sets");
  auto& expected = block_.parts.back().expected;
  bool says_rows = expected.rows || expected.row_count || expected.failure;
  bool must_say = block_.verb == Verb::rows || block_.verb == Verb::columns ||
                  block_.verb == Verb::stream || block_.verb == Verb::next ||
                  block_.verb == Verb::rest;
  if (must_say && block_.started_as.empty() && !says_rows && !expected.pieces)
    return wrong("it must say what it comes to, below =>");
  if (may_have_rows_ && !says_rows && !expected.changes && !expected.rowid && !expected.pieces)
    return wrong("nothing is expected below =>; for no rows say => none");
  return std::move(block_);
}

Error at_line(int number, const Error& error) {
  return wrong(std::to_string(number) + ": " + error.message);
}

// `skip …`, `must fail …`, `must not parse …`: about the file, not a block.
Result<bool> read_option(std::string_view line, Scenario& scenario) {
  Scanner scanner(line);
  if (scanner.take("skip ")) {
    do scenario.skipped_on.emplace_back(scanner.word());
    while (scanner.take(","));
    for (auto& place : scenario.skipped_on) {
      constexpr std::array places{"inline", "thread", "web", "file", "memory"};
      if (std::ranges::find(places, place) == places.end())
        return wrong("no such host or storage: " + place);
    }
  } else if (scanner.take("must fail ")) {
    scenario.must_fail = OUTBOARD_TRY(scanner.quoted_text());
  } else if (scanner.take("must not parse ")) {
    scenario.must_not_parse = OUTBOARD_TRY(scanner.quoted_text());
  } else {
    return false;
  }
  if (!scanner.at_end()) return wrong("not understood: " + std::string(scanner.rest()));
  return true;
}

Result<void> take_line(std::string_view raw, int number, Scenario& scenario,
                       std::optional<BlockReader>& reader) {
  if (raw.starts_with('#')) return {};
  if (is_blank(raw)) {
    if (reader) scenario.blocks.push_back(OUTBOARD_TRY(reader->finish()));
    reader.reset();
    return {};
  }
  auto line = OUTBOARD_TRY(expand_repetitions(raw));
  if (reader) return reader->line(line, number);
  if (line.starts_with(' ')) return wrong("an indented line that belongs to nothing");
  if (OUTBOARD_TRY(read_option(line, scenario))) return {};
  return reader.emplace().directive(line, number);
}

}  // namespace

Result<std::string> expand_repetitions(std::string_view line) {
  std::string out;
  while (true) {
    auto open = line.find("{{");
    auto close = line.find("}}", open);
    if (open == line.npos || close == line.npos) return out += line;
    Scanner inside(line.substr(open + 2, close - open - 2));
    auto count = inside.integer();
    if (!count || !inside.take(" x ")) return wrong("say {{N x text}}");
    out += line.substr(0, open);
    auto text = inside.rest();
    if (*count < 0 ||
        out.size() + text.size() * static_cast<std::size_t>(*count) > expanded_bytes_max)
      return wrong("a repetition may not exceed 32 MiB");
    for (std::int64_t number = 1; number <= *count; ++number) {
      for (char c : text) {
        if (c == '#')
          out += std::to_string(number);
        else
          out += c;
      }
    }
    line.remove_prefix(close + 2);
  }
}

std::optional<std::string> must_not_parse(std::string_view text) {
  auto at = text.find("\nmust not parse ");
  if (at == text.npos) return std::nullopt;
  auto line = text.substr(at + 1);
  Scenario scenario;
  (void)read_option(line.substr(0, line.find('\n')), scenario);
  return scenario.must_not_parse;
}

Result<Scenario> parse_scenario(std::string path, std::string_view text) {
  Scenario scenario;
  scenario.path = std::move(path);
  if (!text.starts_with("# "))
    return wrong("1: the first line says what holds, after # and a space");
  scenario.title = text.substr(2, text.find('\n') - 2);
  std::optional<BlockReader> reader;
  int number = 1, block_line = 1;
  for (; !text.empty(); ++number) {
    auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!reader) block_line = number;
    bool ends_block = reader && is_blank(line);
    auto taken = take_line(line, number, scenario, reader);
    if (!taken) return at_line(ends_block ? block_line : number, taken.error());
  }
  if (reader) {
    auto block = reader->finish();
    if (!block) return at_line(block_line, block.error());
    scenario.blocks.push_back(std::move(*block));
  }
  if (scenario.blocks.empty()) return wrong("1: there is nothing below the title");
  return scenario;
}

}  // namespace scenario
