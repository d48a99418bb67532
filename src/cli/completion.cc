#include "cli/completion.h"

#include <algorithm>
#include <array>

namespace outboard::cli {

namespace {

constexpr std::array commands = {".help", ".tables", ".schema", ".mode", ".timer", ".quit"};

char small(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter | 0x20) : letter;
}

bool begins_with(std::string_view name, std::string_view begin) {
  return name.size() >= begin.size() &&
         std::ranges::equal(name.substr(0, begin.size()), begin, {}, small, small);
}

// Not a letter of a name: blanks, signs, quotes. What is beyond ASCII is a letter.
bool ends_word(char letter) {
  auto byte = static_cast<unsigned char>(letter);
  bool is_digit = byte >= '0' && byte <= '9';
  bool is_letter = byte >= 'a' && byte <= 'z';
  return byte < 0x80 && !is_digit && !is_letter && !(byte >= 'A' && byte <= 'Z') && byte != '_' &&
         byte != '$';
}

std::string_view last_word(std::string_view line) {
  auto start = line.size();
  while (start > 0 && !ends_word(line[start - 1])) --start;
  return line.substr(start);
}

// As much of a text as ends between two of its letters.
std::size_t whole_letters(std::string_view text, std::size_t bytes) {
  while (bytes > 0 && bytes < text.size() &&
         (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80)
    --bytes;
  return bytes;
}

Completion among(std::string_view begun, const std::vector<std::string>& candidates) {
  Completion completion;
  for (auto& candidate : candidates)
    if (begins_with(candidate, begun)) completion.choices.push_back(candidate);
  if (completion.choices.empty()) return completion;
  std::ranges::sort(completion.choices);
  completion.choices.erase(std::ranges::unique(completion.choices).begin(),
                           completion.choices.end());
  auto& first = completion.choices.front();
  auto common = first.size();
  for (auto& choice : completion.choices) {
    auto [here, there] = std::ranges::mismatch(first, choice, {}, small, small);
    common = std::min(common, static_cast<std::size_t>(here - first.begin()));
  }
  common = std::max(whole_letters(first, common), begun.size());
  completion.insert = first.substr(begun.size(), common - begun.size());
  if (completion.choices.size() == 1) completion.insert += ' ';
  return completion;
}

}  // namespace

Completion complete(std::string_view line, const std::vector<std::string>& names) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  auto blank = line.find_first_of(" \t");
  if (!line.starts_with('.')) return among(last_word(line), names);
  if (blank == line.npos) return among(line, {commands.begin(), commands.end()});
  auto command = line.substr(0, blank);
  if (command == ".mode") return among(last_word(line), {"csv", "json", "table"});
  if (command == ".timer") return among(last_word(line), {"off", "on"});
  return among(last_word(line), names);
}

}  // namespace outboard::cli
